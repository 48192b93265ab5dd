"""Reads what a script prints, while every byte still goes where it was meant to go.

Path:   the script's `print`, `logging`, progress bars -> our `sys.stdout` and `sys.stderr` -> the descriptor, and
        whole lines -> the host.

Not heard are bytes that do not pass these streams: `os.write(1, …)`, output of child processes, `redirect_stdout`.
"""

import io
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from ratecraft.records.printed.lines import LineCutter


class OutputCapture:
    """While entered, `sys.stdout` and `sys.stderr` (and `sys.__stdout__` …) are ours, and `heard` gets every line.

    `heard` may print: what it prints is passed on and not told again. In a forked child bytes are passed on and
    nothing is reported.

    Args:
        heard: Takes one line, without its end.
        descriptors: Where the bytes of `stdout` and `stderr` go.
    """

    def __init__(self, heard: Callable[[str], None], descriptors: tuple[int, int] = (1, 2)) -> None:
        self._teller = _LineTeller(heard)
        self._descriptors = descriptors
        self._before: dict[str, TextIO | None] = {}
        self._streams: list[tuple[io.TextIOWrapper, _CapturedStream]] = []

    def __enter__(self) -> Self:
        self._before = {name: getattr(sys, name) for name in ("stdout", "stderr", "__stdout__", "__stderr__")}
        for old in self._before.values():
            if old is not None:
                old.flush()
        for name, descriptor in zip(("stdout", "stderr"), self._descriptors, strict=True):
            passage = _CapturedStream(descriptor, f"<{name}>", self._teller)
            stream = io.TextIOWrapper(
                passage, encoding="utf-8", errors="replace", newline="\n", line_buffering=True, write_through=True
            )
            self._streams.append((stream, passage))
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name, old in self._before.items():
            setattr(sys, name, old)
        for stream, passage in self._streams:
            if not stream.closed:  # by the script; they stay open for log handlers that still hold them
                stream.flush()
            passage.tell_rest()
        self._streams.clear()
        self._teller.stop()

    def go_on_here(self) -> None:
        """In a forked child that is a run of its own: tell its lines too."""
        self._teller.go_on_here()


class _LineTeller:
    """Hands lines to the callback: one at a time, in the process that made it, never from within itself."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._process = os.getpid()
        self._lock = threading.RLock()  # a signal handler may print while its own thread holds it
        self._thread = 0  # of the call that is under way
        self._stopped = False

    def tell(self, lines_of: Callable[[], tuple[str, ...]]) -> None:
        # A child process holds a copy of the lock, perhaps locked for ever: it is left alone there.
        if self._stopped or os.getpid() != self._process or self._thread == threading.get_ident():
            return
        with self._lock:
            self._thread = threading.get_ident()
            try:
                for line in lines_of():
                    self._heard(line)
            finally:
                self._thread = 0

    def go_on_here(self) -> None:
        self._process, self._lock, self._thread = os.getpid(), threading.RLock(), 0

    def stop(self) -> None:
        self._stopped = True


class _CapturedStream(io.BufferedIOBase):
    """The bottom of a standard stream. It holds nothing back, so that a killed process loses no line."""

    def __init__(self, descriptor: int, name: str, teller: _LineTeller) -> None:
        self.name = name
        self.mode = "wb"
        self._descriptor = descriptor
        self._teller = teller
        self._cutter = LineCutter()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        piece = bytes(data)
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._teller.tell(lambda: self._cutter.feed(piece))
        return len(piece)

    def tell_rest(self) -> None:
        """Tell the last line, which has no end."""
        self._teller.tell(self._cutter.finish)
