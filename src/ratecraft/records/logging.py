"""`ratecraft.log(val_loss=0.12)`: how a script tells a figure of its evaluation without printing it.

Path:   the user's script -> `log` -> the listener of the host, where there is one.
"""

import numbers
import reprlib
from collections.abc import Callable
from typing import TypeAlias

from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import normal_name

LogListener: TypeAlias = Callable[[str, float], None]
"""Takes the normal name and the value of a figure."""

_listener: LogListener | None = None


def log(**figures: object) -> None:
    """Tell figures of your evaluation to the study that runs this script; without a study it does nothing.

    Args:
        figures: Name to value, e.g. `val_loss=0.12`: numbers, or tensors with one element.

    Raises:
        InvalidInput: In a study, a value that is not one number.

    Example:
        >>> log(val_loss=0.12)
    """
    if _listener is None:
        return
    numbers_of_all = [(normal_name(name), _number(name, value)) for name, value in figures.items()]
    for name, value in numbers_of_all:
        _listener(name, value)


def is_heard() -> bool:
    """Whether somebody listens: this is a script that a study runs, or that is watched."""
    return _listener is not None


def set_listener(listener: LogListener | None) -> None:
    """Let `log` tell this listener from now on; None makes it do nothing again.

    Example:
        >>> heard = []
        >>> set_listener(lambda name, value: heard.append((name, value)))
        >>> log(val_loss=0.12)
        >>> set_listener(None)
        >>> heard
        [('val_loss', 0.12)]
    """
    global _listener  # `ratecraft.log` is a plain function for scripts: this is its one connection
    _listener = listener


def _number(name: str, value: object) -> float:
    inner = value
    item = getattr(value, "item", None)  # arrays and tensors; asking them loads no framework
    if callable(item):
        try:
            inner = item()
        except (RuntimeError, TypeError, ValueError):
            inner = None
    if isinstance(inner, numbers.Real):
        return float(inner)
    raise InvalidInput("log-value", name=name, given=reprlib.repr(value), type=type(value).__name__)
