"""Figures that a script appends to a file: `results.csv`, `metrics.csv`, `log.jsonl`.

Path:   `open` for writing, heard as an audit event -> what has grown when the script goes on to train after an
        evaluation -> the last value of each name -> the host, like what a framework measured.
Units:  places are bytes from a file's beginning.

What was written before the training began is data. Reads are bounded, and made only where an evaluation has just taken
place; a file that cannot be read, or is not understood, is left alone.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ratecraft.records.printed.written_rows import last_values

_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt", ".log")
_WRITES = os.O_WRONLY | os.O_RDWR
_MOST_FILES = 32
"""The oldest that told nothing is forgotten for a new one."""
_HEAD = 1 << 14
"""Bytes in which a header must end."""
_TAIL = 1 << 16
"""Bytes that are read from the end of a file that has grown."""


@dataclass
class _File:
    """What was read of a file: up to which byte, when the file had been changed then, and whether it told anything."""

    place: int = 0
    changed: int = 0
    told: bool = False


class WrittenFiles:
    """The files that a script writes.

    Args:
        tell: Called with a source and its figures by name.
    """

    def __init__(self, tell: Callable[[str, Mapping[str, object]], object]) -> None:
        self._tell = tell
        self._files: dict[str, _File] = {}
        self._began = 0

    def follow(self) -> None:
        """From now on, follow every file that is opened. Python cannot undo this."""
        sys.addaudithook(self.heard)

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an audit event: remember a file opened for writing if its name may be that of a file of figures."""
        if event == "open":
            with suppress(Exception):  # whatever it is, it must not reach the script's own `open`
                self._opened(*arguments)

    def _opened(self, path: Any, mode: object, flags: object) -> None:
        if not isinstance(flags, int) or not flags & _WRITES or isinstance(path, int):
            return
        name = os.fsdecode(path)
        if not name.endswith(_ENDINGS):
            return
        if len(self._files) >= _MOST_FILES:
            del self._files[next(name for name, file in self._files.items() if not file.told)]
        self._files.setdefault(_from_here(name), _File())

    def training_begins(self) -> None:
        """The first step begins."""
        self._began = time.time_ns()

    def read(self) -> None:
        """Report what was written since the last call."""
        for name, file in tuple(self._files.items()):
            try:
                values = self._grown(Path(name), file)
            except (OSError, ValueError):  # gone, or never made
                continue
            if values:
                file.told = True
                self._tell("file", values)

    def _grown(self, path: Path, file: _File) -> Mapping[str, float]:
        about = path.stat()
        if about.st_mtime_ns == file.changed:
            return {}
        file.changed = about.st_mtime_ns
        if not self._began or about.st_mtime_ns < self._began:
            file.place = about.st_size
            return {}
        begin = max(file.place if file.place < about.st_size else 0, about.st_size - _TAIL)
        with path.open("rb") as written:
            head = written.read(_HEAD)
            written.seek(begin)
            grown = written.read(_TAIL)
        whole = grown[: grown.rfind(b"\n") + 1]
        file.place = begin + len(whole)
        return last_values(head.decode("utf-8", "replace"), whole.decode("utf-8", "replace"))


def _from_here(name: str) -> str:
    """The path, from the working folder where it lies in there: a branch works in another one of the same files."""
    here = Path.cwd()
    path = here / name
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
