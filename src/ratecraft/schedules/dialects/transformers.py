"""The schedules of `transformers.optimization`, which `Trainer` selects by `lr_scheduler_type`.

Path:   the arguments of a transformers factory, without its optimizer -> a tree.
Units:  steps are optimizer steps; `lr` is the optimizer's default rate, `optimizer.defaults["lr"]`: `lr_end` and
        `min_lr` count as shares of it, so a group with a rate of its own ends at that share of its own.
Source: transformers 5.24, transformers/optimization.py.

Warm-up is step / num_warmup_steps, so the first step has rate 0. `GreedyLR` and the plateau schedule read losses and
are not functions of the step.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final, Literal

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects.pieces import check_choice, scaled
from ratecraft.schedules.lengths import exact_number, positive_number, steps, whole_number
from ratecraft.schedules.trees.leaves import Power, Segment
from ratecraft.schedules.trees.nodes import Const, Schedule
from ratecraft.schedules.trees.shapes import Cosine, Linear, Polynomial, Shape

__all__ = [
    "get_constant_schedule",
    "get_constant_schedule_with_warmup",
    "get_cosine_schedule_with_warmup",
    "get_cosine_with_hard_restarts_schedule_with_warmup",
    "get_cosine_with_min_lr_schedule_with_warmup",
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate",
    "get_inverse_sqrt_schedule",
    "get_linear_schedule_with_warmup",
    "get_polynomial_decay_schedule_with_warmup",
    "get_scheduler",
    "get_wsd_schedule",
]

_USUAL_TIMESCALE: Final = 10_000

_Type = Literal["linear", "cosine", "1-sqrt"]


def get_constant_schedule(*, lr: float = 1.0) -> Schedule:
    """The rate, constant.

    Raises:
        InvalidInput: A rate that isn't finite.

    Example:
        >>> get_constant_schedule(lr=0.1).at(7)
        0.1
    """
    return Const(lr)


def get_constant_schedule_with_warmup(num_warmup_steps: int, *, lr: float = 1.0) -> Schedule:
    """Up from 0 to lr, which is held.

    Raises:
        InvalidInput: No length.

    Example:
        >>> get_constant_schedule_with_warmup(2).curve(4).tolist()
        [0.0, 0.5, 1.0, 1.0]
    """
    return Segment(0.0, lr, num_warmup_steps)


def get_linear_schedule_with_warmup(num_warmup_steps: int, num_training_steps: int, *, lr: float = 1.0) -> Schedule:
    """Up from 0 to lr, then a line down to 0.

    Raises:
        InvalidInput: No length.

    Example:
        >>> get_linear_schedule_with_warmup(2, 4).curve(6).tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """
    rest = _after_warmup(num_warmup_steps, num_training_steps)
    return _warmup(num_warmup_steps, lr) >> Segment(lr, 0.0, rest)


def get_cosine_schedule_with_warmup(
    num_warmup_steps: int, num_training_steps: int, num_cycles: float = 0.5, *, lr: float = 1.0
) -> Schedule:
    """Up from 0 to lr, and `num_cycles` whole cosine waves, half a one by default; after the end they go on.

    Raises:
        InvalidInput: No length, or no waves.

    Example:
        >>> get_cosine_schedule_with_warmup(2, 4).curve(7).round(6).tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0, 0.5, 1.0]
    """
    return get_cosine_with_min_lr_schedule_with_warmup(
        num_warmup_steps, num_training_steps, num_cycles, min_lr_rate=0.0, lr=lr
    )


def get_cosine_with_hard_restarts_schedule_with_warmup(
    num_warmup_steps: int, num_training_steps: int, num_cycles: float = 1, *, lr: float = 1.0
) -> Schedule:
    """Up from 0 to lr, and `num_cycles` times half a cosine wave down from lr to 0; then 0.

    Raises:
        InvalidInput: No length, or no cycles.

    Example:
        >>> get_cosine_with_hard_restarts_schedule_with_warmup(1, 5, 2).curve(7).round(6).tolist()
        [0.0, 1.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """
    rest = _after_warmup(num_warmup_steps, num_training_steps)
    cycle = Fraction(max(rest, 1)) / Fraction(exact_number("num_cycles", positive_number("num_cycles", num_cycles)))
    waves = Segment(lr, 0.0, steps(cycle), Cosine()).repeat().lasting(max(rest, 1))
    return _warmup(num_warmup_steps, lr) >> waves >> Const(0.0)


def get_polynomial_decay_schedule_with_warmup(
    num_warmup_steps: int, num_training_steps: int, lr_end: float = 1e-7, power: float = 1.0, *, lr: float = 1.0
) -> Schedule:
    """Up from 0 to lr, then a power down to `lr_end`, which must be smaller.

    Raises:
        InvalidInput: No length, or a power that isn't greater than 0.

    Example:
        >>> get_polynomial_decay_schedule_with_warmup(0, 4, 0.0, 2.0).curve(5).tolist()
        [1.0, 0.5625, 0.25, 0.0625, 0.0]
    """
    rest = _after_warmup(num_warmup_steps, num_training_steps)
    return _warmup(num_warmup_steps, lr) >> Segment(lr, lr_end, rest, Polynomial(power))


def get_inverse_sqrt_schedule(num_warmup_steps: int, timescale: int | None = None, *, lr: float = 1.0) -> Schedule:
    """Up from 0 to lr, and down with the inverse square root of the steps, without end.

    `timescale` is `num_warmup_steps` by default, or 10 000 if there is no warm-up.

    Raises:
        InvalidInput: No length.

    Example:
        >>> get_inverse_sqrt_schedule(4).at(16)
        0.5
    """
    scale = timescale or num_warmup_steps or _USUAL_TIMESCALE
    return _warmup(num_warmup_steps, lr) >> scaled(lr, Power(-0.5, scale, scale))


def get_cosine_with_min_lr_schedule_with_warmup(
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
    *,
    lr: float = 1.0,
) -> Schedule:
    """Up from 0 to lr, and `num_cycles` whole cosine waves between lr and `min_lr`; after the end they go on.

    Raises:
        InvalidInput: No length, no waves, or not just one of `min_lr` and `min_lr_rate`.

    Example:
        >>> get_cosine_with_min_lr_schedule_with_warmup(0, 2, min_lr_rate=0.2).curve(3).round(6).tolist()
        [1.0, 0.6, 0.2]
    """
    low = _lowest(min_lr, min_lr_rate, lr)
    rest = max(whole_number("num_training_steps", num_training_steps) - num_warmup_steps, 1)
    return _warmup(num_warmup_steps, lr) >> Segment(lr, low, rest, Cosine(num_cycles), after="extend")


def get_cosine_with_min_lr_schedule_with_warmup_lr_rate(
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
    warmup_lr_rate: float | None = None,
    *,
    lr: float = 1.0,
) -> Schedule:
    """As the one above, one step ahead: it warms up from lr / num_warmup_steps and has `min_lr` at the last step.

    With `warmup_lr_rate` the warm-up begins at this share of lr and reaches lr at its last step.

    Raises:
        InvalidInput: No length, no waves, or not just one of `min_lr` and `min_lr_rate`.

    Example:
        >>> get_cosine_with_min_lr_schedule_with_warmup_lr_rate(2, 4, min_lr_rate=0.2).curve(4).round(6).tolist()
        [0.5, 1.0, 0.6, 0.2]
    """
    low = _lowest(min_lr, min_lr_rate, lr)
    rest = max(whole_number("num_training_steps", num_training_steps) - num_warmup_steps, 1)
    if warmup_lr_rate is None:
        warmup = Segment(0.0, lr, num_warmup_steps, offset=1)
    elif num_warmup_steps == 1:
        warmup = Const(lr * warmup_lr_rate, 1)
    else:
        warmup = Segment(lr * warmup_lr_rate, lr, num_warmup_steps, inset=1)
    return warmup >> Segment(lr, low, rest, Cosine(num_cycles), offset=1, after="extend")


def get_wsd_schedule(
    num_warmup_steps: int,
    num_decay_steps: int,
    num_training_steps: int | None = None,
    num_stable_steps: int | None = None,
    warmup_type: _Type = "linear",
    decay_type: _Type = "cosine",
    min_lr_ratio: float = 0.0,
    num_cycles: float = 0.5,
    *,
    lr: float = 1.0,
) -> Schedule:
    """Up from lr · min_lr_ratio to lr, constant, and down again.

    The stable steps are `num_stable_steps`, or what the others leave of `num_training_steps`.

    Raises:
        InvalidInput: No length, an unknown type, or neither of `num_training_steps` and `num_stable_steps`.

    Example:
        >>> get_wsd_schedule(2, 2, 6, decay_type="linear").curve(8).tolist()
        [0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0, 0.0]
    """
    up: Mapping[str, Shape] = {"linear": Linear(), "cosine": Cosine(), "1-sqrt": Polynomial(power=0.5)}
    down: Mapping[str, Shape] = {
        "linear": Linear(),
        "cosine": Cosine(num_cycles),
        "1-sqrt": Polynomial(power=1.0, bend=0.5),
    }
    check_choice("warmup_type", warmup_type, up)
    check_choice("decay_type", decay_type, down)
    if num_stable_steps is None:
        total = whole_number("num_training_steps", num_training_steps)
        num_stable_steps = total - num_warmup_steps - num_decay_steps
    low, gone = lr * min_lr_ratio, max(-num_stable_steps, 0)  # if there is no room, the decay begins part-way
    warmup = Segment(low, lr, num_warmup_steps, up[warmup_type])
    decay = Segment(lr, low, max(num_decay_steps - gone, 0), down[decay_type], offset=gone, inset=-gone)
    return warmup >> Const(lr, max(num_stable_steps, 0)) >> decay >> Const(low)


def get_scheduler(
    name: str,
    num_warmup_steps: int | None = None,
    num_training_steps: int | None = None,
    scheduler_specific_kwargs: Mapping[str, Any] | None = None,
    *,
    lr: float = 1.0,
) -> Schedule:
    """The schedule of a name of `lr_scheduler_type`.

    Raises:
        InvalidInput: An unknown name, or an argument that the schedule needs and doesn't have, or the other way round.

    Example:
        >>> get_scheduler("linear", 2, 4).curve(6).tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """
    check_choice("name", name, _BY_NAME)
    given = {"num_warmup_steps": num_warmup_steps, "num_training_steps": num_training_steps}
    known = {name: value for name, value in given.items() if value is not None}
    used = {"constant": (), "constant_with_warmup": ("num_warmup_steps",), "inverse_sqrt": ("num_warmup_steps",)}
    known = {keyword: value for keyword, value in known.items() if keyword in used.get(name, given)}
    try:
        return _BY_NAME[name](**known, **(scheduler_specific_kwargs or {}), lr=lr)
    except TypeError as error:
        raise InvalidInput("dialect-arguments", name=name, text=str(error)) from None


_BY_NAME: Final[Mapping[str, Callable[..., Schedule]]] = {
    "constant": get_constant_schedule,
    "constant_with_warmup": get_constant_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
    "cosine_warmup_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup_lr_rate,
    "cosine_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup,
    "cosine_with_restarts": get_cosine_with_hard_restarts_schedule_with_warmup,
    "inverse_sqrt": get_inverse_sqrt_schedule,
    "linear": get_linear_schedule_with_warmup,
    "polynomial": get_polynomial_decay_schedule_with_warmup,
    "warmup_stable_decay": get_wsd_schedule,
}


def _warmup(num_warmup_steps: int, lr: float) -> Schedule:
    return Segment(0.0, lr, whole_number("num_warmup_steps", num_warmup_steps))


def _after_warmup(num_warmup_steps: int, num_training_steps: int) -> int:
    return max(whole_number("num_training_steps", num_training_steps) - num_warmup_steps, 0)


def _lowest(min_lr: float | None, min_lr_rate: float | None, lr: float) -> float:
    if (min_lr is None) == (min_lr_rate is None):
        raise InvalidInput("dialect-one-of", first="min_lr", second="min_lr_rate")
    return lr * min_lr_rate if min_lr_rate is not None else min_lr or 0.0
