"""A trial of any program: one process, controlled by its arguments alone.

Path:   an executor calls `advance` -> the process, whose output goes to a log -> figures, read off the log as it grows,
        or off a JSON file -> the trial's score.
Units:  the whole run is one step: no one looks into it.

A `records.running.Run` that can only be gone through as a whole. Like all of the supervisor's side it needs no torch.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.metrics import normal_name
from ratecraft.records.numbers import is_number
from ratecraft.records.outcome import Ending, Failure, Figure, Note, RunFacts
from ratecraft.records.printed.lines import LineCutter
from ratecraft.records.running import ALIKE, Listener, Passage, Run, Score
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.scoring.figures import Figures

_LOOK_SECONDS = 0.2  # between two looks at the log
_PIECE = 1 << 20  # bytes of it at a time
_LONGEST_FILE = 16 << 20  # bytes: a file of figures is not a data set
_LAST_BYTES = 4096  # of the output, that tell why it failed


class ProgramRun:
    """One process of one program.

    Args:
        launch: Starts it; its group is its own, and its output goes to `log`.
        log: Takes what it writes.
        listener: Hears its figures.
        metric: Normal name of the compared figure.
        steps: Steps that the whole run counts for.
        result: File with the figure; None if its output has it.
        seconds: It may take so long; None for no limit.
        ended: Called once when the process is gone, with whether it went well.
    """

    def __init__(
        self,
        launch: "Callable[[], subprocess.Popen[bytes]]",
        log: Path,
        listener: Listener,
        metric: str,
        *,
        result: Path | None = None,
        seconds: float | None = None,
        ended: Callable[[bool], None] = lambda well: None,
    ) -> None:
        self._listener, self._log, self._place = listener, log, log.stat().st_size
        self._metric, self._result, self._seconds, self._ended = metric, result, seconds, ended
        self._cutter, self._figures = LineCutter(), Figures(metric)
        self._closing, self._closed, self._well = threading.Lock(), False, False
        self._process = launch()

    @property
    def group(self) -> int:
        """Number of its process, and of the group of all that it starts."""
        return self._process.pid

    def advance(
        self,
        schedules: Mapping[str, Schedule],
        to_step: int | None,
        stop_rule: StopRule,
        scale: Mapping[str, float] = ALIKE,
        treatment: str = "",
    ) -> Passage:
        """Let it run to its end. It takes no schedule: its values stand in its words."""
        failure = self._outlast()
        self._read()
        self._hear(self._cutter.finish())
        if failure is None and self._result is not None:
            for name, value in figures_of_file(self._result):
                self._tell(name, value, "logged")
        self._well = failure is None
        return Passage(1, Ending.DONE if self._well else Ending.FAILED, 1, failure=failure)

    def branch(self, listener: Listener) -> Run:
        """Nobody can branch a program that is not looked into.

        Raises:
            CannotBranch: Always.
        """
        raise CannotBranch("cannot-branch", reason="process")

    def evaluate(self, how: Evaluate) -> Score:
        """The last figure that it told."""
        return Score(self._figures.last(how.metric))

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        """Nothing: the program is not looked into."""
        return RunFacts(), ()

    def close(self) -> None:
        """End the process and all that it started; safe to call twice and from another thread."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._kill()
        self._ended(self._well)

    def _outlast(self) -> Failure | None:
        """Wait for its end, and read what it writes meanwhile; why it failed, if it did."""
        deadline = None if self._seconds is None else time.monotonic() + self._seconds
        while True:
            left = _LOOK_SECONDS if deadline is None else min(_LOOK_SECONDS, deadline - time.monotonic())
            try:
                code = self._process.wait(max(0.0, left))
                break
            except subprocess.TimeoutExpired:
                self._read()
            if deadline is not None and time.monotonic() >= deadline:
                self._kill()
                return Failure("time-limit", f"{self._seconds:g}", traceback=self._last_output())
        if code == 0:
            return None
        if code < 0:
            return Failure("killed", signal.Signals(-code).name, traceback=self._last_output())
        return Failure("exit", str(code), traceback=self._last_output())

    def _kill(self) -> None:
        """End the whole group: what the program has started ends with it."""
        if not hasattr(os, "killpg"):
            _kill_descendants(self._process.pid)
            self._process.wait()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _read(self) -> None:
        """Take in what was written since the last look."""
        with self._log.open("rb") as log:
            log.seek(self._place)
            while piece := log.read(_PIECE):
                self._place += len(piece)
                self._hear(self._cutter.feed(piece))

    def _hear(self, lines: Sequence[str]) -> None:
        for line in lines:
            for name, value, source in self._figures.read(line):
                if self._result is None or name != self._metric:  # where a file tells it, a line does not
                    self._tell(name, value, source)

    def _tell(self, name: str, value: float, source: str) -> None:
        self._figures.keep(name, value, source)
        self._listener.figure(Figure(1, name, value, source))

    def _last_output(self) -> str:
        """The end of the process's output."""
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - _LAST_BYTES))
            return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-15:])


def figures_of_file(path: Path) -> Iterator[tuple[str, float]]:
    """The numbers of a JSON file by their normal names, those of inner objects after the names that lead to them.

    A file that is not there, too long, or no JSON holds none.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "result.json")
        ...     _ = file.write_text('{"valLoss": 0.25, "test": {"loss": 0.5}, "name": "a"}')
        ...     list(figures_of_file(file))
        [('val_loss', 0.25), ('test_loss', 0.5)]
    """
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST_FILE:
            return
        content = json.loads(path.read_text(encoding="utf-8"))
        yield from list(_numbers(content, ""))
    except (OSError, ValueError, OverflowError, RecursionError):
        return


def _kill_descendants(process: int) -> None:
    """End a process and all that it has started, where there are no groups."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(process)
        for member in (*first.children(recursive=True), first):
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()


def _numbers(content: Any, name: str) -> Iterator[tuple[str, float]]:
    if isinstance(content, dict):
        for key, value in cast("dict[str, Any]", content).items():
            yield from _numbers(value, f"{name}_{key}" if name else key)
    elif is_number(content):
        yield normal_name(name), float(content)
