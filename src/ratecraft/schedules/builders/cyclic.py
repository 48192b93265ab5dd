"""Schedules that go up and down: warm restarts, triangles, one cycle.

Path:   Python calls, and names in an expression -> trees; one cycle is a set of two of them.
Units:  lengths as in `constructors`; values are factors of the peak rate.
Source: the usual values are those of the papers and libraries named at each.
"""

from fractions import Fraction
from typing import Final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear
from ratecraft.schedules.lengths import Epochs, Length, Samples, Tokens, length_of, simplest
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.trees.leaves import Segment
from ratecraft.schedules.trees.nodes import Const, Schedule, Seq
from ratecraft.schedules.trees.shapes import shape_of


def cosine_restarts(
    period: Length, growth: float = 1.0, decay: float = 1.0, cycles: int | None = None, to: float = 0.0
) -> Schedule:
    """Repeated cosine decays. Source: Loshchilov & Hutter 2017, arXiv 1608.03983; growth 1 or 2 there.

    Args:
        period: Length of the first cycle. Default, with `cycles`: such that the cycles fill the run.
        growth: Factor on the length from one cycle to the next; 1 or more.
        decay: Factor on the height from one cycle to the next.
        cycles: Number of cycles. Default: without end. After the last cycle the value stays at `to`.
        to: The lowest value, of every cycle.

    Raises:
        InvalidInput: No length, a growth below 1, or a decay that isn't greater than 0.

    Example:
        >>> cosine_restarts(100, growth=2)
        cosine(1, 0, 100).repeat(growth=2)
    """
    waves = cosine(1.0, 0.0, period).repeat(cycles, growth, decay)
    return waves if to == 0 else waves.affine(1.0 - to, to)


def triangular(period: Length, low: float = 0.25) -> Schedule:
    """Repeated rises and falls in lines. Source: Smith 2017, arXiv 1506.01186: half a period is 2 to 10 epochs.

    Args:
        period: Length of a rise and a fall together.
        low: The lowest value; the paper has a third or a quarter of the highest, which is 1.

    Raises:
        InvalidInput: No length, or a value that isn't finite.

    Example:
        >>> triangular(4, low=0.5).curve(6).tolist()
        [0.5, 0.75, 1.0, 0.75, 0.5, 0.75]
    """
    return _triangle(period).repeat().affine(1.0 - low, low)


def triangular2(period: Length, low: float = 0.25) -> Schedule:
    """Like `triangular`, but each cycle rises only half as far as the one before. Source: Smith 2017.

    Args:
        period: Length of a rise and a fall together.
        low: The lowest value.

    Raises:
        InvalidInput: No length, or a value that isn't finite.

    Example:
        >>> triangular2(4, low=0).at(6)
        0.5
    """
    return _triangle(period).repeat(decay=0.5).affine(1.0 - low, low)


def exp_range(period: Length, factor: float, low: float = 0.25) -> Schedule:
    """Like `triangular`, with a height that falls exponentially. Source: Smith 2017.

    Args:
        period: Length of a rise and a fall together.
        factor: Factor on the height at each step, such as 0.9999.
        low: The lowest value.

    Raises:
        InvalidInput: No length, a value that isn't finite, or a factor that isn't greater than 0.

    Example:
        >>> exp_range(4, 0.5, low=0).curve(4).tolist()
        [0.0, 0.25, 0.25, 0.0625]
    """
    return (_triangle(period).repeat() * exponential(factor)).affine(1.0 - low, low)


