"""What tests of whole studies share: a real record, an audience that keeps what it hears, and what a study came to."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.conformance.arithmetic_run import Problem, start_run
from tests.tuning.ladder import Ladder

from ratecraft.controllers.controller import Controller
from ratecraft.controllers.synchronous import State
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Outcome
from ratecraft.records.running import Executor
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.tuning.branching import BranchingExecutor
from ratecraft.tuning.driver import drive
from ratecraft.tuning.executor import ReplayExecutor, StartRun

MakeExecutor = Callable[[StartRun, int], Executor]
KINDS: dict[str, MakeExecutor] = {"replayed": ReplayExecutor, "branched": BranchingExecutor}
COMMAND = "ratecraft tune train.py"
HEADER = StudyHeader("tune-train", "tune", "train.py", (), "e3b0", "")


@dataclass
class Keeper:
    """An audience; `on_event` may interrupt."""

    on_event: Callable[[Event], None] = lambda event: None
    events: list[Event] = field(default_factory=list[Event])
    lines: list[str] = field(default_factory=list[str])

    def hear(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    def say(self, line: str) -> None:
        self.lines.append(line)


class Interrupting:
    """Sets the request to stop, or presses Ctrl-C, at one of the events that a screen hears."""

    def __init__(self, at: int, *, keyboard: bool = False) -> None:
        self.stop = threading.Event()
        self._left, self._keyboard = at, keyboard

    def __call__(self, event: Event) -> None:
        self._left -= 1
        if self._left == 0 and self._keyboard:
            raise KeyboardInterrupt
        if self._left == 0:
            self.stop.set()


def open_record(path: Path) -> Record:
    return Record.open(path) if path.exists() else Record.create(path, HEADER)


def study(
    record: Record,
    *,
    controller: Controller[State] | None = None,
    problem: Problem | None = None,
    kind: str = "replayed",
    executor: Executor | None = None,
    audience: Keeper | None = None,
    slots: int = 1,
    stop: threading.Event | None = None,
    before_retry: Callable[[Job], None] = lambda job: None,
    deadline: float | None = None,
) -> Answer:
    """Drive a study on the arithmetic run, from wherever its record stands."""
    return drive(
        controller or Ladder(),
        record,
        executor or KINDS[kind](start_run(problem or Problem()), slots),
        audience or Keeper(),
        command=COMMAND,
        stop=stop or threading.Event(),
        before_retry=before_retry,
        deadline=deadline,
    )


@dataclass(frozen=True)
class Came:
    """What a study came to, whatever happened on the way: its jobs, their outcomes but for what was done twice and the
    time, its answer."""

    jobs: dict[str, Job]
    outcomes: dict[str, Outcome]
    answer: Answer | None


def came_of(record: Record) -> Came:
    """The fold of a record. Raises AssertionError where a job was proposed or has ended twice."""
    events = list(record.events())
    jobs = [event.job for event in events if isinstance(event, Proposed)]
    outcomes = [replace(event.outcome, recomputed=0, seconds=0.0) for event in events if isinstance(event, Finished)]
    assert len({job.key for job in jobs}) == len(jobs)
    assert len({outcome.job for outcome in outcomes}) == len(outcomes)
    return Came({job.key: job for job in jobs}, {outcome.job: outcome for outcome in outcomes}, record.answer())
