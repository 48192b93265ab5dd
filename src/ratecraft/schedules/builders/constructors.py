"""Schedules that are a single node: constants, warm-ups, lines, cosines, powers, stairs.

Path:   Python calls, and names in an expression -> trees. What is composed of several ways is in `compositions`.
Units:  a length is steps (`500`), a share of the horizon (`0.05`), `epochs(3)`, `samples(1e6)`, `tokens(1e9)`, or
        nothing for the rest; values are rates, or factors of a rate.

Counted in steps from a part's own beginning: a warm-up of W steps has (j + 1) / W at step j, so it never is 0 and ends
at 1; every other way of n steps has gone j / n, so it begins at its start and reaches its end just past its last step.
`warmup(w) >> constant(1, n) >> linear(1, 0, m)` therefore has each peak step once and no step at rate 0 before its end.

Every way from a start to an end takes three more arguments: `offset`, steps that count as gone at the beginning (with
1, the last step has the value `to`); `inset`, steps that the way is shorter than the part; and `after`, what follows
its end: "hold" (the default), "extend", "reflect", or a value. See `leaves.Segment`.
"""

from collections.abc import Callable
from typing import Final

from ratecraft.schedules.lengths import Length, Steps
from ratecraft.schedules.trees.leaves import After, Exp, Fn, Power, Segment
from ratecraft.schedules.trees.nodes import Const, Schedule
from ratecraft.schedules.trees.shapes import Cosine, Geometric, Linear, Polynomial, Rex, Saturating, Tanh, shape_of


def constant(value: float = 1.0, length: Length = None) -> Schedule:
    """The same value at every step.

    Args:
        value: The value.
        length: Its length, if another part follows.

    Raises:
        InvalidInput: A value that isn't finite, or no length.

    Example:
        >>> constant(0.3).at(1000)
        0.3
    """
    return Const(value, length)


def warmup(length: Length = None, shape: str = "linear", start: float | None = None) -> Schedule:
    """Rise to 1: a line from 1 / length at the first step to 1 at the last.

    Args:
        length: How long it takes; 0 for none. Usual: 1 to 10 % of the run.
        shape: `linear`, `cosine`, or another name of `shapes.SHAPES`.
        start: The value at the first step; 1 then comes just past the last one. By default the first step is one step
            in, because a step at rate 0 would be wasted.

    Raises:
        InvalidInput: No length, or an unknown shape.

    Example:
        >>> warmup(4).curve(6).tolist(), warmup(4, start=0).curve(6).tolist()
        ([0.25, 0.5, 0.75, 1.0, 1.0, 1.0], [0.0, 0.25, 0.5, 0.75, 1.0, 1.0])
    """
    if start is not None:
        return Segment(start, 1.0, length, shape_of(shape))
    return Segment(0.0, 1.0, length, shape_of(shape), offset=1)


