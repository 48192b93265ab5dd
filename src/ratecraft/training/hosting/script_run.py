"""The supervisor's side of a hosted script: a `Run` whose training happens in a process of its own.

Path:   an executor calls `advance` and `evaluate` -> messages over a pipe -> the worker, and its answers back.

Every death is an outcome: a process that is gone without an answer has failed, with its signal or exit code.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending, Failure, Note, RunFacts
from ratecraft.records.running import ALIKE, Listener, Passage, Run, Score
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.hosting.run_reports import RunReports
from ratecraft.training.hosting.worker_process import END_SECONDS, WorkerProcess
from ratecraft.training.processes.launcher import Launch, Process, fresh_python
from ratecraft.training.processes.wire import Advance, Entered, Handed, Scored, Start, Stepped


class ScriptRun:
    """One process that runs one script.

    Args:
        start: How the script is to be run.
        environment: The process's environment.
        log: File for the output of the process.
        listener: Receives losses, figures and lines.
        start_timeout: Seconds that the script may take to its first optimizer step.
        look: Returns notes on the user's files; called after the run's last act.
        ended: Called once when the process is gone (removes a scratch folder).
        launch: How the process is started.
        branching: Makes a run that branches from this one; None if that is impossible.
        strays: Whether a denied path is one of the run that this branch left, as its script
            remembers it; then the branch is not equal to its replay.
        lines: File for the script's printed lines; None if these are shown, or not sent.
        hand_over: Passes what the script spawns on to the other processes of the run.
        marked: Takes what this process, one of several, tells to be held against the others.
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
        marked: Callable[[Mapping[str, str | float]], None] = lambda facts: None,
    ) -> None:
        self._start_timeout, self._look, self._ended, self._branching = start_timeout, look, ended, branching
        self._in_place = bool(start.first_writes)
        self._begun, self._scored, self._busy, self._closed = False, False, False, False
        self._closing = threading.Lock()
        log.parent.mkdir(parents=True, exist_ok=True)
        self._reports = RunReports(listener, lines, strays, hand_over, marked)
        self._process = WorkerProcess(launch, start.directory, environment, log)
        self._process.say(start)

    @property
    def process(self) -> int:
        """The number of its process."""
        return self._process.pid

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
        self._process.say(Advance(schedules, scale, to_step, stop_rule, treatment))
        answer = self._listen()
        if isinstance(answer, Stepped):
            self._raise_if_strayed()
            return answer.passage
        step = self._reports.step
        return Passage(step, Ending.FAILED, step, failure=self._death(answer))

    def branch(self, listener: Listener) -> Run:
        """Branch: a second process that continues from where this one waits.

        Raises:
            CannotBranch: The process is being replayed, or must not be forked now.
        """
        if self._branching is None:
            raise CannotBranch("cannot-branch", reason="process")
        if not self._begun:  # a script that has not begun has no state to share
            self.advance({}, 0, StopRule())
        return self._branching(self, listener)

    def fork(self, directory: str, environment: Mapping[str, str], output: BinaryIO, pipe: int, /) -> Process:
        """A `Launch` of a run that branches from this one: its process forks, and the new one takes the pipe.

        Raises:
            CannotBranch: It must not be forked now, or is gone.
        """
        return self._process.fork(output, pipe, self._reports.hear)

    def evaluate(self, how: Evaluate) -> Score:
        """Score the weights as they are now: the last act of the run, which ends with it."""
        score = self.score(how)
        self.hear_out()
        self._raise_if_strayed()
        return score

    def score(self, how: Evaluate) -> Score:
        """The first half of `evaluate`: the score, as soon as it is known."""
        self._process.say(how)
        answer = self._listen()
        if not isinstance(answer, Scored):
            return Score(None, failure=self._death(answer))
        self._scored = True
        return answer.score

    def hear_out(self) -> None:
        """The second half: what the script reports until it exits. In the user's own folder it may take its time."""
        deadline = None if self._in_place else time.monotonic() + END_SECONDS
        with contextlib.suppress(EOFError, TimeoutError):
            while True:
                self._reports.hear(self._process.next(deadline))

    def wait_entered(self) -> bool:
        """Whether the process, one of several of a run, came to its view of the file system; asked before it begins."""
        deadline = time.monotonic() + self._start_timeout
        with contextlib.suppress(EOFError, TimeoutError):
            message = self._process.next(deadline)
            return isinstance(message, Entered) and message.well
        return False

    @property
    def is_scored(self) -> bool:
        """Whether it was scored, in the way that its replay would have been."""
        return self._scored and not self._reports.has_strayed

    def take(self, handed: Handed) -> None:
        """Give this process, one of several, what the first one spawns for it; called from that one's thread."""
        self._process.say(handed)

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        """What the run has reported about its script so far."""
        return self._reports.facts, (*self._reports.notes, *self._look())

    def kill(self) -> None:
        """End the process and all that it started, at once; from another thread too."""
        self._process.kill()

    def close(self) -> None:
        """End the process and all that it started; safe to call twice and from another thread."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        # A probe that is cut off has nothing that is worth a wait.
        self._process.close(waits=self._in_place or not self._busy)
        self._reports.close()
        self._ended()

    def _listen(self) -> Stepped | Scored | Failure | None:
        """The next answer; reports on the way go to the listener. None: the process has gone."""
        deadline = time.monotonic() + self._start_timeout
        self._busy = True
        try:
            while True:
                message = self._process.next(None if self._reports.has_stepped else deadline)
                if isinstance(message, (Stepped, Scored)):
                    self._busy = False
                    self._reports.answered(message)
                    return message
                self._reports.hear(message)
        except TimeoutError:
            self.kill()
            return Failure("no-step", str(self._start_timeout))
        except EOFError:
            return None

    def _death(self, answer: Stepped | Scored | Failure | None) -> Failure:
        return answer if isinstance(answer, Failure) else self._process.death()

    def _raise_if_strayed(self) -> None:
        if self._reports.has_strayed:
            raise CannotBranch("cannot-branch", reason="absolute-path")
