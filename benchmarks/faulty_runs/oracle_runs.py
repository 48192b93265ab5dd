"""Runs of the tuning benchmark's oracle, judged by their regret: whole lengths, means of 12 to 156 steps.

Path:   benchmarks/tuning/frozen -> runs with the octaves by which their rate is off -> the slice of the test suite.
Units:  regret is the final validation loss over that of the best rate and schedule, less 1; octaves are log2.
"""

import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ratecraft.records.watching.observed import ObservedRun, ObservedSeries, observed_series

sys.path.append(str(Path(__file__).parents[1] / "tuning"))

from cases import Shape, constant, cosine, linear
from frozen import Frozen, load

__all__ = ["GOOD", "OracleRun", "oracle_runs"]

GOOD = 0.05
"""Regret up to which a run is healthy."""

SHAPES: dict[str, Shape] = {"constant": constant, "cosine": cosine, "linear": linear}
OPTIMIZERS = {
    "digits_mlp": "momentum",
    "mnist_cnn": "adamw",
    "source_gru": "rmsprop",
    "diabetes_mlp": "adam",
    "topics_mlp": "momentum",
    "diamonds_tiny": "adam",
}
"""Those of the design half."""


@dataclass(frozen=True)
class OracleRun:
    """A run and the truth about it.

    Attributes:
        name: Task, schedule, octave, seed.
        run: What is known of it.
        octave: log2 of its rate over the best one.
        regret: Of the mean over seeds.
    """

    name: str
    run: ObservedRun
    octave: float
    regret: float


def oracle_runs(tasks: Sequence[str] = tuple(OPTIMIZERS)) -> Iterator[OracleRun]:
    """Every full run of these tasks that has losses."""
    for task in tasks:
        yield from _of_task(task, load(task))


def _of_task(task: str, frozen: Frozen) -> Iterator[OracleRun]:
    finals: dict[tuple[str, float], list[float]] = {}
    for (name, _), octaves in frozen.runs.items():
        if name in SHAPES:
            for octave, run in octaves.items():
                finals.setdefault((name, octave), []).append(_final(run))
    means = {place: statistics.fmean(values) for place, values in finals.items()}
    best = min(means, key=lambda place: means[place])
    for (name, seed), octaves in frozen.runs.items():
        for octave, run in octaves.items() if name in SHAPES else ():
            if run["losses"]:
                off, regret = octave - best[1], means[name, octave] / means[best] - 1
                observed = _observed(task, frozen, name, octave, seed)
                yield OracleRun(f"{task} {name} 2^{off:+g} {seed}", observed, off, regret)


def _final(run: object) -> float:
    figures = run["figures"]
    return figures[-1][1] if figures and figures[-1][1] is not None else float("inf")


def _observed(task: str, frozen: Frozen, name: str, octave: float, seed: int) -> ObservedRun:
    run = frozen.runs[name, seed][octave]
    size = max(1, frozen.steps // 64)
    losses, figures = _points(run["losses"], 0, size, frozen.steps), run["figures"]
    if name == "linear":  # it left the constant run after 0.4 of its steps
        trunk = frozen.trunk(name, octave, seed)
        left = round(0.4 * frozen.steps)
        before = _points(trunk["losses"][: left // size], 0, size, left)
        losses = before + _points(run["losses"], left, size, frozen.steps)
        figures = [figure for figure in trunk["figures"] if figure[0] <= left] + figures
    peak, shape = frozen.rate * 2.0**octave, SHAPES[name]
    rates = [(step, peak * shape(step / frozen.steps, frozen.steps)) for step in range(0, frozen.steps, size)]
    columns = {"loss": losses, "val_loss": sorted(dict(figures).items()), "rate": rates}
    series = {name: _series(name, points) for name, points in columns.items()}
    return ObservedRun(series, "step", {"optimizer": OPTIMIZERS[task], "total_steps": frozen.steps}, "frozen")


def _points(means: list[float | None], first: int, size: int, last: int) -> list[tuple[int, float | None]]:
    """Means of blocks, each at its block's last step."""
    return [(min(first + size * place, last), mean) for place, mean in enumerate(means, 1)]


def _series(name: str, points: list[tuple[int, float | None]]) -> ObservedSeries:
    values = [float("nan") if value is None else value for _, value in points]
    return observed_series(name, [step for step, _ in points], values)
