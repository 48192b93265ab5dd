"""The supervisor's side of a hosted script: a `Run` whose training happens in a process of its own.

Path:   an executor calls `advance` and `evaluate` -> messages over a pipe -> the worker, and its answers back.

Every death is an outcome: a process that is gone without an answer has failed, with its signal or exit code.
"""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import BinaryIO

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending, Failure, Note, RunFacts
from ratecraft.records.running import ALIKE, Listener, Passage, Run, Score, SeriesBlock
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.processes.launcher import ForkedProcess, Launch, Process, fresh_python
from ratecraft.training.processes.wire import (
    Advance,
    Branch,
    Branched,
    Close,
    Entered,
    Handed,
    Line,
    Message,
    Noted,
    Scored,
    Start,
    Stepped,
    Told,
    receive,
    send,
)
from ratecraft.training.scoring.kept_lines import KeptLines

__all__ = ["ScriptRun"]

_END_SECONDS = 10.0  # `finally` blocks and exit handlers of a probe have this long before its group is killed


class ScriptRun:
    """One process that runs one script.

    Args:
        start: How the script is to be run.
        environment: The process's environment.
        log: File that takes what the process writes to its output.
        listener: Hears losses, figures and lines.
        start_timeout: Seconds that the script may take to its first optimizer step.
        look: What is to be told of the user's files, asked for after the run's last act.
        ended: Called once when the process is gone (removes a scratch folder).
        launch: How the process is started.
        branching: Makes a run that leaves this one; None if none can.
        strays: Whether a path that this branch was not let write to is one of the run that it left, as its script
            remembers it: then it is not a branch like its replay.
        lines: File that keeps what the script prints, line by line; None if they are shown, or not told.
        hand_over: Takes what the script spawns as other processes of the run to them.
    """

    def __init__(
        self,
        start: Start,
        environment: Mapping[str, str],
        log: Path,
        listener: Listener,
        *,
        start_timeout: float = 300.0,
        look: Callable[[], tuple[Note, ...]] = tuple,
        ended: Callable[[], None] = lambda: None,
        launch: Launch = fresh_python,
        branching: "Callable[[ScriptRun, Listener], Run] | None" = None,
        strays: Callable[[Path], bool] = lambda path: False,
        lines: Path | None = None,
        hand_over: Callable[[Handed], None] = lambda handed: None,
    ) -> None:
        self._strays, self._strayed = strays, False
        self._branching, self._begun, self._scored = branching, False, False
        self._listener, self._start_timeout = listener, start_timeout
        self._look, self._ended, self._hand_over = look, ended, hand_over
        self._in_place = bool(start.first_writes)
        self._step, self._stepped, self._busy, self._closed = 0, False, False, False
        self._closing = threading.Lock()
        self._facts, self._notes = RunFacts(), list[Note]()
        log.parent.mkdir(parents=True, exist_ok=True)
        self._lines = KeptLines(lines) if lines else None
        self._pipe, theirs = Pipe()
        # The worker's end is closed here and in all that the worker starts: the pipe's end tells of its death.
        with log.open("ab") as output, theirs:
            self._process = launch(start.directory, environment, output, theirs.fileno())
        self._say(start)

    def advance(
        self,
        schedules: Mapping[str, Schedule],
        to_step: int | None,
        stop_rule: StopRule,
        scale: Mapping[str, float] = ALIKE,
        treatment: str = "",
    ) -> Passage:
        """Train until `to_step` steps are done; None: until the script's own end."""
        self._begun = True
        self._say(Advance(schedules, scale, to_step, stop_rule, treatment))
        answer = self._listen()
        if isinstance(answer, Stepped):
            self._step = answer.passage.step
            self._raise_if_strayed()
            return answer.passage
        return Passage(self._step, Ending.FAILED, self._step, failure=self._death(answer))

    def branch(self, listener: Listener) -> Run:
        """A second process that continues from here, where this one waits.

        Raises:
            CannotBranch: The process is one that is replayed, or must not be forked now.
        """
        if self._branching is None:
            raise CannotBranch("cannot-branch", reason="process")
        if not self._begun:  # a script that has not begun has no state to share
            self.advance({}, 0, StopRule())
        return self._branching(self, listener)

    def fork(self, directory: str, environment: Mapping[str, str], output: BinaryIO, pipe: int, /) -> Process:
        """A `Launch` of a run that leaves this one: its process forks, and the new one takes the pipe.

        Raises:
            CannotBranch: It must not be forked now, or is gone.
        """
        try:
            send(self._pipe, Branch())
            with socket.socket(fileno=os.dup(self._pipe.fileno())) as side:
                socket.send_fds(side, [b"."], [pipe, output.fileno()])
            while not isinstance(answer := self._next(None), Branched):
                self._pass_on(answer)
            if not answer.reason:
                return ForkedProcess(answer.process, os.pidfd_open(answer.process))
        except (EOFError, OSError) as error:
            raise CannotBranch("cannot-branch", reason="gone") from error
        raise CannotBranch("cannot-branch", reason=answer.reason)

    def evaluate(self, how: Evaluate) -> Score:
        """Score the weights as they are now: the last act of the run, which ends with it."""
        score = self.score(how)
        self.hear_out()
        self._raise_if_strayed()
        return score

    def score(self, how: Evaluate) -> Score:
        """The first half of `evaluate`: the score, as soon as it is known."""
        self._say(how)
        answer = self._listen()
        if not isinstance(answer, Scored):
            return Score(None, failure=self._death(answer))
        self._scored = True
        return answer.score

    def hear_out(self) -> None:
        """The second half: what the script still tells on its way out. In the user's own folder it takes its time."""
        deadline = None if self._in_place else time.monotonic() + _END_SECONDS
        with contextlib.suppress(EOFError, TimeoutError):
            while True:
                self._pass_on(self._next(deadline))

    def wait_entered(self) -> bool:
        """Whether the process, one of several of a run, came to its view of the file system; asked before it begins."""
        deadline = time.monotonic() + self._start_timeout
        with contextlib.suppress(EOFError, TimeoutError):
            message = self._next(deadline)
            return isinstance(message, Entered) and message.well
        return False

    @property
    def is_scored(self) -> bool:
        """Whether it was scored, and came to it as its replay would have."""
        return self._scored and not self._strayed

    def _raise_if_strayed(self) -> None:
        if self._strayed:
            raise CannotBranch("cannot-branch", reason="absolute-path")

    def take(self, handed: Handed) -> None:
        """Give the process, one of several of a run, what the first one spawns as it; from that one's thread."""
        self._say(handed)

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        """What the run told of its script so far."""
        return self._facts, (*self._notes, *self._look())

    def close(self) -> None:
        """End the process and all that it started; safe to call twice and from another thread."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        if self._in_place or not self._busy:  # a probe that is cut off has nothing that is worth a wait
            self._say(Close())
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
        self.kill()
        self._pipe.close()
        if self._lines is not None:
            self._lines.close()
        self._ended()

    @property
    def process(self) -> int:
        """The number of its process."""
        return self._process.pid

    def kill(self) -> None:
        """End the process and all that it started, at once; from another thread too."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _say(self, message: Start | Advance | Evaluate | Handed | Close) -> None:
        with contextlib.suppress(OSError):  # a worker that is gone is noticed where its answer is read
            send(self._pipe, message)

    def _listen(self) -> Stepped | Scored | Failure | None:
        """The next answer; reports on the way go to the listener. None: the process has gone."""
        deadline = time.monotonic() + self._start_timeout
        self._busy = True
        try:
            while True:
                message = self._next(None if self._stepped else deadline)
                if isinstance(message, (Stepped, Scored)):
                    self._busy = False
                    self._facts = message.facts
                    return message
                self._pass_on(message)
        except TimeoutError:
            self.kill()
            return Failure("no-step", str(self._start_timeout))
        except EOFError:
            return None

    def _next(self, deadline: float | None) -> Message:
        """The next message.

        Raises:
            EOFError: The process is gone, or another thread closed this run.
            TimeoutError: The deadline passed first.
        """
        try:
            ready = wait([self._pipe], None if deadline is None else max(0.0, deadline - time.monotonic()))
            if ready:
                return receive(self._pipe)
        except OSError as error:
            raise EOFError from error
        raise TimeoutError

    def _pass_on(self, message: Message) -> None:
        match message:
            case SeriesBlock():
                self._stepped = True
                self._listener.block(message)
                if message.name == "loss":
                    self._step = message.first + message.count
            case Told(figure):
                self._listener.figure(figure)
            case Line() if self._lines is not None:
                self._lines.add(message)
            case Line(text, source="" | "evaluated"):
                self._listener.line(text)
            case Handed():
                self._hand_over(message)
            case Noted(note):
                self._notes.append(note)
                self._strayed |= note.code == "write-denied" and self._strays(Path(str(note.values["path"])))
            case _:
                pass

    def _death(self, answer: Stepped | Scored | Failure | None) -> Failure:
        if isinstance(answer, Failure):
            return answer
        try:
            code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        if code >= 0:
            return Failure("exit", str(code))
        return Failure("killed", signal.Signals(-code).name)