def onecycle(
    up: Length = 0.3,
    hold: Length = 0,
    start: float = 0.04,
    to: float = 4e-6,
    shape: str = "cosine",
    low_momentum: float = 0.85,
    high_momentum: float = 0.95,
) -> ScheduleSet:
    """One rise and one fall, with the momentum moving the opposite way. Source: Smith & Topin 2018, arXiv 1708.07120.

    Args:
        up: Length of the rise. Usual: 0.3 (PyTorch), 0.25 (fastai).
        hold: Length at the maximum. Default: 0.
        start: The factor at the first step, 1 / 25 by default.
        to: The factor at the end, 1 / 250 000 by default.
        shape: Shape of the rise and the fall: `cosine`, `linear`, or another name of `shapes.SHAPES`.
        low_momentum: Momentum (β1 of Adam) at the highest rate.
        high_momentum: Momentum at the start and at the end.

    Returns:
        The factors `rate` and the absolute values `momentum`.

    Raises:
        InvalidInput: No length, a value that isn't finite, or an unknown shape.

    Example:
        >>> onecycle().rate
        cosine(0.04, 1, 0.3) >> cosine(1, 4e-06)
        >>> onecycle()["momentum"]
        cosine(0.95, 0.85, 0.3) >> cosine(0.85, 0.95)
    """
    middle = [] if length_of("hold", hold) == 0 else [hold]
    rate = [
        Segment(start, 1.0, up, shape_of(shape)),
        *(Const(1.0, constructor) for constructor in middle),
        Segment(1.0, to, None, shape_of(shape)),
    ]
    low, high = low_momentum, high_momentum
    momentum = [
        Segment(high, low, up, shape_of(shape)),
        *(Const(low, constructor) for constructor in middle),
        Segment(low, high, None, shape_of(shape)),
    ]
    return ScheduleSet(rate=Seq(tuple(rate)), momentum=Seq(tuple(momentum)))


def onecycle_three_phases(
    up: Length = 0.3,
    start: float = 0.04,
    to: float = 4e-6,
    shape: str = "cosine",
    low_momentum: float = 0.85,
    high_momentum: float = 0.95,
) -> ScheduleSet:
    """A rise, a fall of the same length, and a fall to almost 0 in the rest: the form of the paper.

    Args:
        up: Length of the rise, and of the first fall.
        start: The factor at the first step.
        to: The factor at the end.
        shape: Shape of each phase.
        low_momentum: Momentum (β1 of Adam) at the highest rate.
        high_momentum: Momentum at the start, and from the second phase's end on.

    Returns:
        The factors `rate` and the absolute values `momentum`.

    Raises:
        InvalidInput: No length, a value that isn't finite, or an unknown shape.

    Example:
        >>> onecycle_three_phases(0.4, shape="linear").rate
        linear(0.04, 1, 0.4) >> linear(1, 0.04, 0.4) >> linear(0.04, 4e-06)
    """
    rate = (
        Segment(start, 1.0, up, shape_of(shape))
        >> Segment(1.0, start, up, shape_of(shape))
        >> Segment(start, to, None, shape_of(shape))
    )
    low, high = low_momentum, high_momentum
    momentum = Segment(high, low, up, shape_of(shape)) >> Segment(low, high, up, shape_of(shape)) >> constant(high)
    return ScheduleSet(rate=rate, momentum=momentum)


def _triangle(period: Length) -> Schedule:
    half = _scaled(length_of("period", period), Fraction(1, 2))
    return linear(0.0, 1.0, half) >> linear(1.0, 0.0, half)


def _scaled(length: Length, factor: Fraction) -> Length:
    match length:
        case None:
            raise InvalidInput("schedule-length", name="period", given="None")
        case int() | Fraction():
            return simplest(length * factor)
        case float():
            return float(Fraction(repr(length)) * factor)
        case Epochs() | Samples() | Tokens():
            return type(length)(float(Fraction(repr(length.count)) * factor))


CYCLES: Final = {
    constructor.__name__: constructor for constructor in (cosine_restarts, exp_range, triangular, triangular2)
}
"""What an expression may call, by name."""

ONE_CYCLES: Final = {constructor.__name__: constructor for constructor in (onecycle, onecycle_three_phases)}
"""What an expression may call for a set of schedules, by name."""
