"""Checks the numbers of a schedule, and represents how long a part lasts.

Path:   what the user gave -> checked values in the nodes; lengths and a horizon -> steps.
Units:  a length is a whole number of optimizer steps (0: over before it begins), a fraction of steps (`steps(101, 3)`),
        a share of the horizon between 0 and 1, `epochs(3)`, `samples(1e6)`, `tokens(1e9)`, or None for the rest,
        whatever the other parts leave.
"""

import math
import operator
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational, Real
from typing import Final, SupportsIndex, TypeAlias, cast, final

from ratecraft.errors import InvalidInput

MOST_STEPS = 2**53
"""Beyond it, a whole number isn't exact as a float64, and neither is a schedule."""

_MOST_PARTS: Final = 10**40


@dataclass(frozen=True, slots=True, repr=False)
class _Counted:
    """A length that a horizon has to make steps of: `count` of them, which may have a part, as 0.5."""

    count: int | float

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", _count(self._name, self.count))

    def __repr__(self) -> str:
        return f"{self._name}({written(self.count)})"

    @property
    def _name(self) -> str:
        return type(self).__name__.lower()


@final
class Epochs(_Counted):
    """A length in passes over the training data."""

    __slots__ = ()


@final
class Samples(_Counted):
    """A length in training samples."""

    __slots__ = ()


@final
class Tokens(_Counted):
    """A length in training tokens."""

    __slots__ = ()


Steps: TypeAlias = int | Fraction
"""Steps that need no horizon: whole, or where another library's curve has its joints between two steps, a fraction."""

Length: TypeAlias = int | float | Fraction | Epochs | Samples | Tokens | None


@final
@dataclass(frozen=True, slots=True)
class Horizon:
    """What turns every length into steps.

    Attributes:
        steps: Optimizer steps of the run.
        steps_per_epoch: Optimizer steps of one pass over the data; only for lengths in epochs.
        tokens_per_step: Tokens of one optimizer step; only for lengths in tokens.
        batch_size: Samples of one optimizer step; only for lengths in samples.
    """

    steps: int
    steps_per_epoch: Steps | None = None
    tokens_per_step: Steps | None = None
    batch_size: Steps | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", whole_number("horizon", self.steps))
        for name in ("steps_per_epoch", "tokens_per_step", "batch_size"):
            if (value := getattr(self, name)) is not None:
                positive_number(name, value)
                object.__setattr__(self, name, exact_number(name, value))


def steps(count: int | float | Fraction, parts: int = 1) -> Steps:
    """A length of `count` / `parts` steps, exactly; where it is whole, just the number.

    Args:
        count: Steps; a float counts as the decimal number that was written.
        parts: What they are divided by.

    Raises:
        InvalidInput: No finite number, negative, or no parts.

    Example:
        >>> steps(29.3), steps(101, 3), steps(12, 4)
        (Fraction(293, 10), Fraction(101, 3), 3)
    """
    divisor = whole_number("parts", parts, least=1, most=_MOST_PARTS)
    size = Fraction(count) if isinstance(count, Rational) else Fraction(exact_number("steps", count))
    checked = exact_number("steps", size / divisor)
    if checked < 0:
        raise InvalidInput("schedule-not-negative", name="steps", given=shown(count))
    return checked


def epochs(count: int | float) -> Epochs:
    """A length of `count` passes over the training data.

    Raises:
        InvalidInput: No finite number, or negative.

    Example:
        >>> from ratecraft.schedules.builders.constructors import warmup
        >>> from ratecraft.schedules.horizon import bind
        >>> bind(warmup(epochs(2)), 1000, steps_per_epoch=98)
        warmup(196)
    """
    return Epochs(count)


def samples(count: int | float) -> Samples:
    """A length of `count` training samples.

    Raises:
        InvalidInput: No finite number, or negative.

    Example:
        >>> from ratecraft.schedules.builders.constructors import warmup
        >>> from ratecraft.schedules.horizon import bind
        >>> bind(warmup(samples(64_000)), 10_000, batch_size=256)
        warmup(250)
    """
    return Samples(count)


def tokens(count: int | float) -> Tokens:
    """A length of `count` training tokens.

    Raises:
        InvalidInput: No finite number, or negative.

    Example:
        >>> from ratecraft.schedules.builders.constructors import warmup
        >>> from ratecraft.schedules.horizon import bind
        >>> bind(warmup(tokens(1e9)), 10_000, tokens_per_step=524_288)
        warmup(1907)
    """
    return Tokens(count)


def finite_number(name: str, value: object) -> float:
    """The value as a float.

    Raises:
        InvalidInput: No number, or NaN, or infinite.
    """
    number = _real(value)
    if not math.isfinite(number):
        raise InvalidInput("schedule-number", name=name, given=shown(value))
    return number + 0.0  # -0.0 becomes 0.0: trees that are equal are equal in JSON, too


def positive_number(name: str, value: object) -> float:
    """The value as a float > 0.

    Raises:
        InvalidInput: No number, NaN, infinite, or not greater than 0.
    """
    number = finite_number(name, value)
    if number <= 0:
        raise InvalidInput("schedule-positive", name=name, given=shown(value))
    return number


def exact_number(name: str, value: object) -> Steps:
    """The value as an exact number of steps, negative ones included; a float counts as the decimal that was written.

    Raises:
        InvalidInput: No number, NaN, infinite, or beyond what a float64 counts exactly.
    """
    number = finite_number(name, value)
    if abs(number) > MOST_STEPS:
        raise InvalidInput("schedule-number", name=name, given=shown(value))
    if isinstance(value, Rational):
        return simplest(Fraction(cast("Fraction", value)))
    return simplest(Fraction(repr(number)))


