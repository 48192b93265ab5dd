"""Inspects a schedule before it is used: its phases, its area, and what looks like a mistake.

Path:   a schedule and a number of steps -> facts and remarks (codes with numbers) -> `preview`, notebooks.
Units:  steps are optimizer steps; the area is counted in steps at the peak, as a share of the run.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import bound
from ratecraft.schedules.lengths import UNIT_HORIZON, whole_number
from ratecraft.schedules.sizes import NO_SIZES, Sizes
from ratecraft.schedules.trees.leaves import Exp, Segment
from ratecraft.schedules.trees.nodes import Affine, Const, Quantise, Repeat, Schedule, Seq
from ratecraft.schedules.trees.tree import Tree
from ratecraft.schedules.usual import USUAL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_POINTS: Final = 1_000_000
_NEAR_ZERO: Final = 0.01  # of the peak
_HIGH_END: Final = 0.02  # of the peak
_JUMP: Final = 10.0
_TOLERANCE: Final = 1e-9  # 0.1 times a number isn't always a tenth of it


@final
@dataclass(frozen=True, slots=True)
class Remark:
    """A remark on a schedule: a code and the numbers of its sentence."""

    code: str
    values: dict[str, Any]


@final
@dataclass(frozen=True, slots=True)
class Part:
    """A phase of the run: what it is, its first step and the one after its last, and its first and last value."""

    expression: str
    first: int
    end: int
    start_value: float
    end_value: float


@final
@dataclass(frozen=True, slots=True)
class ScheduleAnalysis:
    """A schedule in a run of `steps` steps.

    Attributes:
        schedule: Bound.
        steps: Steps of the run.
        parts: The phases that have steps.
        peak: The largest value.
        lowest: The least one.
        last: The value at the last step.
        area: The mean value over the peak: the share of the run that the same movement takes at the peak.
        remarks: What looks like a mistake.
    """

    schedule: Schedule
    steps: int
    parts: tuple[Part, ...]
    peak: float
    lowest: float
    last: float
    area: float
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class _Values:
    """The values at some steps of the run (at all of them, where they are few), and at the steps after those."""

    places: "NDArray[np.int64]"
    here: "NDArray[np.float64]"
    following: "NDArray[np.float64]"

    @property
    def peak(self) -> float:
        return float(self.here.max())


def analyse(schedule: Schedule, steps: int, sizes: Sizes = NO_SIZES) -> ScheduleAnalysis:
    """Look at a schedule in a run.

    Args:
        schedule: Bound or not.
        steps: Optimizer steps of the run; 1 or more.
        sizes: Sizes of an epoch and of a step. Where the steps of an epoch are known, paces by the epoch are compared
            with the usual ones.

    Raises:
        InvalidInput: Same as `bind`.

    Example:
        >>> from ratecraft.schedules.builders.constructors import cosine, warmup
        >>> seen = analyse(0.1 * (warmup(200) >> cosine(1, 0, 700)), 1000)
        >>> seen.peak, round(seen.area, 3), [remark.code for remark in seen.remarks]
        (0.1, 0.451, ['ends-early', 'long-warm-up'])
    """
    whole_number("steps", steps, least=1)
    fitted = bound(schedule, sizes.over(steps))
    values = _read(fitted, steps)
    peak, lowest, last = values.peak, float(values.here.min()), fitted.at(steps - 1)
    parts = tuple(_parts(fitted, steps))
    remarks = (
        *_end_remarks(fitted, steps, peak, last),
        *_value_remarks(values),
        *_jump_remarks(fitted, values),
        *_balance_remarks(values, steps),
        *_warmup_remarks(fitted, parts, steps),
        *_pace_remarks(fitted, sizes.steps_per_epoch),
    )
    area = float(values.here.mean()) / peak if peak > 0 else 0.0
    return ScheduleAnalysis(fitted, steps, parts, peak, lowest, last, area, remarks)


def _read(schedule: Schedule, steps: int) -> _Values:
    import numpy as np

    if steps <= _MOST_POINTS:
        places = np.arange(steps, dtype=np.int64)
    else:
        places = np.unique(np.linspace(0, steps - 1, _MOST_POINTS).astype(np.int64))
    with np.errstate(all="ignore"):
        here, following = schedule.values_at(places), schedule.values_at(places[:-1] + 1)
    finite = np.isfinite(here)
    if not finite.all():
        raise InvalidInput("schedule-overflow", schedule=repr(schedule), step=int(places[int(finite.argmin())]))
    return _Values(places, here, following)


def _phases(schedule: Schedule) -> "list[tuple[Tree, float]]":
    """The parts of the outermost join and where they start; a factor around all of them is looked through."""
    inner: Tree = schedule
    while isinstance(inner, Affine):
        inner = inner.inner
    return list(zip(inner.parts, inner.starts, strict=True)) if isinstance(inner, Seq) else [(inner, 0)]


def _parts(schedule: Schedule, steps: int) -> Iterator[Part]:
    pieces = _phases(schedule)
    ends = [*(start for _, start in pieces[1:]), steps]
    for (piece, start), end in zip(pieces, ends, strict=True):
        first, after = math.ceil(start), min(math.ceil(end), steps)  # a joint may lie between two steps
        if first < after:
            yield Part(repr(piece), first, after, schedule.at(first), schedule.at(after - 1))


def _end_remarks(schedule: Schedule, steps: int, peak: float, last: float) -> Iterator[Remark]:
    end = schedule.extent(UNIT_HORIZON)
    if end is not None and end < steps:
        yield Remark("ends-early", {"end": int(end), "left": steps - int(end), "value": last})
    if peak > 0 and last > _HIGH_END * peak:
        yield Remark("never-zero", {"share": last / peak, "value": last})


def _value_remarks(values: _Values) -> Iterator[Remark]:
    lowest = float(values.here.min())
    if lowest < 0:
        yield Remark("negative", {"value": lowest, "step": int(values.places[int(values.here.argmin())])})
    if values.peak <= 0:
        yield Remark("nothing", {})
    elif values.here[0] == 0:
        yield Remark("first-zero", {})


def _jump_remarks(schedule: Schedule, values: _Values) -> Iterator[Remark]:
    """From one step to the next by more than ×10; where cycles come again, up is what is meant."""
    import numpy as np

    here, following = values.here[:-1], values.following
    large, small = np.maximum(here, following), np.minimum(here, following)
    jumps = (large > _JUMP * small * (1 + _TOLERANCE)) & (large > _NEAR_ZERO * values.peak) & (small > 0)
    if any(isinstance(node, Repeat) for node in _walk(schedule)):
        jumps &= following < here
    found = np.flatnonzero(jumps)
    if found.size:
        before, after = float(here[found[0]]), float(following[found[0]])
        times = max(before, after) / min(before, after)
        step = int(values.places[found[0]]) + 1
        counted = {"step": step, "before": before, "after": after, "times": times, "count": int(found.size)}
        yield Remark("jump", counted)


def _balance_remarks(values: _Values, steps: int) -> Iterator[Remark]:
    """A rise that takes longer than the fall."""
    import numpy as np

    at_peak = np.flatnonzero(values.here >= values.peak * (1 - _TOLERANCE))
    if values.peak > 0:
        rise, fall = int(values.places[at_peak[0]]), steps - 1 - int(values.places[at_peak[-1]])
        if rise > fall > 0:
            yield Remark("rise-longer", {"rise": rise, "fall": fall})


def _warmup_remarks(schedule: Schedule, parts: tuple[Part, ...], steps: int) -> Iterator[Remark]:
    (first, _), *later = _phases(schedule)
    if later and parts and isinstance(first, Segment) and 0 <= first.start < _NEAR_ZERO * first.end:
        share = parts[0].end / steps
        if share > USUAL["long-warm-up"].high * (1 + _TOLERANCE):
            yield _unusual("long-warm-up", share)


def _pace_remarks(schedule: Schedule, epoch: float | None) -> Iterator[Remark]:
    """What lies outside the usual ranges; what is counted in epochs only where an epoch is known. Each once."""
    said: set[str] = set()
    for code, given in _paces(schedule, epoch):
        usual = USUAL[code]
        inside = usual.low * (1 - _TOLERANCE) <= given <= usual.high * (1 + _TOLERANCE)
        if not inside and code not in said:
            said.add(code)
            yield _unusual(code, given)


def _paces(schedule: Schedule, epoch: float | None) -> Iterator[tuple[str, float]]:
    nodes = list(_walk(schedule))
    stairs = [node.inner for node in nodes if isinstance(node, Quantise)]
    for node in nodes:
        match node:
            case Quantise(inner=Exp(factor=factor)):
                yield "stair", factor
                if epoch is not None:
                    yield "stair-length", float(cast("Fraction", node.every)) / epoch
            case Exp() if node not in stairs and epoch is not None:
                yield "exponential-pace", node.factor ** (epoch / float(cast("Fraction", node.every)))
            case Repeat() if node.clock is not None and epoch is not None:
                # A restart begins at its peak, a triangle at its foot: each has a range of its own.
                half = int(node.clock.length / 2)
                code = "restart-period" if node.inner.at(0) > node.inner.at(half) else "period"
                yield code, float(node.clock.length) / epoch
            case Seq() if all(isinstance(part, Const) and part.value > 0 for part in node.parts):
                heights = [cast("Const", part).value for part in node.parts]
                yield from (("stair", late / early) for early, late in pairwise(heights))
            case _:
                pass


def _unusual(code: str, given: float) -> Remark:
    usual = USUAL[code]
    return Remark(code, {"given": given, "low": usual.low, "high": usual.high, "source": usual.source})


def _walk(node: Tree) -> Iterator[Tree]:
    yield node
    for child in node.children:
        yield from _walk(child)
