"""What counts as a number among values that come from elsewhere.

Path:   arguments, files, logs, a script's own values -> readers of every room.
"""

from typing import TypeGuard


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number of Python's own; True and False are none.

    Example:
        >>> is_number(1), is_number(0.1), is_number(True), is_number("1")
        (True, True, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool)