def linear(
    start: float = 1.0,
    to: float = 0.0,
    length: Length = None,
    *,
    offset: Steps = 0,
    inset: Steps = 0,
    after: After = "hold",
) -> Schedule:
    """A line: start + (to - start) · j / length at step j.

    Args:
        start: The value at the first step.
        to: The value just past the last step, held from there on.
        length: How long it takes.
        offset: Steps counted as already done at the start; with 1, the last step has the value `to`.
        inset: Steps by which the curve is shorter than its part; with 1, the last step has the value `to`.
        after: What follows the end: "hold", "extend", "reflect", or a value.

    Raises:
        InvalidInput: A value that isn't finite, or no length.

    Example:
        >>> linear(1, 0, 4).curve(6).tolist()
        [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    return Segment(start, to, length, Linear(), offset, inset, after)


def cosine(
    start: float = 1.0,
    to: float = 0.0,
    length: Length = None,
    *,
    waves: float = 0.5,
    power: float = 1.0,
    bend: float = 1.0,
    offset: Steps = 0,
    inset: Steps = 0,
    after: After = "hold",
) -> Schedule:
    """Half a cosine wave: start + (to - start) · (1 - cos(π · j / length)) / 2 at step j.

    Args:
        start: The value at the first step.
        to: The value just past the last step, held from there on: it doesn't climb back.
        length: How long it takes.
        waves: Full waves; 1 goes down and up again.
        power: Exponent of the weight of `start`; optax and keras call it exponent.
        bend: Exponent of the completed share; the k of k-decay.
        offset: As for `linear`.
        inset: As for `linear`.
        after: As for `linear`.

    Raises:
        InvalidInput: A value that isn't finite, or no length.

    Example:
        >>> cosine(1, 0, 4).curve(6).round(4).tolist()
        [1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]
    """
    return Segment(start, to, length, Cosine(waves, power, bend), offset, inset, after)


def k_decay(start: float = 1.0, to: float = 0.0, length: Length = None, k: float = 1.5) -> Schedule:
    """A cosine that stays up longer: of (j / length) ** k. Source: Zhang & Li 2020; k between 1 and 5.

    Args:
        start: The value at the first step.
        to: The value just past the last step.
        length: How long it takes.
        k: Above 1 it stays up longer, below 1 shorter.

    Raises:
        InvalidInput: A value that isn't finite, no length, or a k that isn't greater than 0.

    Example:
        >>> k_decay(1, 0, 10, k=2)
        cosine(1, 0, 10, bend=2)
    """
    return Segment(start, to, length, Cosine(bend=k))


def polynomial(
    start: float = 1.0,
    to: float = 0.0,
    length: Length = None,
    *,
    power: float = 2.0,
    bend: float = 1.0,
    offset: Steps = 0,
    inset: Steps = 0,
    after: After = "hold",
) -> Schedule:
    """A power of the remaining share: to + (start - to) · (1 - j / length) ** power at step j.

    Args:
        start: The value at the first step.
        to: The value just past the last step, held from there on.
        length: How long it takes.
        power: 1 is a line, 2 flattens towards the end.
        bend: Exponent of the completed share; power=1, bend=0.5 is 1 - sqrt.
        offset: As for `linear`.
        inset: As for `linear`.
        after: As for `linear`, but not "extend".

    Raises:
        InvalidInput: A value that isn't finite, no length, or a power that isn't greater than 0.

    Example:
        >>> polynomial(1, 0, 4).curve(5).tolist()
        [1.0, 0.5625, 0.25, 0.0625, 0.0]
    """
    return Segment(start, to, length, Polynomial(power, bend), offset, inset, after)


def rex(
    start: float = 1.0,
    to: float = 0.0,
    length: Length = None,
    *,
    offset: Steps = 0,
    inset: Steps = 0,
    after: After = "hold",
) -> Schedule:
    """Reflected exponential: falls slowly at first, then ever faster. Source: Chen et al. 2021, arXiv 2107.04197.

    Args:
        start: The value at the first step.
        to: The value just past the last step, held from there on.
        length: How long it takes.
        offset: As for `linear`.
        inset: As for `linear`.
        after: As for `linear`, but not "extend".

    Raises:
        InvalidInput: A value that isn't finite, or no length.

    Example:
        >>> rex(1, 0, 2).curve(3).round(4).tolist()
        [1.0, 0.6667, 0.0]
    """
    return Segment(start, to, length, Rex(), offset, inset, after)


def tanh(
    start: float = 1.0,
    to: float = 0.0,
    length: Length = None,
    *,
    low: float = -7.0,
    high: float = 3.0,
    offset: Steps = 0,
    inset: Steps = 0,
    after: After = "hold",
) -> Schedule:
    """A hyperbolic tangent: high for long, then falls quickly. Source: Hsueh et al. 2019, arXiv 1806.01593.

    Args:
        start: The value at the first step.
        to: The value just past the last step, held from there on.
        length: How long it takes.
        low: Where the piece of the tangent begins.
        high: Where it ends. The piece is stretched to reach both values exactly; timm's isn't.
        offset: As for `linear`.
        inset: As for `linear`.
        after: As for `linear`, but not "extend".

    Raises:
        InvalidInput: A value that isn't finite, no length, or a tangent that doesn't rise.

    Example:
        >>> tanh(1, 0, 10).curve(11).round(3).tolist()
        [1.0, 1.0, 1.0, 1.0, 0.998, 0.982, 0.881, 0.499, 0.117, 0.016, 0.0]
    """
    return Segment(start, to, length, Tanh(low, high), offset, inset, after)


def saturating(
    start: float = 1.0,
    to: float = 0.0,
    length: Length = None,
    *,
    ratio: float = 0.1,
    offset: Steps = 0,
    inset: Steps = 0,
    after: After = "hold",
) -> Schedule:
    """An exponential that reaches its end: fast at first, then ever slower.

    Args:
        start: The value at the first step.
        to: The value just past the last step, held from there on; may be 0.
        length: How long it takes.
        ratio: Between 0 and 1; the smaller, the faster at first.
        offset: As for `linear`.
        inset: As for `linear`.
        after: As for `linear`, but not "extend".

    Raises:
        InvalidInput: A value that isn't finite, no length, or a ratio that isn't between 0 and 1.

    Example:
        >>> saturating(1, 0, 2, ratio=0.25).curve(3).round(4).tolist()
        [1.0, 0.3333, 0.0]
    """
    return Segment(start, to, length, Saturating(ratio), offset, inset, after)


def geometric(
    start: float,
    to: float,
    length: Length = None,
    *,
    offset: Steps = 0,
    inset: Steps = 0,
    after: After = "hold",
) -> Schedule:
    """Geometric: the same factor at every step, start · (to / start) ** (j / length). Used by range tests.

    Args:
        start: The value at the first step; not 0.
        to: The value just past the last step, of the same sign.
        length: How long it takes.
        offset: As for `linear`.
        inset: As for `linear`.
        after: As for `linear`.

    Raises:
        InvalidInput: A value that isn't finite or is 0, two different signs, or no length.

    Example:
        >>> geometric(1e-4, 1, 4).curve(5).round(5).tolist()
        [0.0001, 0.001, 0.01, 0.1, 1.0]
    """
    return Segment(start, to, length, Geometric(), offset, inset, after)


def exponential(factor: float, every: Length = 1, length: Length = None) -> Schedule:
    """Exponential: factor ** (j / every) at step j.

    Args:
        factor: Factor every `every` steps; > 0. Usual: 0.94 to 0.99 with every=epochs(1).
        every: Steps, a share of the horizon, epochs or tokens.
        length: Its length. Default: up to the horizon.

    Raises:
        InvalidInput: A factor that isn't greater than 0, or no length.

    Example:
        >>> [exponential(0.25, every=2).at(step) for step in range(5)]
        [1.0, 0.5, 0.25, 0.125, 0.0625]
    """
    return Exp(factor, every, length)


def power(exponent: float, scale: Length = 1, offset: Length = 0, length: Length = None) -> Schedule:
    """A power of time: ((j + offset) / scale) ** exponent at step j.

    Args:
        exponent: -1/2 is the inverse square root, -1 inverse time.
        scale: Steps at which the value is 1.
        offset: Steps counted as already done at the start; above 0 if the exponent is negative.
        length: Its length. Default: up to the horizon.

    Raises:
        InvalidInput: An exponent that isn't finite, no lengths, or a scale or an offset of 0 if there can be none.

    Example:
        >>> power(-0.5, scale=4, offset=4).curve(13).tolist()[::12]
        [1.0, 0.5]
    """
    return Power(exponent, scale, offset, length)


def function(name: str, call: Callable[[float], float], length: Length = None) -> Schedule:
    """Values of your own function. Text and JSON hold only its name: pass it again when you read them.

    Args:
        name: Its name in text and JSON.
        call: Returns the value at step 0, 1, 2, …; always the same for the same step.
        length: Its length. Default: up to the horizon.

    Raises:
        InvalidInput: No name, no function, or no length.

    Example:
        >>> function("half", lambda step: 0.5).at(3)
        0.5
    """
    return Fn(name, call, length)


WAYS: Final = {
    constructor.__name__: constructor
    for constructor in (
        *(constant, cosine, exponential, geometric, k_decay, linear, polynomial, power, rex, saturating, tanh, warmup),
    )
}
"""What an expression may call, by name."""
