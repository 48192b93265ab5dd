"""What was recorded, and the truth about it: a run is faulty only where it ended worse than the same run mended.

Path:   frozen/TASK.json.gz -> `Judged` runs -> `score.py`.
Units:  finals are validation losses at the end; one above that of the untrained model, or no number, counts as that.
Source: docs/reference/findings.md, "Truth": worse than the mended twin by more than 2 pooled standard deviations
        of seeds and by more than 2 %. A healthy run is dropped by the same rule, held against a third and three times
        its rate.
"""

import gzip
import json
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from cases import Case, by_name

from ratecraft.records.watching.observed import Fact, ObservedRun, ObservedSeries, observed_series

__all__ = [
    "FROZEN",
    "HALVES",
    "LOGGED",
    "SPLITS",
    "WAYS",
    "Judged",
    "Label",
    "judged_runs",
    "load",
    "logged",
    "seen_of",
]

FROZEN = Path(__file__).with_name("frozen")
DEVIATIONS, SHARE = 2.0, 0.02
LOGGED = ("linear", "cosine", "restarts", "one-cycle", "held-then-cooled")
"""Healthy looks that are also judged as other programs would have logged them."""

HALVES: Mapping[str, str] = {
    "digits_mlp": "design",
    "diabetes_mlp": "design",
    "topics_mlp": "design",
    "diamonds_tiny": "design",
    "source_gru": "design",
    "source_rnn": "design",
    "spelling_tiny": "held-out",
    "weather_conv": "held-out",
    "flower_coordinates": "fresh",
    "syllables_adagrad": "fresh",
    "digits_transformer": "fresh",
    "flights_adamw": "later",
}
"""Task to the half on which rules are written, or on which they were scored; fresh ones were made after that score,
later ones (runs that are well, and no others) after what was falsely said of the fresh ones had been looked at."""

SPLITS = tuple(dict.fromkeys(HALVES.values()))
"""Names of the halves, and of the tasks that came after them."""

Label: TypeAlias = Literal["healthy", "faulty", "harmless", "dropped"]
Lines: TypeAlias = Mapping[tuple[str, int], Mapping[str, Any]]
"""Case and seed to what was recorded."""


@dataclass(frozen=True)
class Judged:
    """A run and the truth about it.

    Attributes:
        task: Name of its task.
        case: What was done.
        seed: Of weights and order.
        run: All that was logged.
        label: The truth.
        final: Where it ended.
        twin: Where its mended twin ended, mean over seeds.
        untrained: Where it began, at the most.
        way: How it was logged; empty for every step.
    """

    task: str
    case: Case
    seed: int
    run: ObservedRun
    label: Label
    final: float
    twin: float
    untrained: float
    way: str = ""

    @property
    def name(self) -> str:
        """Task, case, seed, way."""
        return " ".join(filter(None, (self.task, self.case.name, str(self.seed), self.way)))

    def won_back(self, final: float) -> float:
        """Share of what the fault cost that a run which ends there does not lose."""
        end = min(final, self.untrained) if math.isfinite(final) else self.untrained
        return (self.final - end) / (self.final - self.twin)


def load(task: str, folder: Path = FROZEN) -> Lines:
    """Everything that was recorded of a task."""
    lines = json.loads(gzip.decompress((folder / f"{task}.json.gz").read_bytes()))
    return {(line["case"], line["seed"]): line for line in lines}


def judged_runs(task: str, lines: Lines) -> list[Judged]:
    """Every run of a task with its truth; twins are not among them."""
    untrained = statistics.fmean(line["before"] for (name, _), line in lines.items() if name == "linear")
    names = dict.fromkeys(name for name, _ in lines if not name.endswith(("/3", "*3")))
    found: list[Judged] = []
    for name in names:
        case = by_name(name)
        if case.kind == "twin":
            continue
        seeds = sorted(seed for each, seed in lines if each == name)
        label, twin = _truth(case, lines, seeds, untrained)
        for seed in seeds:
            run = seen_of(task, case, lines[name, seed])
            final = _end(lines[name, seed]["final"], untrained)
            found.append(Judged(task, case, seed, run, label, final, twin, untrained))
    ways = [
        replace(each, run=WAYS[way](each.run), way=way) for each in found if each.case.name in LOGGED for way in WAYS
    ]
    return found + ways


def _truth(case: Case, lines: Lines, seeds: Sequence[int], untrained: float) -> tuple[Label, float]:
    finals = [_end(lines[case.name, seed]["final"], untrained) for seed in seeds]
    if case.kind == "healthy":
        name = "linear" if case.accumulate > 1 else case.name  # the same run, logged in parts
        beside = [
            (finals[seeds.index(seed)], _end(lines[name + sign, seed]["final"], untrained))
            for seed in seeds
            for sign in ("/3", "*3")
            if (name + sign, seed) in lines
        ]
        spread = statistics.stdev(finals) if len(finals) > 1 else 0.0
        worse = any(own - other > max(DEVIATIONS * spread, SHARE * abs(other)) for own, other in beside)
        return ("dropped" if worse or not beside else "healthy"), statistics.fmean(finals)
    if case.twin == "stopped":
        twins = [min(lines[case.name, seed]["series"]["val_loss"][-1]) for seed in seeds]
    else:
        twins = [_end(line["final"], untrained) for (name, seed), line in lines.items() if name == case.twin]
    twin = statistics.fmean(twins)
    spread = math.sqrt((_variance(finals) + _variance(twins)) / 2)
    lost = statistics.fmean(finals) - twin
    return ("faulty" if lost > max(DEVIATIONS * spread, SHARE * abs(twin)) else "harmless"), twin


