"""Classifies an exception of the script by the kinds of failure that have their own explanation.

Path:   an exception -> its kind and the one detail that its sentence needs.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from ratecraft.records.storage.disk_full import is_disk_full

_END_OF_INPUT = "EOF when reading a line"  # CPython's own text where `input()` meets the end of the file


def kind_of(error: BaseException, home: Callable[[str], str]) -> tuple[str, str]:
    """The kind of a failure (`records.outcome.Failure.kind`) and its detail.

    Args:
        error: The exception.
        home: A path of the job as the user knows it.

    Example:
        >>> kind_of(KeyError("x"), str), kind_of(EOFError("EOF when reading a line"), str)[0]
        (('exception', ''), 'no-input')
    """
    path = os.fsdecode(error.filename) if isinstance(error, OSError) and _is_path(error.filename) else ""
    at_home = home(os.path.abspath(path)) if path else ""  # noqa: PTH100 - links stay as the user wrote them
    match error:
        case MemoryError():
            return "out-of-memory", ""
        case ModuleNotFoundError():
            return "missing-package", sys.executable
        case FileNotFoundError() if path:
            return ("unseen-file" if Path(at_home).exists() else "missing-file"), at_home
        case EOFError() if str(error) == _END_OF_INPUT:
            return "no-input", ""
        case _ if is_disk_full(error):
            return "disk-full", ""
        case PermissionError() if path and _may_write(Path(at_home)):
            return "write-denied", at_home
        case _:
            no_memory = type(error).__name__ == "OutOfMemoryError" or "not enough memory" in str(error)
            return ("out-of-memory" if no_memory else "exception"), ""


def _is_path(name: object) -> bool:
    return isinstance(name, str | bytes) and bool(name)


def _may_write(path: Path) -> bool:
    """Whether the permissions at home would let the user write there: the job alone was denied it."""
    nearest = next((file for file in (path, *path.parents) if file.exists()), path)
    return os.access(nearest, os.W_OK)
