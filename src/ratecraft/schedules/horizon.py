"""Lengths become whole steps, once, when the horizon is known.

Path:   a tree with shares and rests, and a horizon -> a tree with lengths in steps only.
Units:  positions are exact fractions of steps from step 0 of the run.

What is rounded are the positions of the joints, half-way cases up, never the lengths: so the parts always add up.
"""

from dataclasses import replace
from fractions import Fraction

from ratecraft.errors import InvalidInput
from ratecraft.schedules.leaves import Const, Exp, Segment
from ratecraft.schedules.lengths import measure, rounded, whole_number
from ratecraft.schedules.nodes import Affine, Mul, Schedule, Seq

__all__ = ["bind"]


def bind(schedule: Schedule, horizon: int) -> Schedule:
    """The same schedule with every length in steps of a run of `horizon` steps. Binding twice changes nothing.

    Args:
        schedule: A share in it is one of the whole run, wherever it stands; the rest is what the other parts of its
            join leave. A share of less than half a step becomes 0 steps: that part is skipped.
        horizon: Optimizer steps of the run.

    Raises:
        InvalidInput: The lengths add up to more than the horizon, or the horizon isn't a whole number.

    Example:
        >>> from ratecraft.schedules.constructors import constant, linear, warmup
        >>> bind(warmup(0.05) >> constant(1) >> linear(1, 0, 0.6), horizon=1000)
        warmup(50) >> constant(1, 350) >> linear(1, 0, 600)
    """
    steps = whole_number("horizon", horizon)
    return _fit(schedule, Fraction(0), _end(schedule, Fraction(0), Fraction(steps), steps), steps)


def _fit(node: Schedule, start: Fraction, end: Fraction, horizon: int) -> Schedule:
    """The node with the whole steps between two positions of the run."""
    steps = rounded(end) - rounded(start)
    match node:
        case Const() | Segment():
            return replace(node, length=steps)
        case Exp():
            return replace(node, length=steps, every=max(1, rounded(measure(node.every, horizon) or Fraction())))
        case Affine():
            return replace(node, inner=_fit(node.inner, start, end, horizon))
        case Mul():
            return Mul(tuple(_fit(each, start, _end(each, start, end, horizon), horizon) for each in node.factors))
        case Seq():
            return _fit_parts(node, start, end, horizon)
        case _:
            raise InvalidInput("schedule-part", given=repr(node))


def _fit_parts(node: Seq, start: Fraction, end: Fraction, horizon: int) -> Schedule:
    extents = [part.extent(horizon) for part in node.parts]
    needed = sum((extent or Fraction() for extent in extents), Fraction())
    _check_room(node, start + needed, end, horizon)
    rest = max(end - start - needed, Fraction())
    parts: list[Schedule] = []
    for part, extent in zip(node.parts, extents, strict=True):
        joint = start + (rest if extent is None else extent)
        parts.append(_fit(part, start, joint, horizon))
        start = joint
    return Seq(tuple(parts))


def _end(node: Schedule, start: Fraction, latest: Fraction, horizon: int) -> Fraction:
    """Where the node ends that begins at `start` and has time until `latest`."""
    extent = node.extent(horizon)
    if extent is None:
        return latest
    _check_room(node, start + extent, latest, horizon)
    return start + extent


def _check_room(node: Schedule, end: Fraction, latest: Fraction, horizon: int) -> None:
    """Shares such as 1/3 are cut decimals, so what counts is the rounded position."""
    if rounded(end) > rounded(latest):
        over = rounded(end) - rounded(latest)
        raise InvalidInput("schedule-beyond-horizon", schedule=repr(node), over=over, horizon=horizon)
