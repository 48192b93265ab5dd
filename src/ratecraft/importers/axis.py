"""Keys become steps, printed names normal ones: a gathered run becomes an `ObservedRun`.

Path:   `gathering` -> one value for diagnosis.
Units:  optimizer steps where the log counts them or tells how many an epoch has; else epochs; else the order of points,
        which is `unknown`.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratecraft.importers.gathering import KEY_BITS, GatheredRun
from ratecraft.importers.names import meaning_of
from ratecraft.importers.points import Points
from ratecraft.records.watching.observed import Fact, ObservedRun, ObservedSeries, StepUnit

_MASK = (1 << KEY_BITS) - 1
_FEW = 0.1  # share of the rows; fewer points than that between two places are repeats, and no steps of their own


@dataclass(frozen=True, slots=True)
class _Axis:
    """How the keys of one run become steps; `per_epoch` is 0 if the step counts through the whole run."""

    unit: StepUnit
    per_epoch: int = 0
    first_epoch: int = 0
    estimated: bool = False


def observed(run: GatheredRun, source: str) -> ObservedRun:
    """The run as diagnosis reads it.

    Args:
        run: A run with at least one point.
        source: Format of the log, in a word.

    Example:
        >>> from ratecraft.importers.gathering import Gathering
        >>> from ratecraft.importers.rows import Row
        >>> gathering = Gathering()
        >>> for epoch in (1, 2):
        ...     for batch in (5, 10):
        ...         gathering.add(Row((("Loss", 2.0),), step=batch, of_steps=10, epoch=epoch))
        >>> found = observed(gathering.runs[0], "text")
        >>> found.unit, found.series["loss"].steps.tolist(), found.facts["steps_per_epoch"]
        ('step', [5, 10, 15, 20], 10.0)
    """
    axis = _axis_of(run)
    every_key = _all_keys(run) if axis.unit == "unknown" and run.placed and not run.stepped else None
    series: dict[str, ObservedSeries] = {}
    for name, points in _named(run).items():
        keys = np.array(points.keys)
        steps = _steps(axis, keys) if every_key is None else np.searchsorted(every_key, keys)
        series[name] = _without_repeats(ObservedSeries(name, steps, np.array(points.values)))
    return ObservedRun(series, axis.unit, _facts(run, axis), source)


def _axis_of(run: GatheredRun) -> _Axis:
    if not run.placed:
        return _Axis("unknown")
    unit: StepUnit = "step" if "counts" not in run.facts else "unknown"  # steps of something else
    if run.stepped and run.resets > run.goes_on:
        first = run.first_epoch if run.first_epoch in (0, 1) else 0
        steps = [np.array(points.keys) & _MASK for points in run.series.values()]
        longest = int(max((part.max() for part in steps if part.size), default=0))
        if run.of_steps:
            return _Axis(unit, max(run.of_steps, longest), first)
        return _Axis(unit, max(longest + _gap_at_zero(steps), 1), first, estimated=True)
    if run.stepped:
        return _Axis(unit)
    if run.fractions or run.uncounted > _FEW * run.rows:
        return _Axis("unknown")
    return _Axis("epoch")


def _gap_at_zero(steps: Iterable["NDArray[np.int64]"]) -> int:
    """Steps from the last that an epoch tells to its end: as many as between two, where it counts from 0."""
    longest = max(steps, key=len)
    gaps = np.diff(longest)
    return int(np.median(gaps[gaps > 0])) if (longest == 0).any() and (gaps > 0).any() else 0


def _steps(axis: _Axis, keys: "NDArray[np.int64]") -> "NDArray[np.int64]":
    epochs, steps = keys >> KEY_BITS, keys & _MASK
    if axis.unit == "epoch":
        return epochs
    if axis.per_epoch:
        steps = (epochs - axis.first_epoch) * axis.per_epoch + steps
    return np.maximum.accumulate(steps)


def _all_keys(run: GatheredRun) -> "NDArray[np.int64]":
    return np.unique(np.concatenate([np.array(points.keys) for points in run.series.values()]))


def _without_repeats(series: ObservedSeries) -> ObservedSeries:
    """The points, with only the last of several at the same step."""
    last = np.append(series.steps[1:] != series.steps[:-1], True)
    return series if last.all() else ObservedSeries(series.name, series.steps[last], series.values[last])


def _named(run: GatheredRun) -> dict[str, Points]:
    """The series by their final names: the plainest claimant of a normal name gets it, the others keep their own."""
    claims: dict[str, list[Points]] = {}
    for points in run.series.values():
        if points.keys:
            claims.setdefault(points.meaning.name, []).append(points)
    validated = any(name.startswith("val_") for name in claims)
    named: dict[str, Points] = {}
    others: list[Points] = []
    for name, claimants in claims.items():
        if name == "rate":
            named |= {f"rate/{place}" if place else "rate": points for place, points in enumerate(claimants)}
            continue
        latest = max(points.last for points in claimants)
        first = min(claimants, key=lambda points: (_stops_early(points, latest), points.meaning.order))
        # What is tested as the run goes on, with no validation beside it, is its validation.
        tested = name.startswith("test_") and not validated and len(first.keys) > 1
        named[f"val_{name[5:]}" if tested else name] = first
        others += [points for points in claimants if points is not first]
    for points in others:
        name, number = points.meaning.printed, 1
        while name in named:
            name, number = f"{points.meaning.printed}/{number}", number + 1
        named[name] = points
    return _with_sums(named)


def _stops_early(points: Points, latest: int) -> bool:
    """Whether another claimant goes on for longer than this one lasted: some are logged in the first steps only."""
    return latest - points.last > max(points.last - points.keys[0], 0)


def _with_sums(named: dict[str, Points]) -> dict[str, Points]:
    """The series, and the sum of the parts of a loss where the log has no whole: `train/box_loss`, `train/cls_loss`.

    Only of parts that are told of training and of validation alike; what players of a game lose adds up to nothing.
    """
    parts = [name for name in named if name.endswith("_loss") and f"val_{name}" in named]
    for whole, names in (("loss", parts), ("val_loss", [f"val_{name}" for name in parts])):
        keys = [named[name].keys for name in names]
        if whole not in named and names and all(key == keys[0] for key in keys):
            total = named[whole] = Points(meaning_of(whole))
            total.keys = keys[0]
            total.values = array("d", np.sum([named[name].values for name in names], axis=0).tobytes())
    return named


def _facts(run: GatheredRun, axis: _Axis) -> dict[str, Fact]:
    facts = dict(run.facts)
    if axis.per_epoch:
        facts.setdefault("steps_per_epoch", float(axis.per_epoch))
        if isinstance(facts.get("epochs"), float):
            facts.setdefault("total_steps", axis.per_epoch * float(facts["epochs"]))
    elif axis.unit == "step" and run.of_steps:
        facts.setdefault("total_steps", float(run.of_steps))
    if axis.estimated:
        facts["steps_per_epoch_estimated"] = 1.0
    if run.resumes:
        facts["resumes"] = float(run.resumes)
    return facts
