"""Reads along what a script prints. Its streams stay the ones they are, and so does every byte.

Path:   `print`, `logging`, progress bars -> `write` of the script's own `sys.stdout`, `sys.stderr` -> whole lines.
"""

import sys
from collections.abc import Callable
from typing import Any

from ratecraft.records.printed.lines import LineCutter


def read_along(heard: Callable[[str], None]) -> None:
    """Tell every line that this process prints as text from now on; it is printed as ever."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # pyright: ignore[reportUnnecessaryComparison] - of a program without a terminal
            _follow(stream, heard)


def _follow(stream: Any, heard: Callable[[str], None]) -> None:
    write, cutter = stream.write, LineCutter()

    def written(text: str) -> int:
        count: int = write(text)
        for line in cutter.feed(text.encode("utf-8", "replace")):
            heard(line)
        return count

    stream.write = written
