"""Where Python's own modules and installed packages lie: what is not there may be the user's code.

Path:   the file of a frame, or of a function -> whether it belongs to a library.
"""

import sysconfig

__all__ = ["LIBRARIES", "is_library"]

LIBRARIES = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
"""Their folders."""


def is_library(file: str) -> bool:
    """Whether a file lies in one of them, or in the packages of another Python.

    Example:
        >>> import json
        >>> is_library(json.__file__), is_library("/home/ada/train.py")
        (True, False)
    """
    return file.startswith(LIBRARIES) or "site-packages" in file
