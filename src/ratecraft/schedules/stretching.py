"""Stretches a schedule in time, also one whose run is extended or shortened part-way.

Path:   a bound tree, or one that isn't -> a bound tree for another horizon, with the same past.
Units:  factors are exact; lengths stay exact fractions of steps.
"""

from dataclasses import fields, replace
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import UNIT_HORIZON, Steps, shown, simplest, whole_number
from ratecraft.schedules.trees.leaves import Exp, Fn, Power, Segment
from ratecraft.schedules.trees.nodes import Affine, Const, Quantise, Repeat, Schedule, Seq, Shift, Span
from ratecraft.schedules.trees.tree import Tree

Keep: TypeAlias = Literal["position", "shape", "tail"]
"""What stays beside the past when the length of a run changes."""

_KEPT: Final[tuple[Keep, ...]] = get_args(Keep)

_TIMES: Final[dict[type, tuple[str, ...]]] = {
    Const: ("length",),
    Segment: ("length", "offset", "inset"),
    Exp: ("length", "every"),
    Power: ("length", "scale", "offset"),
    Repeat: ("length",),
    Shift: ("by",),
    Quantise: ("every",),
    Span: ("length",),
}
"""The fields of each node that are times."""


def stretched(schedule: Schedule, factor: Fraction) -> Schedule:
    """The schedule with all its times multiplied: its value at step t is the old one at t / factor.

    Args:
        schedule: Bound.
        factor: More than 0.

    Raises:
        InvalidInput: It has a function of the user's own, which cannot be stretched, or it isn't bound.

    Example:
        >>> from ratecraft.schedules.builders.constructors import linear, warmup
        >>> stretched(warmup(10) >> linear(1, 0, 90), Fraction(2)).at(110)
        0.5
    """
    if schedule.needs_horizon:
        raise InvalidInput("schedule-unbound", schedule=repr(schedule))
    return cast("Schedule", _stretched(schedule, factor))


def rebind(
    schedule: Schedule,
    horizon: int,
    *,
    done: int,
    new_horizon: int,
    keep: Keep = "position",
    **known: float | None,
) -> Schedule:
    """The schedule of a run that has another number of steps than planned: its past stays, step for step.

    Args:
        schedule: The schedule as given originally, or bound to `horizon`.
        horizon: Optimizer steps as planned.
        done: Steps that are done.
        new_horizon: Optimizer steps that there will be; at least `done`.
        keep: What else stays. `position`: where the run is on the curve, so that no value jumps. Where the schedule's
            own lengths leave the past as it was, they decide (a stable phase that takes the rest becomes longer, and
            the decay keeps its length); what has no end and asks for no horizon goes on as it is; elsewhere what is
            left of the curve is stretched to what is left of the run. `tail`: the length of the last part, which must
            not have begun; what lies before it is stretched. `shape`: what a run of the new length would have had from
            here on, which may jump now.
        **known: As for `bind`.

    Raises:
        InvalidInput: Fewer steps than are done; nothing of the schedule is left to stretch; a function of the user's
            own is in what is stretched; there is no last part, it has begun, or the run can't hold it; or the shape
            can't be bound again.

    Example:
        >>> from ratecraft.schedules.builders.constructors import constant, cosine, linear, warmup
        >>> rebind(warmup(10) >> constant(1) >> linear(1, 0, 20), 100, done=50, new_horizon=200)
        warmup(10) >> constant(1, 170) >> linear(1, 0, 20)
        >>> longer = rebind(warmup(10) >> cosine(1, 0), 100, done=55, new_horizon=145)
        >>> longer
        (warmup(10) >> cosine(1, 0, 90)).lasting(55) >> (linear(0, 1, 20, offset=2) >> cosine(1, 0, 180)).shifted(110)
        >>> round(longer.at(55), 4), round(longer.at(100), 4), longer.at(145)
        (0.5, 0.1464, 0.0)
        >>> rebind(cosine(), 100, done=50, new_horizon=200, keep="shape").at(50)
        0.8535533905932737
    """
    planned = bind(schedule, horizon, **known)
    whole_number("done", done, most=horizon)
    if whole_number("new_horizon", new_horizon) < done:
        raise InvalidInput("schedule-rebind-past", done=done, given=new_horizon)
    if keep not in _KEPT:
        raise InvalidInput("schedule-rebind-keep", given=shown(keep), allowed=", ".join(_KEPT))
    if new_horizon == horizon or done == 0:
        return bind(schedule, new_horizon, **known)
    if keep == "shape":
        return _with_its_shape(schedule, planned, done, bind(schedule, new_horizon, **known))
    if keep == "tail":
        return _with_its_tail(planned, horizon, done, new_horizon)
    if not schedule.needs_horizon and schedule.takes_rest:
        return schedule
    if schedule.needs_horizon:
        anew = _bound_anew(schedule, new_horizon, known)
        if anew is not None and anew.curve(done).tolist() == planned.curve(done).tolist():
            return anew
    end = planned.extent(UNIT_HORIZON)
    if end is not None and end <= done:
        raise InvalidInput("schedule-rebind-over", schedule=repr(planned), end=float(end), done=done)
    if new_horizon == done:
        return planned.lasting(done)
    return planned.lasting(done) >> _rest(planned, done, Fraction(new_horizon - done, horizon - done))


