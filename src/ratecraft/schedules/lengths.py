"""The numbers of a schedule, checked; and how long a part lasts.

Path:   what the user gave -> checked values in the nodes; lengths and a horizon -> steps.
Units:  a length is a whole number of optimizer steps (0: over before it begins), a share of the horizon between 0 and
        1, or None for the rest, whatever the other parts leave.
"""

import math
import operator
from fractions import Fraction
from numbers import Real
from typing import SupportsIndex, TypeAlias, cast

from ratecraft.errors import InvalidInput

__all__ = [
    "MOST_STEPS",
    "Length",
    "finite_number",
    "length_of",
    "measure",
    "positive_number",
    "rounded",
    "shown",
    "whole_number",
]

Length: TypeAlias = int | float | None

MOST_STEPS = 2**53
"""Beyond it, a whole number isn't exact as a float64, and neither is a schedule."""


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


def whole_number(name: str, value: object, least: int = 0, most: int = MOST_STEPS) -> int:
    """The value as an int between `least` and `most`.

    Raises:
        InvalidInput: No whole number, or out of range.
    """
    whole = _whole(value)
    if whole is None or not least <= whole <= most:
        raise InvalidInput("schedule-whole-number", name=name, given=shown(value), least=least, most=most)
    return whole


def length_of(name: str, value: object) -> Length:
    """The value as a length: steps, a share, or None.

    Raises:
        InvalidInput: Negative, a share that isn't between 0 and 1, or no number.
    """
    if value is None:
        return None
    whole = _whole(value)
    if whole is not None and 0 <= whole <= MOST_STEPS:
        return whole
    if whole is None and 0 < (share := _real(value)) < 1:
        return share
    raise InvalidInput("schedule-length", name=name, given=shown(value))


def measure(length: Length, horizon: int) -> Fraction | None:
    """The length in steps, not yet rounded; None for the rest.

    A share counts as the decimal number that people wrote: 0.15 of 10 steps are 1.5, where the float 0.15 lies below.

    Example:
        >>> measure(0.15, 10)
        Fraction(3, 2)
    """
    if length is None or isinstance(length, int):
        return None if length is None else Fraction(length)
    return Fraction(repr(length)) * horizon


def rounded(position: Fraction) -> int:
    """The nearest step, half-way cases up.

    Example:
        >>> rounded(Fraction(5, 2)), rounded(Fraction(7, 3))
        (3, 2)
    """
    return math.floor(position + Fraction(1, 2))


def shown(value: object) -> str:
    """The value as an error shows it: exact, but never endless."""
    try:
        return repr(value)[:80]
    except ValueError:  # Python refuses to write out an int of more than 4300 digits
        return type(value).__name__


def _whole(value: object) -> int | None:
    try:
        return None if isinstance(value, bool) else operator.index(cast("SupportsIndex", value))
    except TypeError:
        return None


def _real(value: object) -> float:
    """NaN for what is no number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf
