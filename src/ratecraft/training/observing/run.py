"""Runs a script in a process of its own and takes what is seen of it.

Path:   script, arguments -> `worker` -> pieces of the run, as they come -> the receiver of the run.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe
from types import FrameType
from typing import IO, Any, cast

from ratecraft.records.program import FILE, Entry
from ratecraft.records.storage.codec import to_plain
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.training.observing.wire import read_piece

_WORKER = "ratecraft.training.observing.worker"

WAIT_SECONDS = 0.2
"""After which is asked whether the script has ended while something of it holds the pipe."""


@dataclass(frozen=True, slots=True)
class Watching:
    """How a script is watched.

    Attributes:
        entry: How it becomes `__main__`.
        every: As for `watch.Sensor`.
        policy: `module:function`, which makes a guard's policy of its settings by name; empty for no guard.
        settings: These, as JSON has them.
        output: Where the script's standard output goes instead of this process's.
    """

    entry: Entry = FILE
    every: int = 10
    policy: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    output: IO[bytes] | int | None = None


def run_watched(
    script: str, arguments: Sequence[str], take: Callable[[ObservedRun], None], how: Watching | None = None
) -> int:
    """Run a script as it is, in this folder, with this process's streams.

    Args:
        script: Path of the script.
        arguments: The script's own arguments.
        take: Takes each piece of the run.
        how: How it is watched.

    Returns:
        Its exit code; 128 and the signal's number where a signal ended it, as shells say it.
    """
    process, pipe = begin_watched(script, arguments, how or Watching())
    with pipe, passing_on([process]):
        _take_all(pipe, process, take)
        return exit_code(process.wait())


def begin_watched(
    script: str, arguments: Sequence[str], how: Watching, variables: Mapping[str, str] | None = None
) -> "tuple[subprocess.Popen[bytes], Connection]":
    """Start the process of a script; what is seen of it comes out of the pipe.

    Args:
        script: As for `run_watched`.
        arguments: As for `run_watched`.
        how: How it is watched.
        variables: Variables of its environment, beside those that its entry sets.
    """
    ours, its = Pipe(duplex=False)
    guard = json.dumps([how.policy, dict(how.settings)]) if how.policy else ""
    entry = json.dumps(to_plain(how.entry))
    words = (str(its.fileno()), str(how.every), guard, entry, script, *arguments)
    environment = {**os.environ, **how.entry.variables, **(variables or {})}
    with its:
        process = subprocess.Popen(  # noqa: S603 - the user's
            [sys.executable, "-P", "-m", _WORKER, *words],
            stdout=how.output,
            pass_fds=[its.fileno()],
            env=environment,
        )
    return process, cast("Connection", ours)


def exit_code(code: int) -> int:
    """The exit code as a shell would report it.

    Example:
        >>> exit_code(3), exit_code(-9)
        (3, 137)
    """
    return code if code >= 0 else 128 - code


def _take_all(pipe: Connection, process: "subprocess.Popen[bytes]", take: Callable[[ObservedRun], None]) -> None:
    while True:
        ended = process.poll() is not None
        if pipe.poll(0 if ended else WAIT_SECONDS):
            try:
                take(read_piece(pipe.recv_bytes()))
            except (EOFError, OSError):
                return
        elif ended:
            return


@contextmanager
def passing_on(processes: "Sequence[subprocess.Popen[bytes]]") -> Generator[None]:
    """Ctrl-C reaches the script by itself, and is its business; a request to end is passed on to it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def passed_on(number: int, frame: FrameType | None) -> None:
        for process in processes:
            if number != signal.SIGINT and process.poll() is None:
                process.send_signal(number)

    before = {number: signal.signal(number, passed_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
