"""Numbers as text.

Path:   figures, counts and seconds -> text in tables, plots and sentences.

Numbers have two or three significant digits; rates have a form that can be pasted into code.
"""

import math
from collections.abc import Sequence

from ratecraft.translations.catalogue import rate_text

_MISSING = "–"
_MOST_DIGITS = 6
_PASTED = ("rate", "weight_decay")


def finite(value: float) -> float | None:
    """The value if it is finite; else None, for JSON and tables.

    Example:
        >>> finite(0.1), finite(math.inf)
        (0.1, None)
    """
    return value if math.isfinite(value) else None


def number_text(value: float | None, digits: int = 3) -> str:
    """A figure with three significant digits; integer parts are never rounded.

    Example:
        >>> number_text(0.09651), number_text(12345.6), number_text(1.5e-7), number_text(None)
        ('0.0965', '12,346', '1.50e-7', '–')
    """
    return numbers_text([value], digits)[0]


def value_text(name: str, value: object) -> str:
    """The value of a trial's parameter: rates and decays in a form that can be pasted.

    Example:
        >>> value_text("rate", 0.00031), value_text("momentum", 0.912345), value_text("batch_size", 64)
        ('3.1e-4', '0.912', '64')
    """
    if not isinstance(value, float):
        return str(value)
    return rate_text(value) if name in _PASTED else number_text(value)


def numbers_text(values: Sequence[float | None], digits: int = 3) -> tuple[str, ...]:
    """Figures that are read together: each with its significant digits, and more only if two would look the same.

    Example:
        >>> numbers_text([0.41234, 0.0358]), numbers_text([0.91204, 0.91236])
        (('0.412', '0.0358'), ('0.9120', '0.9124'))
    """
    for more in range(digits, _MOST_DIGITS + 1):
        text = tuple(_one(value, more) for value in values)
        if len(set(text)) == len(set(values)):
            return text
    return tuple(_one(value, digits) for value in values)


def ticks_text(values: Sequence[float]) -> tuple[str, ...]:
    """Figures along one axis, with the same number of decimals; more than three digits only if two would look the same.

    Example:
        >>> ticks_text([0.1, 0.05, 0.0])
        ('0.100', '0.050', '0.000')
    """
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    for more in range(3, _MOST_DIGITS + 1):
        decimals = _decimals(largest, more)
        text = tuple(f"{value:,.{decimals}f}" for value in values) if decimals is not None else ()
        if text and (len(set(text)) == len(set(values)) or more == _MOST_DIGITS):
            return text
    return numbers_text(values)


def rate_ticks(low: float, high: float) -> tuple[float, ...]:
    """Ticks of a logarithmic axis of rates between two powers of ten: decades; for less than two decades also 2 and 5.

    Example:
        >>> rate_ticks(-3.0, -1.9), rate_ticks(-3.5, -1.0)
        ((0.001, 0.002, 0.005, 0.01), (0.001, 0.01, 0.1))
    """
    heads = (1, 2, 5) if high - low < 2 else (1,)
    decades = range(math.floor(low), math.ceil(high) + 1)
    rates = (float(f"{head}e{decade}") for decade in decades for head in heads)
    return tuple(rate for rate in rates if low <= math.log10(rate) <= high)


def times_text(ratio: float) -> tuple[str, str]:
    """A ratio in words: `larger`, `smaller` or `same`, and how many times.

    Example:
        >>> times_text(24.3), times_text(0.06), times_text(1.0)
        (('larger', '24'), ('smaller', '17'), ('same', '1.0'))
    """
    kind = "same" if math.isclose(ratio, 1, rel_tol=5e-3) else "larger" if ratio > 1 else "smaller"
    return kind, number_text(max(ratio, 1 / ratio), 2)


def count_text(count: float) -> str:
    """A count with thousands separators.

    Example:
        >>> count_text(12000), count_text(60.0)
        ('12,000', '60')
    """
    return f"{count:,.0f}"


def change_of(before: float, after: float, sign: float) -> float | None:
    """How much better (> 0) or worse `after` is, as a share of `before`; None if a share is meaningless.

    Args:
        before: The baseline's figure.
        after: The tuned run's figure.
        sign: `Metric.sign()`.

    Example:
        >>> change_of(0.5, 0.4, 1.0), change_of(0.0, 0.1, 1.0)
        (0.19999999999999996, None)
    """
    if before == 0 or not (math.isfinite(before) and math.isfinite(after)) or before * after < 0:
        return None
    return sign * (before - after) / abs(before)


def _decimals(value: float, digits: int) -> int | None:
    """The decimals that give a value its digits; None if the plain form would be too long."""
    if value == 0:
        return 0
    exponent = math.floor(math.log10(abs(value)))
    return max(digits - 1 - exponent, 0) if -4 <= exponent < 7 else None


def _one(value: float | None, digits: int) -> str:
    if value is None:
        return _MISSING
    if not math.isfinite(value):
        return str(value)
    decimals = _decimals(value, digits)
    if decimals is None:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:,.{decimals}f}"
