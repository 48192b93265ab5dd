"""Names the figures that a validation returns.

Path:   what the user's function gave -> named numbers.
"""

from collections.abc import Mapping
from typing import Any

from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import direction_of, normal_name
from ratecraft.schedules.lengths import shown


def named_figures(validation: object, given: Any) -> Mapping[str, float]:
    """The figures that a validation gave; one number has the function's name where that tells which way is better.

    Raises:
        InvalidInput: The figures are not numbers, or there are none (`task-validation-value`).

    Example:
        >>> named_figures(None, 0.5), named_figures(None, {"val_acc": 1})
        ({'val_loss': 0.5}, {'val_acc': 1.0})
    """
    if isinstance(given, Mapping) and given:
        return {normal_name(str(name)): _number(value) for name, value in given.items()}  # pyright: ignore
    name = normal_name(getattr(validation, "__name__", ""))
    return {name if direction_of(name) else "val_loss": _number(given)}


def _number(value: Any) -> float:
    try:
        if not isinstance(value, str | bytes | bool):
            return float(value)
    except (TypeError, ValueError, RuntimeError):
        pass
    raise InvalidInput("task-validation-value", given=shown(value))
