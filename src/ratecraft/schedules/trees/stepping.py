"""Compiles nodes to plain functions of the step, for loops that read a schedule at every step.

Path:   the numbers of a node (`Tree.compiled`) -> closures over them -> `Tree.at`, training loops, adapters.
Units:  a function takes a step of the node's own clock and gives scale · (the node's value there) + shift, to the last
        bit; both are taken down to the leaves, where they cost a multiplication and no call.

A join remembers the part that it read last, since steps mostly come in order; what it gives depends on the step only,
in every thread.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeAlias

from ratecraft.schedules.lengths import raised

Stepper: TypeAlias = Callable[[float], float]


def scaled(value_at: Stepper, scale: float, shift: float) -> Stepper:
    """Any function, scaled and lifted."""
    return value_at if scale == 1 and shift == 0 else lambda step: scale * value_at(step) + shift


def line(start: float, end: float, span: float, offset: float, scale: float, shift: float) -> Stepper:
    """A line from `start` to `end` over `span` steps, of which `offset` are gone; then `end` is held."""
    low, high = min(start, end), max(start, end)
    last = scale * end + shift

    def value_at(step: float) -> float:
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

    return value_at


def wave(start: float, end: float, span: float, offset: float, scale: float, shift: float) -> Stepper:
    """Half a cosine wave, as `line`."""
    low, high = min(start, end), max(start, end)
    last, quarter, sin = scale * end + shift, math.pi / 2, math.sin

    def value_at(step: float) -> float:
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

    return value_at


def exponential(factor: float, every: float, length: float, scale: float, shift: float) -> Stepper:
    """A power of `factor` that grows by one in `every` steps, up to the step `length`."""

    def value_at(step: float) -> float:
        return scale * raised(factor, (step if step < length else length) / every) + shift

    return value_at


def power(exponent: float, unit: float, offset: float, length: float, scale: float, shift: float) -> Stepper:
    """A power of the time in `unit` steps, of which `offset` are gone, up to the step `length`."""

    def value_at(step: float) -> float:
        return scale * raised(((step if step < length else length) + offset) / unit, exponent) + shift

    return value_at


def stairs(inner: Stepper, every: int, end: float) -> Stepper:
    """A function that is evaluated only every `every` steps, up to the step `end`."""
    return lambda step: inner((step if step < end else end) // every * every)


def join(starts: Sequence[float], parts: Sequence[Stepper]) -> Stepper:
    """One part after another, each on a clock that begins at its start."""
    ends = (*starts[1:], math.inf)
    now = (starts[0], ends[0], parts[0])

    def value_at(step: float) -> float:
        nonlocal now
        begin, end, part = now  # read at once: another thread may be elsewhere
        if not begin <= step < end:
            index = bisect_right(starts, step) - 1
            begin, end, part = now = starts[index], ends[index], parts[index]
        return part(step - begin)

    return value_at


def product(factors: Sequence[Stepper]) -> Stepper:
    """Factors multiplied from left to right."""
    if len(factors) == 2:
        first, second = factors
        return lambda step: first(step) * second(step)
    return lambda step: math.prod([factor(step) for factor in factors])


def cycles(inner: Stepper, length: int, end: float, held: float, decay: float, scale: float, shift: float) -> Stepper:
    """One cycle of `length` steps again and again up to the step `end`, then `held`; each `decay` times the last."""
    last = scale * held + shift

    def value_at(step: float) -> float:
        if step >= end:
            return last
        value = inner(step % length)
        if decay != 1:
            value = raised(decay, step // length) * value
        return scale * value + shift

    return value_at
