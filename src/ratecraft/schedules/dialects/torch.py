"""The schedulers of `torch.optim.lr_scheduler`.

Path:   the arguments of a torch scheduler, without its optimizer -> a tree.
Units:  steps are calls of `scheduler.step()`, from 0; `lr` is the rate of a parameter group as the optimizer was made.
Source: torch 2.13, torch/optim/lr_scheduler.py and torch/optim/swa_utils.py.

`LambdaLR` and `MultiplicativeLR` take functions, as `Fn`. `ReduceLROnPlateau` reads losses; it is not a function of
the step; its rule is among the plateau folds.
"""
# ruff: noqa: N802, N803 - the names are torch's

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import accumulate, pairwise
from operator import mul
from typing import Final, Literal, TypeAlias

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects.pieces import check_choice, in_turn, joined, scaled, stairs
from ratecraft.schedules.lengths import exact_number, steps, whole_number
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.trees.leaves import Exp, Segment
from ratecraft.schedules.trees.nodes import Affine, Const, Schedule
from ratecraft.schedules.trees.shapes import Cosine, Linear, Polynomial, Shape

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "SWALR",
    "SequentialLR",
    "StepLR",
]

Number: TypeAlias = int | float

_ANNEAL: Final[Mapping[str, Shape]] = {"cos": Cosine(), "linear": Linear()}
_MODES: Final = ("triangular", "triangular2", "exp_range")


