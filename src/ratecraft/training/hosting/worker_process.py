"""A worker as its supervisor sees it: a process with a pipe to it, and how it ended.

Path:   a `Launch` -> a process with the other end of a pipe -> messages both ways; its death is the end of the pipe.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import BinaryIO

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import Failure
from ratecraft.training.processes.launcher import ForkedProcess, Launch, Process
from ratecraft.training.processes.wire import (
    Advance,
    Branch,
    Branched,
    Close,
    Handed,
    Message,
    Start,
    receive,
    send,
)

END_SECONDS = 10.0  # `finally` blocks and exit handlers of a probe have this long before its group is killed


class WorkerProcess:
    """A started process, the first of its group.

    Args:
        launch: How it is started.
        directory: Where it begins.
        environment: Its environment.
        log: File for its output.
    """

    def __init__(self, launch: Launch, directory: str, environment: Mapping[str, str], log: Path) -> None:
        self._pipe, theirs = Pipe()
        # The worker's end is closed here and in all that the worker starts: the pipe's end tells of its death.
        with log.open("ab") as output, theirs:
            self._process = launch(directory, environment, output, theirs.fileno())

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def say(self, message: Start | Advance | Evaluate | Handed | Close) -> None:
        """Send a message. If the process is gone, that is noticed when its answer is read."""
        with contextlib.suppress(OSError):
            send(self._pipe, message)

    def next(self, deadline: float | None) -> Message:
        """The next message.

        Args:
            deadline: By `time.monotonic`; None waits as long as it takes.

        Raises:
            EOFError: The process is gone, or another thread closed this.
            TimeoutError: The deadline passed first.
        """
        try:
            ready = wait([self._pipe], None if deadline is None else max(0.0, deadline - time.monotonic()))
            if ready:
                return receive(self._pipe)
        except OSError as error:
            raise EOFError from error
        raise TimeoutError

    def fork(self, output: BinaryIO, pipe: int, hear: Callable[[Message], None]) -> Process:
        """Fork a second process from where this one waits; it takes the pipe.

        Messages of this one meanwhile go to `hear`.

        Raises:
            CannotBranch: It must not be forked now, or is gone.
        """
        try:
            send(self._pipe, Branch())
            with socket.socket(fileno=os.dup(self._pipe.fileno())) as side:
                socket.send_fds(side, [b"."], [pipe, output.fileno()])
            while not isinstance(answer := self.next(None), Branched):
                hear(answer)
            if not answer.reason:
                return ForkedProcess(answer.process, os.pidfd_open(answer.process))
        except (EOFError, OSError) as error:
            raise CannotBranch("cannot-branch", reason="gone") from error
        raise CannotBranch("cannot-branch", reason=answer.reason)

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end; returns its exit code, or the negative number of a signal.

        Raises:
            subprocess.TimeoutExpired: It is still alive after that many seconds.
        """
        return self._process.wait(seconds)

    def death(self) -> Failure:
        """How it ended without an answer; it is killed if it does not end by itself."""
        try:
            code = self.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self.wait()
        if code >= 0:
            return Failure("exit", str(code))
        return Failure("killed", signal.Signals(-code).name)

    def kill(self) -> None:
        """End the process and all that it started, at once; from another thread too."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.wait()

    def close(self, *, waits: bool) -> None:
        """End the process and all that it started; `waits`: it may first end by itself."""
        if waits:
            self.say(Close())
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(END_SECONDS)
        self.kill()
        self._pipe.close()
