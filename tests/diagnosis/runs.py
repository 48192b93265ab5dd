"""Runs made by hand: a loss that falls as losses do, with noise, under a schedule, logged in some way."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ratecraft.diagnosis.diagnosing import Diagnosis, diagnosis_of
from ratecraft.records.watching.observed import Fact, ObservedRun, ObservedSeries

Values = NDArray[np.float64]
Shape = Callable[[Values], Values]
"""Place in the run, 0 to 1, to the rate as a share of its peak."""


def constant(place: Values) -> Values:
    return np.ones_like(place)


def linear(place: Values) -> Values:
    return np.minimum(1.0, (1 - place) / 0.6)


def cosine(place: Values) -> Values:
    return (1 + np.cos(np.pi * place)) / 2


def restarts(place: Values) -> Values:
    return (1 + np.cos(np.pi * (4 * place % 1))) / 2


def triangles(place: Values) -> Values:
    return 0.1 + 0.9 * np.abs(1 - (8 * place % 2))


def one_cycle(place: Values) -> Values:
    rise = 0.04 + 0.96 * place / 0.3
    return np.where(place < 0.3, rise, cosine((place - 0.3) / 0.7))


def stairs(place: Values) -> Values:
    return 0.1 ** np.floor(np.minimum(place, 0.999) * 3)


SHAPES: Mapping[str, Shape] = {
    each.__name__: each for each in (constant, linear, cosine, restarts, triangles, one_cycle, stairs)
}


def falling(
    steps: int = 2000,
    *,
    start: float = 2.3,
    floor: float = 0.3,
    fast: float = 0.02,
    noise: float = 0.05,
    offset: float = 0.0,
    seed: int = 0,
) -> Values:
    """Losses of a run that learns: a power of the step, noise in proportion to the loss."""
    place = np.arange(steps) / steps
    clean = floor + (start - floor) * (1 + place / fast) ** -1.0
    draws = np.random.default_rng(seed).normal(size=steps)
    return clean * (1 + noise * draws) + offset


def series(name: str, values: object, steps: object = None) -> ObservedSeries:
    array = np.asarray(values, np.float64)
    places = np.arange(len(array)) if steps is None else np.asarray(steps)
    return ObservedSeries(name, places.astype(np.int64), array)


def run(
    losses: object,
    *,
    shape: Shape | None = None,
    peak: float = 0.01,
    checks: object = None,
    every: int = 1,
    facts: Mapping[str, Fact] | None = None,
    **others: object,
) -> ObservedRun:
    """A run of these losses; `every` steps a line."""
    values = np.asarray(losses, np.float64)
    places = np.arange(len(values))
    made = {"loss": series("loss", values[::every], places[::every])}
    if shape is not None:
        rates = peak * shape(places / len(values))
        made["rate"] = series("rate", rates[::every], places[::every])
    if checks is not None:
        seen = np.asarray(checks, np.float64)
        made["val_loss"] = series("val_loss", seen, (1 + np.arange(len(seen))) * len(values) // len(seen))
    for name, column in others.items():
        made[name] = series(name, column)
    return ObservedRun(made, "step", {} if facts is None else facts, "made")


def codes(observed: ObservedRun) -> list[str]:
    return [finding.code for finding in diagnosis_of(observed).findings]


def warned(observed: ObservedRun) -> list[str]:
    """Codes of all that is more than a hint."""
    return [finding.code for finding in diagnosis_of(observed).findings if finding.severity != "info"]


def told(observed: ObservedRun) -> Diagnosis:
    return diagnosis_of(observed)
