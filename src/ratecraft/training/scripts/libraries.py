"""Where Python's own modules and installed packages are; code elsewhere may be the user's.

Path:   the file of a frame, or of a function -> whether it belongs to a library; the call that is under way -> whose.
"""

import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import FrameType

_OURS = str(Path(__file__).parents[2])

LIBRARIES = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
"""The folders of installed libraries."""


def is_library(file: str) -> bool:
    """Whether a file lies in one of them, or in the packages of another Python.

    Example:
        >>> import json
        >>> is_library(json.__file__), is_library("/home/ada/train.py")
        (True, False)
    """
    return file.startswith(LIBRARIES) or "site-packages" in file


def is_ours(file: str) -> bool:
    """Whether a file is one of ratecraft's own."""
    return file.startswith(_OURS)


def frame_outside(passed: Callable[[str], bool]) -> FrameType | None:
    """The innermost frame of the call under way whose file is not passed over; None where all are.

    Example:
        >>> frame_outside(is_ours) is not None, frame_outside(lambda file: True) is None
        (True, True)
    """
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None and passed(frame.f_code.co_filename):
        frame = frame.f_back
    return frame