def whole_number(name: str, value: object, least: int = 0, most: int = MOST_STEPS) -> int:
    """The value as an int between `least` and `most`; 100.0, as a division of steps gives it, is 100.

    Raises:
        InvalidInput: No whole number, or out of range.
    """
    whole = int(value) if isinstance(value, float) and value.is_integer() else _whole(value)
    if whole is None or not least <= whole <= most:
        raise InvalidInput("schedule-whole-number", name=name, given=shown(value), least=least, most=most)
    return whole


def length_of(name: str, value: object) -> Length:
    """The value as a length: steps, a share, epochs, samples, tokens, or None.

    Raises:
        InvalidInput: Negative, a share that isn't between 0 and 1, or no number.
    """
    if value is None or isinstance(value, Epochs | Samples | Tokens):
        return value
    whole = _whole(value)
    if whole is not None and 0 <= whole <= MOST_STEPS:
        return whole
    if isinstance(value, float) and value.is_integer() and value > 0:
        raise InvalidInput("schedule-length-whole-float", name=name, given=shown(value), steps=int(value))
    if isinstance(value, Fraction) and 0 <= value <= MOST_STEPS:
        return simplest(value)
    if whole is None and 0 < (share := _real(value)) < 1:
        return share
    raise InvalidInput("schedule-length", name=name, given=shown(value))


def pace_of(name: str, value: object, least: int = 1) -> int | float | Fraction | Epochs | Samples | Tokens:
    """The value as a length that is not a stretch of the run but a pace, such as the steps of one stair: not the rest.

    Raises:
        InvalidInput: Same as `length_of`, and less than `least` steps.
    """
    length = length_of(name, value)
    if length is None or (length == 0 and least > 0):
        return whole_number(name, value, least)
    return length


def measure(length: Length, horizon: Horizon) -> Fraction | None:
    """The length in steps, not yet rounded; None for the rest.

    A share counts as the decimal number that people wrote: 0.15 of 10 steps are 1.5, where the float 0.15 lies below.

    Raises:
        InvalidInput: A length in epochs, samples or tokens where the horizon doesn't say how long those are.

    Example:
        >>> measure(0.15, Horizon(10)), measure(Epochs(1.5), Horizon(10, steps_per_epoch=3))
        (Fraction(3, 2), Fraction(9, 2))
    """
    match length:
        case None:
            return None
        case int() | Fraction():
            return Fraction(length)
        case float():
            return Fraction(repr(length)) * horizon.steps
        case Epochs():
            if horizon.steps_per_epoch is None:
                raise InvalidInput("schedule-epochs", given=repr(length))
            return Fraction(repr(length.count)) * horizon.steps_per_epoch
        case Samples():
            if horizon.batch_size is None:
                raise InvalidInput("schedule-samples", given=repr(length))
            return Fraction(repr(length.count)) / horizon.batch_size
        case Tokens():
            if horizon.tokens_per_step is None:
                raise InvalidInput("schedule-tokens", given=repr(length))
            return Fraction(repr(length.count)) / horizon.tokens_per_step


def rounded(position: Fraction) -> int:
    """The nearest step, half-way cases up.

    Example:
        >>> rounded(Fraction(5, 2)), rounded(Fraction(7, 3))
        (3, 2)
    """
    return math.floor(position + Fraction(1, 2))


def plain_number(number: Steps) -> int | float:
    """The number that arithmetic is fast with: an int where it is whole, else the nearest float."""
    return number if isinstance(number, int) else float(number)


def raised(number: float, exponent: float) -> float:
    """The power of a number >= 0; infinity where it is beyond a float64, which readings refuse.

    Example:
        >>> raised(2.0, 10), raised(10.0, 400)
        (1024.0, inf)
    """
    try:
        return math.pow(number, exponent)
    except OverflowError:
        return math.inf


def simplest(number: Fraction) -> Steps:
    """The number as an int where it is whole.

    Example:
        >>> simplest(Fraction(4, 2)), simplest(Fraction(1, 2))
        (2, Fraction(1, 2))
    """
    return number.numerator if number.denominator == 1 else number


def written(number: float) -> str:
    """The shortest text that reads as exactly this number.

    Example:
        >>> written(1.0), written(0.05), written(1e-05)
        ('1', '0.05', '1e-05')
    """
    return repr(number).removesuffix(".0")


def written_length(length: Length) -> str:
    """A length as an expression has it.

    Example:
        >>> written_length(50), written_length(0.05), written_length(steps(101, 3)), written_length(epochs(2))
        ('50', '0.05', 'steps(101, 3)', 'epochs(2)')
    """
    if isinstance(length, Fraction):
        sign = "-" if length < 0 else ""
        return f"{sign}steps({abs(length.numerator)}, {length.denominator})"
    return repr(length)


def shown(value: object) -> str:
    """The value as an error shows it: exact, but never endless."""
    try:
        return repr(value)[:80]
    except ValueError:  # Python refuses to write out an int of more than 4300 digits
        return type(value).__name__


def _count(name: str, value: object) -> int | float:
    number = finite_number(name, value)
    if number < 0:
        raise InvalidInput("schedule-not-negative", name=name, given=shown(value))
    return int(number) if number.is_integer() and number <= MOST_STEPS else number


def _whole(value: object) -> int | None:
    try:
        return None if isinstance(value, bool) else operator.index(cast("SupportsIndex", value))
    except TypeError:
        return None


def _real(value: object) -> float:
    """The value as a float; NaN if it is not a number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


UNIT_HORIZON: Final = Horizon(0, 1, 1, 1)
"""For questions whose answer depends on no horizon."""
