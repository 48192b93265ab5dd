"""The schedulers of `timm.scheduler`.

Path:   the arguments of a timm scheduler, without its optimizer -> a tree.
Units:  steps are calls of `step(t)` or, with `t_in_epochs=False`, of `step_update(t)`, from 0; `lr` is the rate of a
        parameter group as the optimizer was made. A group with `lr_scale` has all of it, the floor too, times that.
Source: timm 1.0.31, timm/scheduler/. Its noise, drawn from torch's generator, is left out, and so is
        `PlateauLRScheduler`, which reads losses.

With `warmup_prefix` the curve follows the warm-up; without it the curve begins at step 0, and the warm-up hides its
head.
"""
# ruff: noqa: N802 - the names are timm's

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from operator import mul
from typing import Final, Literal

from ratecraft.schedules.dialects.pieces import check_choice, joined, scaled, stairs
from ratecraft.schedules.lengths import exact_number, positive_number, simplest, steps, whole_number
from ratecraft.schedules.trees.leaves import Exp, Power, Segment
from ratecraft.schedules.trees.nodes import Const, Mul, Schedule, Shift
from ratecraft.schedules.trees.shapes import Cosine, Linear, Polynomial, Saturating, Shape, Tanh

__all__ = [
    "CosineLRScheduler",
    "MultiStepLRScheduler",
    "PolyLRScheduler",
    "StepLRScheduler",
    "TanhLRScheduler",
    "WSDLRScheduler",
]

_STABLE: Final = ("constant", "rsqrt", "power")


def CosineLRScheduler(
    t_initial: int,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    k_decay: float = 1.0,
    *,
    lr: float = 1.0,
) -> Schedule:
    """Half cosine waves from lr to `lr_min`, `cycle_limit` of them, each longer and lower; then `lr_min`.

    Raises:
        InvalidInput: No length, a cycle_mul below 1, or a rate that isn't finite.

    Example:
        >>> CosineLRScheduler(2, cycle_limit=2).curve(5).round(6).tolist()
        [1.0, 0.5, 1.0, 0.5, 0.0]
    """
    cycles = _cycles(Cosine(bend=k_decay), t_initial, lr, lr_min, cycle_mul, cycle_decay, cycle_limit)
    return _warmed(cycles, lr, warmup_t, warmup_lr_init, warmup_prefix)


def PolyLRScheduler(
    t_initial: int,
    power: float = 0.5,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    k_decay: float = 1.0,
    *,
    lr: float = 1.0,
) -> Schedule:
    """Like the cosine, but by a power: lr_min + (lr - lr_min) · (1 - u^k_decay)^power.

    Raises:
        InvalidInput: No length, a cycle_mul below 1, or a rate that isn't finite.

    Example:
        >>> PolyLRScheduler(2, power=2.0).curve(3).tolist()
        [1.0, 0.25, 0.0]
    """
    cycles = _cycles(Polynomial(power, k_decay), t_initial, lr, lr_min, cycle_mul, cycle_decay, cycle_limit)
    return _warmed(cycles, lr, warmup_t, warmup_lr_init, warmup_prefix)


def TanhLRScheduler(
    t_initial: int,
    lb: float = -7.0,
    ub: float = 3.0,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    *,
    lr: float = 1.0,
) -> Schedule:
    """Like the cosine, with a hyperbolic tangent that isn't stretched: it begins below lr and ends above `lr_min`.

    Raises:
        InvalidInput: No length, a cycle_mul below 1, or a rate that isn't finite.

    Example:
        >>> TanhLRScheduler(2).curve(3).round(6).tolist()
        [1.0, 0.982014, 0.0]
    """
    parts: list[Schedule] = []
    for length, high in _each_cycle(t_initial, lr, cycle_mul, cycle_decay, cycle_limit):
        first, last = (lr_min + (high - lr_min) * (1 - math.tanh(bound)) / 2 for bound in (lb, ub))
        parts.append(Segment(first, last, length, Tanh(lb, ub)))
    curve = joined([*parts, Const(lr_min)])
    if warmup_t == 0:
        return Const(lr, 1) >> Shift(curve, 1)  # its constructor doesn't write: the first step has the optimizer's rate
    target = lr if warmup_prefix else curve.at(warmup_t)
    return _warmed(curve, target, warmup_t, warmup_lr_init, warmup_prefix)