def _with_its_shape(schedule: Schedule, planned: Schedule, done: int, anew: Schedule) -> Schedule:
    if not schedule.needs_horizon:
        raise InvalidInput("schedule-rebind-bound", schedule=repr(schedule))
    return planned.lasting(done) >> anew.shifted(done)


def _with_its_tail(planned: Schedule, horizon: int, done: int, new_horizon: int) -> Schedule:
    inner: Tree = planned
    while isinstance(inner, Affine):
        inner = inner.inner
    if not isinstance(inner, Seq):
        raise InvalidInput("schedule-rebind-no-tail", schedule=repr(planned))
    start = Fraction(inner.starts[-1])
    length = horizon - start
    if start < done or new_horizon - length < done:
        raise InvalidInput(
            "schedule-rebind-tail", tail=repr(inner.parts[-1]), start=float(start), done=done, given=new_horizon
        )
    past, tail, room = planned.lasting(done), planned.shifted(simplest(start)), simplest(new_horizon - length - done)
    if room == 0:
        return past >> tail
    if start == done:  # nothing lies between: its first value is held
        return past >> Const(planned.at(done), room) >> tail
    return past >> _rest(planned, done, Fraction(room) / (start - done)).lasting(room) >> tail


def _rest(planned: Schedule, done: int, factor: Fraction) -> Schedule:
    """The rest of the schedule after `done` steps, stretched by `factor`."""
    return stretched(planned, factor).shifted(simplest(done * factor))


def _bound_anew(schedule: Schedule, horizon: int, known: dict[str, float | None]) -> Schedule | None:
    try:
        return bind(schedule, horizon, **known)
    except InvalidInput:  # its lengths in steps are longer than the new run
        return None


def _stretched(node: Tree, factor: Fraction) -> Tree:
    if isinstance(node, Fn):
        raise InvalidInput("schedule-function-stretched", name=node.name)
    changed: dict[str, Any] = {}
    for field in fields(cast("Any", node)):
        value = getattr(node, field.name)
        if isinstance(value, Tree):
            changed[field.name] = _stretched(value, factor)
        elif isinstance(value, tuple) and field.init:
            changed[field.name] = tuple(_stretched(part, factor) for part in cast("tuple[Tree, ...]", value))
        elif field.name in _TIMES.get(type(node), ()) and value is not None:
            changed[field.name] = simplest(Fraction(cast("Steps", value)) * factor)
    return cast("Tree", replace(cast("Any", node), **changed))