def _variance(values: Sequence[float]) -> float:
    return statistics.variance(values) if len(values) > 1 else 0.0


def _end(final: float, untrained: float) -> float:
    return min(final, untrained) if math.isfinite(final) else untrained


def seen_of(task: str, case: Case, line: Mapping[str, Any]) -> ObservedRun:
    """A recorded line as a run; its rate is worked out, not kept."""
    series = {name: _series(name, *columns) for name, columns in line["series"].items()}
    if "zero_grad" in series:
        series["zero_gradient"] = series["zero_grad"]
    facts: dict[str, Fact] = line["facts"]
    shown = [case.shape(step / int(facts["total_steps"]), int(facts["total_steps"])) for step in _seen(series["loss"])]
    peak = line["rate"] / max(shown)
    cuts = _cuts(series["val_loss"], case.patience)
    rates = [peak * share * 0.3 ** sum(step >= cut for cut in cuts) for step, share in enumerate(shown)]
    series["rate"] = observed_series("rate", range(len(rates)), rates)
    return ObservedRun(series, "step", facts, "recorded")


def _seen(loss: ObservedSeries) -> Sequence[int]:
    return sorted({int(step) for step in loss.steps})


def _cuts(checks: ObservedSeries, patience: int) -> list[int]:
    """Steps at which the plateau rule cut the rate."""
    best, bad, cuts = math.inf, 0, []
    for step, value in zip(checks.steps.tolist(), checks.values.tolist(), strict=True):
        bad = 0 if value < best else bad + 1
        best = min(best, value)
        if patience and bad > patience:
            cuts.append(step)
            bad = 0
    return cuts


def _series(name: str, first: Any, apart: int, values: Sequence[float]) -> ObservedSeries:
    steps = first if not apart else range(first, first + apart * len(values), apart)
    return observed_series(name, list(steps), values)


# ---- how others log


def logged(run: ObservedRun, names: Iterable[str], facts: Iterable[str] | None = None) -> ObservedRun:
    """The run with only some of its series and facts."""
    kept = {name: run.series[name] for name in names if name in run.series}
    known = run.facts if facts is None else {name: run.facts[name] for name in facts if name in run.facts}
    return ObservedRun(kept, run.unit, known, run.source)


def _with(run: ObservedRun, **others: ObservedSeries) -> ObservedRun:
    return ObservedRun({**run.series, **others}, run.unit, run.facts, run.source)


def _thinned(every: int, *, mean: bool) -> Callable[[ObservedRun], ObservedRun]:
    def thin(run: ObservedRun) -> ObservedRun:
        made = {}
        for name in ("loss", "rate", "grad_norm"):
            if name not in run.series:
                continue
            steps, values = run.series[name].steps, run.series[name].values
            count = len(values) // every
            if mean and name == "loss":
                values = values[: count * every].reshape(count, every).mean(1)
                made[name] = ObservedSeries(name, steps[every - 1 : count * every : every], values)
            else:
                made[name] = ObservedSeries(name, steps[::every], values[::every])
        return _with(run, **made)

    return thin


def _smoothed(share: float) -> Callable[[ObservedRun], ObservedRun]:
    def smooth(run: ObservedRun) -> ObservedRun:
        loss, made = run.series["loss"], []
        level = float(loss.values[0])
        for value in loss.values.tolist():
            level = share * level + (1 - share) * value
            made.append(level)
        return _with(run, loss=ObservedSeries("loss", loss.steps, np.array(made)))

    return smooth


def _moved(offset: float) -> Callable[[ObservedRun], ObservedRun]:
    def move(run: ObservedRun) -> ObservedRun:
        names = ("loss", "val_loss")
        moved = {name: ObservedSeries(name, run.series[name].steps, run.series[name].values + offset) for name in names}
        return ObservedRun({**run.series, **moved}, run.unit, run.facts, run.source)

    return move


def _summed(run: ObservedRun) -> ObservedRun:
    size = float(run.facts["batch_size"])
    made = {
        name: ObservedSeries(name, run.series[name].steps, run.series[name].values * size)
        for name in ("loss", "grad_norm")
        if name in run.series
    }
    return ObservedRun({**run.series, **made}, run.unit, run.facts, run.source)


def _resumed(run: ObservedRun) -> ObservedRun:
    half = float(run.facts["total_steps"]) // 2
    return ObservedRun(run.series, run.unit, {**run.facts, "resumed_at": half}, run.source)


WAYS: Mapping[str, Callable[[ObservedRun], ObservedRun]] = {
    "every 10th": _thinned(10, mean=False),
    "means of 10": _thinned(10, mean=True),
    "means of 40": _thinned(40, mean=True),
    "moving average 0.9": _smoothed(0.9),
    "moving average 0.98": _smoothed(0.98),
    "5 higher": _moved(5.0),
    "3 lower": _moved(-3.0),
    "summed": _summed,
    "resumed": _resumed,
}
"""How else a run may be logged."""
