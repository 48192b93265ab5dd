"""The schedules that people name, each a short expression of nodes.

Path:   Python calls, and names in an expression -> trees.
Units:  a length is steps (`500`), a share of the horizon (`0.05`), or nothing for the rest; values are rates, or
        factors of a rate.

Counted in steps from a part's own beginning: a warm-up of W steps has (j + 1) / W at step j, so it never is 0 and ends
at 1; every other way of n steps has gone j / n, so it begins at its start and reaches its end just past its last step.
`warmup(w) >> constant(1, n) >> linear(1, 0, m)` therefore has each peak step once and no step at rate 0 before its end.
"""

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Final

from ratecraft.schedules.leaves import Const, Exp, Segment
from ratecraft.schedules.lengths import Length, positive_number, whole_number
from ratecraft.schedules.nodes import Schedule, Seq

__all__ = ["CONSTRUCTORS", "constant", "cosine", "exponential", "linear", "step", "warmup", "wsd"]

_MOST_STAIRS: Final = 10_000
_EXACT: Final = Context(prec=40, Emin=MIN_EMIN, Emax=MAX_EMAX)


def constant(value: float = 1.0, length: Length = None) -> Schedule:
    """The same value at every step.

    Args:
        value: The value.
        length: How long it lasts where another part follows.

    Raises:
        InvalidInput: A value that isn't finite, or no length.

    Example:
        >>> constant(0.3).at(1000)
        0.3
    """
    return Const(value, length)


def warmup(length: Length = None) -> Schedule:
    """From 1 / length at the first step up to 1 at the last one, in a line.

    Args:
        length: How long it takes; 0 for none.

    Raises:
        InvalidInput: No length.

    Example:
        >>> warmup(4).curve(6).tolist()
        [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """
    return Segment(0.0, 1.0, length, offset=1)


def linear(start: float = 1.0, to: float = 0.0, length: Length = None, *, offset: int = 0) -> Schedule:
    """A line: start + (to - start) · j / length at step j.

    Args:
        start: The value at the first step.
        to: The value just past the last step, held from there on.
        length: How long it takes.
        offset: Steps that count as gone at the beginning; with 1, the last step has the value `to`.

    Raises:
        InvalidInput: A value that isn't finite, or no length.

    Example:
        >>> linear(1, 0, 4).curve(6).tolist()
        [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    return Segment(start, to, length, offset=offset)


def cosine(start: float = 1.0, to: float = 0.0, length: Length = None, *, offset: int = 0) -> Schedule:
    """Half a cosine wave: start + (to - start) · (1 - cos(π · j / length)) / 2 at step j.

    Args:
        start: The value at the first step.
        to: The value just past the last step, held from there on: it doesn't climb back.
        length: How long it takes.
        offset: Steps that count as gone at the beginning; with 1, the last step has the value `to`.

    Raises:
        InvalidInput: A value that isn't finite, or no length.

    Example:
        >>> cosine(1, 0, 4).curve(6).round(4).tolist()
        [1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]
    """
    return Segment(start, to, length, "cosine", offset)


def exponential(factor: float, every: int | float = 1, length: Length = None) -> Schedule:
    """Smoothly by a factor: factor ** (j / every) at step j.

    Args:
        factor: What `every` steps multiply the value by; > 0.
        every: Steps, or a share of the horizon.
        length: How long it lasts; without one it goes on to the horizon.

    Raises:
        InvalidInput: A factor that isn't greater than 0, or no length.

    Example:
        >>> [exponential(0.25, every=2).at(step) for step in range(5)]
        [1.0, 0.5, 0.25, 0.125, 0.0625]
    """
    return Exp(factor, every, length)


def step(every: int | float, factor: float, times: int) -> Schedule:
    """Stairs: 1, and each `every` steps later `factor` times less, `times` times.

    Args:
        every: Steps, or a share of the horizon.
        factor: What each stair multiplies the value by; > 0.
        times: How many stairs, 1 to 10 000.

    Raises:
        InvalidInput: A factor that isn't greater than 0, no length, or no stairs.

    Example:
        >>> step(2, 0.5, times=2).curve(6).tolist()
        [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    fall = Decimal(repr(positive_number("factor", factor)))
    stairs = range(whole_number("times", times, least=1, most=_MOST_STAIRS) + 1)
    heights = [float(_EXACT.power(fall, stair)) for stair in stairs]  # 0.01, where 0.1**2 is 0.010000000000000002
    return Seq((*(Const(height, every) for height in heights[:-1]), Const(heights[-1])))


def wsd(warmup_length: Length, decay_length: Length, stable_length: Length = None, to: float = 0.0) -> Schedule:
    """Warm-up, stable, decay: up to 1, constant, and down in a line.

    Args:
        warmup_length: How long it goes up.
        decay_length: How long it goes down.
        stable_length: How long it stays; without one, for the time that the others leave.
        to: The value just past the last step.

    Raises:
        InvalidInput: No length, a value that isn't finite, or two lengths that are left out.

    Example:
        >>> wsd(0.1, 0.4)
        warmup(0.1) >> constant(1) >> linear(1, 0, 0.4)
    """
    return warmup(warmup_length) >> constant(1.0, stable_length) >> linear(1.0, to, decay_length)


CONSTRUCTORS: Final = {each.__name__: each for each in (constant, cosine, exponential, linear, step, warmup, wsd)}
"""What an expression may call, by name."""