def StepLRScheduler(
    decay_t: float,
    decay_rate: float = 1.0,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
    *,
    lr: float = 1.0,
) -> Schedule:
    """Values: lr · decay_rate^k after k · decay_t steps, without end. `decay_t` may be a fraction, as 2.4 epochs are.

    Raises:
        InvalidInput: No length, or a rate that isn't greater than 0.

    Example:
        >>> StepLRScheduler(2, 0.5).curve(5).tolist()
        [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    positive_number("decay_t", decay_t)
    every = simplest(Fraction(decay_t))  # the float itself and not the decimal that was written, as timm divides by it
    curve = scaled(lr, Exp(decay_rate, every).quantise(every))
    return _warmed(curve, lr, warmup_t, warmup_lr_init, warmup_prefix)


def MultiStepLRScheduler(
    decay_t: Sequence[int],
    decay_rate: float = 1.0,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
    *,
    lr: float = 1.0,
) -> Schedule:
    """The rate times decay_rate at each milestone, one step before it: timm counts from 1 there, as it documents.

    Raises:
        InvalidInput: A milestone that is not a step, or milestones that are not ascending.

    Example:
        >>> MultiStepLRScheduler([2, 4], 0.5).curve(5).tolist()
        [1.0, 0.5, 0.5, 0.25, 0.25]
    """
    milestones = [max(whole_number("decay_t", milestone) - 1, 0) for milestone in decay_t]
    heights = list(accumulate([decay_rate] * len(milestones), mul, initial=lr))
    curve = stairs(heights, milestones)
    if warmup_t == 0 and milestones[:1] == [0]:
        return Const(lr, 1) >> Shift(curve, 1)  # its constructor doesn't write: the first step has the optimizer's rate
    return _warmed(curve, lr, warmup_t, warmup_lr_init, warmup_prefix)


def WSDLRScheduler(
    t_initial: int,
    decay_t: int,
    lr_min: float = 0.0,
    stable_fn: Literal["constant", "rsqrt", "power"] = "constant",
    stable_timescale: float | None = None,
    stable_power: float = 0.5,
    decay_fn: Literal["linear", "1-sqrt", "cosine", "power", "exp"] = "1-sqrt",
    decay_power: float = 0.5,
    decay_ratio: float = 0.1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    *,
    lr: float = 1.0,
) -> Schedule:
    """Warm-up, then `t_initial` steps of which the last `decay_t` go down to `lr_min`.

    A stable phase that falls goes on falling under the decay, but never below `lr_min`.

    Raises:
        InvalidInput: No length, an unknown function, or a decay that is longer than `t_initial`.

    Example:
        >>> WSDLRScheduler(4, 2, decay_fn="linear", warmup_t=2).curve(7).tolist()
        [0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0]
    """
    decays: Mapping[str, Shape] = {
        "linear": Linear(),
        "1-sqrt": Polynomial(power=1.0, bend=0.5),
        "cosine": Cosine(),
        "power": Polynomial(power=1.0, bend=decay_power),
        "exp": Saturating(decay_ratio),
    }
    check_choice("stable_fn", stable_fn, _STABLE)
    check_choice("decay_fn", decay_fn, decays)
    length = whole_number("t_initial", t_initial, least=1)
    decay_length = whole_number("decay_t", decay_t, least=1, most=length)
    stable: Schedule = Const(max(lr, lr_min))
    if stable_fn != "constant":
        pace = exact_number("stable_timescale", warmup_t if stable_timescale is None else stable_timescale)
        fall = Power(-0.5 if stable_fn == "rsqrt" else -stable_power, pace, pace)
        stable = scaled(lr, fall).max(lr_min)
    decay = Segment(1.0, 0.0, decay_length, decays[decay_fn])
    left = Const(1.0, length - decay_length) >> decay if length > decay_length else decay
    above = stable - lr_min if lr_min else stable
    curve = Mul((above, left)) + lr_min if lr_min else Mul((above, left))
    return _warmed(curve, lr, warmup_t, warmup_lr_init, prefix=True)


def _each_cycle(
    t_initial: int, lr: float, cycle_mul: float, cycle_decay: float, cycle_limit: int
) -> list[tuple[Fraction, float]]:
    """Length and highest rate of each cycle, the lengths exactly."""
    first, growth = whole_number("t_initial", t_initial, least=1), Fraction(exact_number("cycle_mul", cycle_mul))
    cycles = range(whole_number("cycle_limit", cycle_limit, least=1, most=10_000))
    return [(Fraction(first * growth**cycle), lr * cycle_decay**cycle) for cycle in cycles]


def _cycles(
    shape: Shape, t_initial: int, lr: float, lr_min: float, cycle_mul: float, cycle_decay: float, cycle_limit: int
) -> Schedule:
    """Every cycle from its own height down to the same floor."""
    if cycle_decay == 1 or lr_min == 0:
        wave = Segment(lr, lr_min, whole_number("t_initial", t_initial, least=1), shape)
        return wave.repeat(cycle_limit, cycle_mul, cycle_decay, after=lr_min)
    each = _each_cycle(t_initial, lr, cycle_mul, cycle_decay, cycle_limit)
    return joined([*(Segment(high, lr_min, steps(length), shape) for length, high in each), Const(lr_min)])


def _warmed(curve: Schedule, target: float, warmup_t: int, warmup_lr_init: float, prefix: bool) -> Schedule:
    """The curve after a warm-up, or with its head hidden by one."""
    length = whole_number("warmup_t", warmup_t)
    if length == 0:
        return curve
    return Segment(warmup_lr_init, target, length) >> (curve if prefix else Shift(curve, length))