def StepLR(step_size: int, gamma: float = 0.1, *, lr: float = 1.0) -> Schedule:
    """Values: lr · gamma^k after k · step_size steps, without end.

    Raises:
        InvalidInput: A gamma that isn't greater than 0, or no steps.

    Example:
        >>> StepLR(2, 0.5).curve(6).tolist()
        [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    return scaled(lr, Exp(gamma, step_size).quantise(step_size))


def MultiStepLR(milestones: Iterable[int], gamma: float = 0.1, *, lr: float = 1.0) -> Schedule:
    """The rate times gamma at each milestone; one that is given twice counts twice.

    Raises:
        InvalidInput: A milestone that is not a step, or a gamma that isn't finite.

    Example:
        >>> MultiStepLR([2, 3, 3], 0.5).curve(5).tolist()
        [1.0, 1.0, 0.5, 0.125, 0.125]
    """
    counted = sorted(Counter(whole_number("milestones", milestone) for milestone in milestones).items())
    heights = accumulate((gamma**times for _, times in counted), mul, initial=lr)
    return stairs(list(heights), [milestone for milestone, _ in counted])


def ConstantLR(factor: float = 1 / 3, total_iters: int = 5, *, lr: float = 1.0) -> Schedule:
    """Values: lr · factor for `total_iters` steps, then lr.

    Raises:
        InvalidInput: No length, or a factor that isn't finite.

    Example:
        >>> ConstantLR(0.5, 2).curve(4).tolist()
        [0.5, 0.5, 1.0, 1.0]
    """
    return Const(lr * factor, total_iters) >> Const(lr)


def LinearLR(
    start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5, *, lr: float = 1.0
) -> Schedule:
    """A line from lr · start_factor to lr · end_factor, which is held.

    Raises:
        InvalidInput: No length, or a factor that isn't finite.

    Example:
        >>> LinearLR(0.5, 1.0, 2).curve(4).tolist()
        [0.5, 0.75, 1.0, 1.0]
    """
    return Segment(lr * start_factor, lr * end_factor, total_iters)


def ExponentialLR(gamma: float, *, lr: float = 1.0) -> Schedule:
    """Values: lr · gamma^t, without end.

    Raises:
        InvalidInput: A gamma that isn't greater than 0.

    Example:
        >>> ExponentialLR(0.5).curve(4).tolist()
        [1.0, 0.5, 0.25, 0.125]
    """
    return scaled(lr, Exp(gamma))


def PolynomialLR(total_iters: int = 5, power: float = 1.0, *, lr: float = 1.0) -> Schedule:
    """Values: lr · (1 - t / total_iters)^power, then 0.

    Raises:
        InvalidInput: No length, or a power that isn't greater than 0.

    Example:
        >>> PolynomialLR(4, 2.0).curve(6).tolist()
        [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]
    """
    return Segment(lr, 0.0, total_iters, Polynomial(power))


def CosineAnnealingLR(T_max: int, eta_min: float = 0.0, *, lr: float = 1.0) -> Schedule:
    """A cosine wave from lr to `eta_min` in T_max steps that climbs back after it, as torch documents.

    Raises:
        InvalidInput: No length, or a rate that isn't finite.

    Example:
        >>> CosineAnnealingLR(2).curve(5).round(6).tolist()
        [1.0, 0.5, 0.0, 0.5, 1.0]
    """
    return Segment(lr, eta_min, steps(T_max), Cosine(), after="extend")


def CosineAnnealingWarmRestarts(T_0: int, T_mult: int = 1, eta_min: float = 0.0, *, lr: float = 1.0) -> Schedule:
    """Cosine waves from lr to `eta_min`, each T_mult times as long as the one before, without end.

    Raises:
        InvalidInput: No length, or a T_mult below 1.

    Example:
        >>> CosineAnnealingWarmRestarts(2, 2).curve(7).round(6).tolist()
        [1.0, 0.5, 1.0, 0.853553, 0.5, 0.146447, 1.0]
    """
    return Segment(lr, eta_min, whole_number("T_0", T_0, least=1), Cosine()).repeat(growth=T_mult)


def CyclicLR(
    base_lr: float,
    max_lr: float,
    step_size_up: Number = 2000,
    step_size_down: Number | None = None,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    gamma: float = 1.0,
    cycle_momentum: bool = True,
    base_momentum: float = 0.8,
    max_momentum: float = 0.9,
) -> ScheduleSet:
    """From base_lr up to max_lr and down again, without end; the momentum moves the opposite way.

    The optimizer's own rate is not used. `scale_fn` is not taken: multiply by an `Fn`.

    Raises:
        InvalidInput: No length, or an unknown mode.

    Example:
        >>> CyclicLR(0.1, 0.5, 2, cycle_momentum=False)["rate"].curve(5).round(6).tolist()
        [0.1, 0.3, 0.5, 0.3, 0.1]
    """
    check_choice("mode", mode, _MODES)
    up, down = steps(step_size_up), steps(step_size_up if step_size_down is None else step_size_down)
    cycle = Segment(0.0, 1.0, up) >> Segment(1.0, 0.0, down)
    wave = cycle.repeat(decay=0.5 if mode == "triangular2" else 1.0)
    if mode == "exp_range":
        wave *= Exp(gamma)
    cycled: dict[str, Schedule] = {"rate": Affine(max_lr - base_lr, wave, base_lr)}
    if cycle_momentum:
        cycled["momentum"] = Affine(base_momentum - max_momentum, wave, max_momentum)
    return ScheduleSet(cycled)


def OneCycleLR(
    max_lr: float,
    total_steps: int | None = None,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    pct_start: float = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    cycle_momentum: bool = True,
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
) -> ScheduleSet:
    """From max_lr / div_factor up to max_lr and down to max_lr / div_factor / final_div_factor; the momentum reversed.

    The last value is that of step total_steps - 1 and is held; the rise ends at pct_start · total_steps - 1, which may
    be between two steps. The optimizer's own rate is not used.

    Raises:
        InvalidInput: No length, a share outside of 0 to 1, or an unknown strategy.

    Example:
        >>> OneCycleLR(1.0, 11, pct_start=0.5, anneal_strategy="linear", div_factor=10)["rate"].at(10)
        1e-05
    """
    check_choice("anneal_strategy", anneal_strategy, _ANNEAL)
    total = _total_steps(total_steps, epochs, steps_per_epoch)
    share = exact_number("pct_start", pct_start)
    if not 0 <= share <= 1:
        raise InvalidInput("schedule-range", name="pct_start", given=pct_start, low=0, high=1)
    low, rise_end = max_lr / div_factor, Fraction(share) * total - 1
    ends = [rise_end, 2 * rise_end, Fraction(total - 1)] if three_phase else [rise_end, Fraction(total - 1)]
    rates = [low, max_lr, *([low] if three_phase else []), low / final_div_factor]
    cycled: dict[str, Schedule] = {"rate": _phases(rates, ends, _ANNEAL[anneal_strategy])}
    if cycle_momentum:
        momenta = [max_momentum, base_momentum, max_momentum, max_momentum][: len(rates)]
        cycled["momentum"] = _phases(momenta, ends, _ANNEAL[anneal_strategy])
    return ScheduleSet(cycled)


def SWALR(
    swa_lr: float, anneal_epochs: int = 10, anneal_strategy: Literal["cos", "linear"] = "cos", *, lr: float = 1.0
) -> Schedule:
    """From lr to `swa_lr` in `anneal_epochs` steps, and held there: `torch.optim.swa_utils.SWALR`.

    Raises:
        InvalidInput: A rate that isn't finite, no whole number of steps, or an unknown strategy.

    Example:
        >>> SWALR(0.5, 2, "linear").curve(4).tolist()
        [1.0, 0.75, 0.5, 0.5]
    """
    check_choice("anneal_strategy", anneal_strategy, _ANNEAL)
    if (length := whole_number("anneal_epochs", anneal_epochs)) == 0:
        return Const(swa_lr)
    return Segment(lr, swa_lr, length, _ANNEAL[anneal_strategy]) >> Const(swa_lr)


def SequentialLR(schedulers: Sequence[Schedule], milestones: Sequence[int]) -> Schedule:
    """One schedule after another, each from its own step 0: the next one begins at each milestone.

    Raises:
        InvalidInput: No schedules, or milestones that are not one fewer than these, or not ascending.

    Example:
        >>> SequentialLR([ConstantLR(0.5, 9), ExponentialLR(0.5)], [2]).curve(5).tolist()
        [0.5, 0.5, 1.0, 0.5, 0.25]
    """
    return in_turn(schedulers, [whole_number("milestones", milestone) for milestone in milestones])


def ChainedScheduler(schedulers: Sequence[Schedule]) -> Schedule:
    """The product of factors. Give one of them the rate `lr`, or multiply by it.

    Raises:
        InvalidInput: No schedules.

    Example:
        >>> ChainedScheduler([ConstantLR(0.5, 2), ExponentialLR(0.5)]).curve(4).tolist()
        [0.5, 0.25, 0.25, 0.125]
    """
    if not schedulers:
        raise InvalidInput("schedule-too-few-parts", given=0)
    return reduce(mul, schedulers)


def _phases(values: Sequence[float], ends: Sequence[Fraction], shape: Shape) -> Schedule:
    """From value to value. A phase that begins before step 0 is cut; one without steps is left out."""
    parts: list[Schedule] = []
    start = Fraction()
    for (first, last), end in zip(pairwise(values), ends, strict=True):
        begin = max(start, Fraction())
        if end > begin:
            parts.append(Segment(first, last, end - begin, shape, offset=begin - start, inset=start - begin))
        start = end
    return joined(parts) if parts else Const(values[-1])


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is not None:
        return whole_number("total_steps", total_steps, least=1)
    return whole_number("epochs", epochs, least=1) * whole_number("steps_per_epoch", steps_per_epoch, least=1)
