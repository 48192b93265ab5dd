"""The schedules of `optax.schedules`.

Path:   the arguments of an optax schedule -> a tree.
Units:  steps are counts of updates, from 0; values are the rates themselves.
Source: optax 0.2.8, optax/schedules/_schedule.py. optax computes in float32 unless jax has x64 switched on.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from operator import mul
from typing import Any, Literal

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects.pieces import check_choice, in_turn, joined, scaled, stairs
from ratecraft.schedules.lengths import whole_number
from ratecraft.schedules.trees.leaves import Exp, Segment
from ratecraft.schedules.trees.nodes import Const, Schedule
from ratecraft.schedules.trees.shapes import Cosine, Linear, Polynomial

__all__ = [
    "constant_schedule",
    "cosine_decay_schedule",
    "cosine_onecycle_schedule",
    "exponential_decay",
    "join_schedules",
    "linear_onecycle_schedule",
    "linear_schedule",
    "piecewise_constant_schedule",
    "piecewise_interpolate_schedule",
    "polynomial_schedule",
    "sgdr_schedule",
    "warmup_constant_schedule",
    "warmup_cosine_decay_schedule",
    "warmup_exponential_decay_schedule",
]


def constant_schedule(value: float) -> Schedule:
    """The value.

    Raises:
        InvalidInput: It isn't finite.

    Example:
        >>> constant_schedule(0.1).at(5)
        0.1
    """
    return Const(value)


def polynomial_schedule(
    init_value: float, end_value: float, power: float, transition_steps: int, transition_begin: int = 0
) -> Schedule:
    """A power from `init_value` to `end_value`, from step `transition_begin` on; constant if it has no steps.

    Raises:
        InvalidInput: A power that isn't greater than 0, or a value that isn't finite.

    Example:
        >>> polynomial_schedule(1.0, 0.0, 2, 4, transition_begin=1).curve(6).tolist()
        [1.0, 1.0, 0.5625, 0.25, 0.0625, 0.0]
    """
    if transition_steps <= 0:
        return Const(init_value)
    begin = max(transition_begin, 0)
    shape = Linear() if power == 1 else Polynomial(power)
    return Segment(init_value, end_value, begin + transition_steps, shape, offset=-begin, inset=begin)


def linear_schedule(init_value: float, end_value: float, transition_steps: int, transition_begin: int = 0) -> Schedule:
    """A line from `init_value` to `end_value`, from step `transition_begin` on; constant if it has no steps.

    Raises:
        InvalidInput: A value that isn't finite.

    Example:
        >>> linear_schedule(1.0, 0.0, 4).curve(6).tolist()
        [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    return polynomial_schedule(init_value, end_value, 1, transition_steps, transition_begin)


def piecewise_constant_schedule(
    init_value: float, boundaries_and_scales: Mapping[int, float] | None = None
) -> Schedule:
    """`init_value` times each scale from its boundary on.

    Raises:
        InvalidInput: A boundary that is not a step, or a scale that isn't finite.

    Example:
        >>> piecewise_constant_schedule(1.0, {2: 0.5, 3: 0.1}).curve(5).tolist()
        [1.0, 1.0, 0.5, 0.05, 0.05]
    """
    boundaries, values = _products(init_value, boundaries_and_scales)
    return stairs(values, boundaries)


def piecewise_interpolate_schedule(
    interpolate_type: Literal["linear", "cosine"],
    init_value: float,
    boundaries_and_scales: Mapping[int, float] | None = None,
) -> Schedule:
    """Like `piecewise_constant_schedule`, but interpolated between the boundaries.

    Raises:
        InvalidInput: An unknown type, a boundary that is not a step, or a scale that isn't finite.

    Example:
        >>> piecewise_interpolate_schedule("linear", 1.0, {2: 0.5, 4: 0.5}).curve(6).tolist()
        [1.0, 0.75, 0.5, 0.375, 0.25, 0.25]
    """
    shapes = {"linear": Linear(), "cosine": Cosine()}
    check_choice("interpolate_type", interpolate_type, shapes)
    boundaries, values = _products(init_value, boundaries_and_scales)
    shape = shapes[interpolate_type]
    ways = [
        Segment(first, last, later - earlier, shape)
        for (first, last), (earlier, later) in zip(pairwise(values), pairwise([0, *boundaries]), strict=True)
    ]
    return joined([*ways, Const(values[-1])])


def exponential_decay(
    init_value: float,
    transition_steps: int,
    decay_rate: float,
    transition_begin: int = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """`init_value` · decay_rate^((t - transition_begin) / transition_steps), for ever or to `end_value`.

    Constant if it has no steps, or a rate of 0.

    Raises:
        InvalidInput: A negative rate, or a value that isn't finite.

    Example:
        >>> exponential_decay(1.0, 2, 0.25, staircase=True, end_value=0.1).curve(6).tolist()
        [1.0, 1.0, 0.25, 0.25, 0.1, 0.1]
    """
    if transition_steps <= 0 or decay_rate == 0:
        return Const(init_value)
    decay: Schedule = Exp(decay_rate, transition_steps)
    decay = scaled(init_value, decay.quantise(transition_steps) if staircase else decay)
    decay = Const(init_value, transition_begin) >> decay if transition_begin > 0 else decay
    if end_value is None:
        return decay
    return decay.max(end_value) if decay_rate < 1 else decay.min(end_value)


def cosine_decay_schedule(init_value: float, decay_steps: int, alpha: float = 0.0, exponent: float = 1.0) -> Schedule:
    """Half a cosine wave, to the power of `exponent`, from `init_value` to alpha · init_value.

    Raises:
        InvalidInput: No length, or a value that isn't finite.

    Example:
        >>> cosine_decay_schedule(1.0, 2, alpha=0.2).curve(4).round(6).tolist()
        [1.0, 0.6, 0.2, 0.2]
    """
    length = whole_number("decay_steps", decay_steps, least=1)
    return Segment(init_value, alpha * init_value, length, Cosine(power=exponent))


def warmup_constant_schedule(init_value: float, peak_value: float, warmup_steps: int) -> Schedule:
    """Up to `peak_value`, which is held.

    Raises:
        InvalidInput: A value that isn't finite.

    Example:
        >>> warmup_constant_schedule(0.0, 1.0, 2).curve(4).tolist()
        [0.0, 0.5, 1.0, 1.0]
    """
    return linear_schedule(init_value, peak_value, warmup_steps)


def warmup_cosine_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: int,
    decay_steps: int,
    end_value: float = 0.0,
    exponent: float = 1.0,
) -> Schedule:
    """Up to `peak_value`, and down to `end_value` at step `decay_steps`, which counts the warm-up in.

    Raises:
        InvalidInput: A warm-up that isn't shorter than `decay_steps`, or a value that isn't finite.

    Example:
        >>> warmup_cosine_decay_schedule(0.0, 1.0, 2, 4).curve(6).round(6).tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """
    warmup = whole_number("warmup_steps", warmup_steps)
    length = whole_number("decay_steps", decay_steps, least=warmup + 1) - warmup
    lowest = end_value if peak_value else 0.0
    return Segment(init_value, peak_value, warmup) >> Segment(peak_value, lowest, length, Cosine(power=exponent))


def warmup_exponential_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: int,
    transition_steps: int,
    decay_rate: float,
    transition_begin: int = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """Up to `peak_value`, and down by `exponential_decay`, whose steps count from the end of the warm-up.

    Raises:
        InvalidInput: No length, a negative rate, or a value that isn't finite.

    Example:
        >>> warmup_exponential_decay_schedule(0.0, 1.0, 2, 1, 0.5).curve(5).tolist()
        [0.0, 0.5, 1.0, 0.5, 0.25]
    """
    decay = exponential_decay(peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value)
    return Segment(init_value, peak_value, whole_number("warmup_steps", warmup_steps)) >> decay


def linear_onecycle_schedule(
    transition_steps: int,
    peak_value: float,
    pct_start: float = 0.3,
    pct_final: float = 0.85,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Lines up to the peak, back to peak / div_factor, and on to peak / div_factor / final_div_factor.

    The shares are cut to whole steps, as optax cuts them: of 100 steps, 0.29 is 28.

    Raises:
        InvalidInput: No length, or a value that isn't finite.

    Example:
        >>> linear_onecycle_schedule(10, 1.0, div_factor=10).curve(11)[[0, 3, 8, 10]].round(6).tolist()
        [0.1, 1.0, 0.1, 1e-05]
    """
    total = whole_number("transition_steps", transition_steps, least=1)
    knots = {int(pct_start * total): div_factor, int(pct_final * total): 1 / div_factor, total: 1 / final_div_factor}
    return piecewise_interpolate_schedule("linear", peak_value / div_factor, knots)


def cosine_onecycle_schedule(
    transition_steps: int,
    peak_value: float,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Half waves up to the peak, and down to peak / div_factor / final_div_factor.

    Raises:
        InvalidInput: No length, or a value that isn't finite.

    Example:
        >>> cosine_onecycle_schedule(10, 1.0, div_factor=10).curve(11)[[0, 3, 10]].round(6).tolist()
        [0.1, 1.0, 1e-05]
    """
    total = whole_number("transition_steps", transition_steps, least=1)
    knots = {int(pct_start * total): div_factor, total: 1 / (div_factor * final_div_factor)}
    return piecewise_interpolate_schedule("cosine", peak_value / div_factor, knots)


def sgdr_schedule(cosine_kwargs: Iterable[Mapping[str, Any]]) -> Schedule:
    """One `warmup_cosine_decay_schedule` after another, each for its `decay_steps`.

    Raises:
        InvalidInput: No cycles, or arguments that the cycles don't take.

    Example:
        >>> cycle = {"init_value": 0.5, "peak_value": 1.0, "warmup_steps": 1, "decay_steps": 3}
        >>> sgdr_schedule([cycle, cycle]).curve(6).round(6).tolist()
        [0.5, 1.0, 0.5, 0.5, 1.0, 0.5]
    """
    try:
        cycles = [warmup_cosine_decay_schedule(**kwarg) for kwarg in cosine_kwargs]
    except TypeError as error:
        raise InvalidInput("dialect-arguments", name="sgdr_schedule", text=str(error)) from None
    if not cycles:
        raise InvalidInput("schedule-too-few-parts", given=0)
    return joined(cycles)


def join_schedules(schedules: Sequence[Schedule], boundaries: Sequence[int]) -> Schedule:
    """One schedule after another, each from its own step 0: the next one begins at each boundary.

    Raises:
        InvalidInput: The boundaries are not one fewer than the schedules, or not ascending.

    Example:
        >>> join_schedules([constant_schedule(1.0), linear_schedule(0.5, 0.0, 2)], [2]).curve(5).tolist()
        [1.0, 1.0, 0.5, 0.25, 0.0]
    """
    return in_turn(schedules, [whole_number("boundaries", boundary) for boundary in boundaries])


def _products(init_value: float, boundaries_and_scales: Mapping[int, float] | None) -> tuple[list[int], list[float]]:
    """The boundaries in order, and the value before each and after the last."""
    ordered = sorted((boundaries_and_scales or {}).items())
    boundaries = [whole_number("boundaries_and_scales", boundary) for boundary, _ in ordered]
    return boundaries, list(accumulate((scale for _, scale in ordered), mul, initial=init_value))
