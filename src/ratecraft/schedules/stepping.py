"""A schedule as one plain function of the step, for loops that read it at every step.

Path:   a bound tree -> closures over numbers -> training loops, adapters.
Units:  the function takes an optimizer step and gives the schedule's value there; it equals `Schedule.at`, without its
        checks, in a fraction of the time.

A join remembers the part that it read last, since steps mostly come in order; what it gives depends on the step only.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from typing import TypeAlias

from ratecraft.errors import InvalidInput
from ratecraft.schedules.leaves import Segment
from ratecraft.schedules.lengths import plain_number
from ratecraft.schedules.nodes import Affine, Const, Mul, Repeat, Schedule, Seq
from ratecraft.schedules.shapes import Cosine, Linear
from ratecraft.schedules.tree import Tree

__all__ = ["stepper"]

Stepper: TypeAlias = Callable[[float], float]


def stepper(schedule: Schedule) -> Stepper:
    """The function of a bound schedule.

    Raises:
        InvalidInput: It isn't bound to a horizon and needs one.

    Example:
        >>> from ratecraft.schedules.constructors import linear, warmup
        >>> rate = stepper(0.1 * (warmup(2) >> linear(1, 0, 8)))
        >>> rate(0), rate(1), rate(6), rate(10)
        (0.05, 0.1, 0.05, 0.0)
    """
    if schedule.needs_horizon:
        raise InvalidInput("schedule-unbound", schedule=repr(schedule))
    return _compiled(schedule, 1.0, 0.0)


def _compiled(node: Tree, scale: float, shift: float) -> Stepper:
    """Scale · node + shift, with both taken down to the leaves, where they cost a multiplication and no call."""
    match node:
        case Const():
            value = scale * node.value + shift
            return lambda step: value
        case Segment() if node.after == "hold" and node.span > 0 and isinstance(node.shape, Linear):
            return _line(node, scale, shift)
        case Segment() if node.after == "hold" and node.span > 0 and node.shape == Cosine():
            return _cosine(node, scale, shift)
        case Affine() if scale == 1 and shift == 0:
            return _compiled(node.inner, node.scale, node.shift)
        case Seq():
            return _join(node.starts, [_compiled(part, scale, shift) for part in node.parts])
        case Mul() if scale == 1 and shift == 0 and len(node.factors) == 2:
            first, second = (_compiled(factor, 1.0, 0.0) for factor in node.factors)
            return lambda step: first(step) * second(step)
        case Repeat() if node.growth == 1 and node.clock is not None and node.clock.length.denominator == 1:
            return _cycles(node, node.clock.length.numerator, scale, shift)
        case _:
            value_at = node.value_at
            return value_at if scale == 1 and shift == 0 else lambda step: scale * value_at(step) + shift


def _line(node: Segment, scale: float, shift: float) -> Stepper:
    start, end, span, offset = node.start, node.end, node.span, plain_number(node.offset)
    low, high = min(start, end), max(start, end)
    last = scale * end + shift

    def line(step: float) -> float:
        done = step + offset
        if done >= span:
            return last
        if done < 0:
            done = 0
        value = start * ((span - done) / span) + end * (done / span)
        if value > high:
            value = high
        elif value < low:
            value = low
        return scale * value + shift

    return line


def _cosine(node: Segment, scale: float, shift: float) -> Stepper:
    start, end, span, offset = node.start, node.end, node.span, plain_number(node.offset)
    low, high = min(start, end), max(start, end)
    last, quarter, sin = scale * end + shift, math.pi / 2, math.sin

    def wave(step: float) -> float:
        done = step + offset
        if done >= span:
            return last
        if done < 0:
            done = 0
        fall, rise = sin(quarter * ((span - done) / span)), sin(quarter * (done / span))
        value = start * (fall * fall) + end * (rise * rise)
        if value > high:
            value = high
        elif value < low:
            value = low
        return scale * value + shift

    return wave


def _join(starts: tuple[int | float, ...], parts: list[Stepper]) -> Stepper:
    ends = (*starts[1:], math.inf)
    begin, end, part = starts[0], ends[0], parts[0]

    def join(step: float) -> float:
        nonlocal begin, end, part
        if not begin <= step < end:
            index = bisect_right(starts, step) - 1
            begin, end, part = starts[index], ends[index], parts[index]
        return part(step - begin)

    return join


def _cycles(node: Repeat, length: int, scale: float, shift: float) -> Stepper:
    inner, decay = _compiled(node.inner, 1.0, 0.0), node.decay
    end = min(node.limit, math.inf if node.cycles is None else node.cycles * length)
    held = scale * node.held + shift

    def cycles(step: float) -> float:
        if step >= end:
            return held
        value = inner(step % length)
        if decay != 1:
            value = math.pow(decay, step // length) * value
        return scale * value + shift

    return cycles
