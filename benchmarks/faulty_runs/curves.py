"""Runs whose truth is known: those of the frozen oracle, judged by their regret, and those that `record.py` trained.

Path:   benchmarks/tuning/frozen, build/faulty_runs -> `Judged` runs -> `score.py`.
Units:  regret is the final validation loss over that of the best rate and schedule, less 1; octaves are log2.
"""

import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ratecraft.records.observed import ObservedRun, ObservedSeries, observed_series

sys.path.append(str(Path(__file__).parents[1] / "tuning"))

from cases import BEST, CASES, constant, cosine, linear
from frozen import Frozen, load

__all__ = ["GOOD", "Judged", "frozen_runs", "logged", "recorded_runs"]

GOOD, BAD = 0.05, 0.10
"""Regret up to which a run is healthy, and from which it is faulty; between them nothing is scored."""

OVERFIT = 0.05
"""Of the lowest validation loss: a run that ends farther above it has over-fitted, whatever its regret."""

SHAPES = {"constant": constant, "cosine": cosine, "linear": linear}
OPTIMIZERS = {
    "digits_mlp": "momentum",
    "mnist_cnn": "adamw",
    "source_gru": "rmsprop",
    "diabetes_mlp": "adam",
    "topics_mlp": "momentum",
    "diamonds_tiny": "adam",
}


@dataclass(frozen=True)
class Judged:
    """A run and the truth about it.

    Attributes:
        name: Task, case, seed.
        kind: `healthy`, `too-large`, `too-small`, or the case's name.
        run: What is logged of it.
        octave: log2 of its rate over the best one.
        best: The best final validation loss of its task.
    """

    name: str
    kind: str
    run: ObservedRun
    octave: float = 0.0
    best: float = float("nan")


def frozen_runs(tasks: Sequence[str] = tuple(BEST)) -> Iterator[Judged]:
    """Every full run of the design half in the frozen oracle whose truth is plain."""
    for task in tasks:
        yield from _of_task(task, load(task))


def _of_task(task: str, frozen: Frozen) -> Iterator[Judged]:
    finals: dict[tuple[str, float], list[float]] = {}
    for (name, _), octaves in frozen.runs.items():
        if name in SHAPES:
            for octave, run in octaves.items():
                finals.setdefault((name, octave), []).append(_final(run))
    means = {place: statistics.fmean(values) for place, values in finals.items()}
    best = min(means, key=lambda place: means[place])
    for (name, seed), octaves in frozen.runs.items():
        for octave, run in octaves.items() if name in SHAPES else ():
            regret = means[name, octave] / means[best] - 1
            kind = _kind(regret, octave - best[1])
            if kind and run["losses"]:
                observed = _observed(task, frozen, name, octave, seed)
                yield Judged(
                    f"{task} {name} 2^{octave - best[1]:+g} {seed}", kind, observed, octave - best[1], means[best]
                )


def _kind(regret: float, octave: float) -> str:
    if regret <= GOOD:
        return "healthy"
    if regret < BAD or octave == 0:
        return ""
    return "too-large" if octave > 0 else "too-small"


def _final(run: object) -> float:
    figures = run["figures"]
    return figures[-1][1] if figures and figures[-1][1] is not None else float("inf")


def _observed(task: str, frozen: Frozen, name: str, octave: float, seed: int) -> ObservedRun:
    run = frozen.runs[name, seed][octave]
    size = max(1, frozen.steps // 64)
    losses, figures = _points(run["losses"], 0, size, frozen.steps), run["figures"]
    if name == "linear":  # it left the constant run after 0.4 of its steps
        trunk = frozen.along("constant", seed).get(octave) or frozen.along("trunk", seed)[octave]
        left = round(0.4 * frozen.steps)
        before = _points(trunk["losses"][: left // size], 0, size, left)
        losses = before + _points(run["losses"], left, size, frozen.steps)
        figures = [figure for figure in trunk["figures"] if figure[0] <= left] + figures
    peak = frozen.rate * 2.0**octave
    rates = [(step, peak * SHAPES[name](step, frozen.steps)) for step in range(0, frozen.steps, size)]
    columns = {"loss": losses, "val_loss": sorted(dict(figures).items()), "rate": rates}
    series = {name: _series(name, points) for name, points in columns.items()}
    return ObservedRun(series, "step", {"optimizer": OPTIMIZERS[task], "total_steps": frozen.steps}, "frozen")


def _points(means: list[float | None], first: int, size: int, last: int) -> list[tuple[int, float | None]]:
    """Means of blocks, each at its block's last step."""
    return [(min(first + size * place, last), mean) for place, mean in enumerate(means, 1)]


def _series(name: str, points: list[tuple[int, float | None]]) -> ObservedSeries:
    values = [float("nan") if value is None else value for _, value in points]
    return observed_series(name, [step for step, _ in points], values)


def recorded_runs(folder: Path = Path("build/faulty_runs")) -> Iterator[Judged]:
    """Every run that was recorded, as it was logged at each step."""
    known = {case.name: case for case in CASES}
    for path in sorted(folder.glob("*.jsonl")):
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        best = min(record["series"]["val_loss"][1][-1] for record in records if not known[record["case"]].expected)
        for record in records:
            case = known[record["case"]]
            series = {name: observed_series(name, *columns) for name, columns in record["series"].items()}
            steps = series["rate"].steps.tolist()
            peak = BEST[record["task"]] * case.factor
            series["rate"] = observed_series("rate", steps, [peak * case.shape(step, len(steps)) for step in steps])
            facts = {"optimizer": OPTIMIZERS[record["task"]], "total_steps": len(series["loss"])}
            if case.change == "lost-state":
                facts["resumed_at"] = round(case.strikes * len(series["loss"]))
            name = f"{record['task']} {case.name} {record['seed']}"
            judged = Judged(name, case.name, ObservedRun(series, "step", facts, "recorded"), best=best)
            regret = float(series["val_loss"].values[-1]) / best - 1
            if not case.expected and (case.change or case.before or regret <= GOOD):
                yield replace(judged, kind="healthy")
            elif case.expected:
                yield judged


def logged(run: ObservedRun, names: Sequence[str], every: int = 1, way: str = "point") -> ObservedRun:
    """The run as another program would have logged it: only some series, every so many steps.

    Args:
        run: As it was recorded.
        names: Series that are logged.
        every: Steps between two lines.
        way: `point`: the value at that step; `mean`: since the last line; `smooth`: a moving average with factor 0.9.
    """
    series = {name: _thinned(run.series[name], every, way) for name in names if name in run.series}
    return ObservedRun(series, run.unit, run.facts, run.source)


def _thinned(series: ObservedSeries, every: int, way: str) -> ObservedSeries:
    values, steps = series.values, series.steps
    if series.name.startswith("val_") or len(values) <= every:
        return series
    if way == "smooth":
        smooth, mean = [], float(values[0])
        for value in values.tolist():
            mean = 0.9 * mean + 0.1 * value
            smooth.append(mean)
        values = np.array(smooth)
    if every > 1 and way == "mean" and series.name == "loss":
        count = len(values) // every
        return ObservedSeries(
            series.name, steps[every - 1 : count * every : every], values[: count * every].reshape(count, every).mean(1)
        )
    return ObservedSeries(series.name, steps[::every], values[::every])
