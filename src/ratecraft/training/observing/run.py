"""Runs a script in a process of its own and takes what is seen of it.

Path:   script, arguments -> `worker` -> pieces of the run, as they come -> whoever follows it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Pipe
from types import FrameType
from typing import IO, Any, Protocol

from ratecraft.records.codec import to_plain
from ratecraft.records.observed import ObservedRun
from ratecraft.records.program import FILE, Entry
from ratecraft.training.observing.wire import read_piece

__all__ = ["run_watched"]

_WORKER = "ratecraft.training.observing.worker"
_WAIT_SECONDS = 0.2  # after which is asked whether the script has ended while something of it holds the pipe


def run_watched(
    script: str,
    arguments: Sequence[str],
    take: Callable[[ObservedRun], None],
    *,
    entry: Entry = FILE,
    every: int = 10,
    policy: str = "",
    settings: Mapping[str, Any] | None = None,
    output: IO[bytes] | int | None = None,
) -> int:
    """Run a script as it is, in this folder, with this process's streams.

    Args:
        script: Its path.
        arguments: Its own arguments.
        take: Takes each piece of the run.
        entry: How it becomes `__main__`.
        every: As for `watch.Sensor`.
        policy: `module:function`, which makes a guard's policy of its settings by name; empty for no guard.
        settings: These, as JSON has them.
        output: Where the script's standard output goes instead of this process's.

    Returns:
        Its exit code; 128 and the signal's number where a signal ended it, as shells say it.
    """
    ours, its = Pipe(duplex=False)
    guard = json.dumps([policy, dict(settings or {})]) if policy else ""
    how = json.dumps(to_plain(entry))
    command = [sys.executable, "-P", "-m", _WORKER, str(its.fileno()), str(every), guard, how, script, *arguments]
    environment = {**os.environ, **entry.variables}
    with ours:
        process = subprocess.Popen(command, stdout=output, pass_fds=[its.fileno()], env=environment)  # noqa: S603 - the user's
        its.close()
        with _passing_on(process):
            _take_all(ours, process, take)
            code = process.wait()
    return code if code >= 0 else 128 - code


class _Pipe(Protocol):
    def poll(self, timeout: float = ..., /) -> bool: ...
    def recv_bytes(self) -> bytes: ...


def _take_all(pipe: _Pipe, process: "subprocess.Popen[bytes]", take: Callable[[ObservedRun], None]) -> None:
    while True:
        ended = process.poll() is not None
        if pipe.poll(0 if ended else _WAIT_SECONDS):
            try:
                take(read_piece(pipe.recv_bytes()))
            except (EOFError, OSError):
                return
        elif ended:
            return


@contextmanager
def _passing_on(process: "subprocess.Popen[bytes]") -> Generator[None]:
    """Ctrl-C reaches the script by itself, and is its business; a request to end is passed on to it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def passed_on(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGINT and process.poll() is None:
            process.send_signal(number)

    before = {number: signal.signal(number, passed_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
