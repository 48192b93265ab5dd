"""The two protocols between a study and the world: `Run`, what jobs act on, and `Executor`, who gives jobs to runs.

Runs are built in `training`, executors in `tuning`; they meet here, and only `api` joins them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ratecraft.records.events import Finished, Progress, Started
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.outcome import Ending, Failure, Figure, Note, RunFacts
from ratecraft.schedules.trees.nodes import Schedule

ALIKE: Mapping[str, float] = {}
"""The scale of a run whose parts all have the same rate."""


@dataclass(frozen=True, slots=True)
class SeriesBlock:
    """Consecutive values of one series of a run: `loss`, `own_rate` or `frozen_loss`.

    `values` are packed little-endian float64; `first` is the step of the first of them, counted from the run's step 0.
    """

    name: str
    first: int
    values: bytes

    @property
    def count(self) -> int:
        """How many values it holds."""
        return len(self.values) // 8


class Listener(Protocol):
    """Hears what a run tells while it advances, in order."""

    @property
    def job(self) -> Job:
        """The job that the run performs, after which it names its files."""
        ...

    def block(self, block: SeriesBlock) -> None:
        """Take some more values of a series."""
        ...

    def figure(self, figure: Figure) -> None:
        """Take a figure."""
        ...

    def line(self, text: str) -> None:
        """The script printed a line; told only by runs in the user's own folder, whose prints are the user's."""
        ...


@dataclass(frozen=True, slots=True)
class Passage:
    """How one `advance` ended.

    Attributes:
        step: The run's step now, counted from 0.
        ending: DONE where `to_step` was reached (or, with none given, the script's own end).
        executed: Optimizer steps that this advance ran.
        halvings: Steps at which the stop rule halved the rate, in this advance at least.
        failure: Set when `ending` is FAILED.
    """

    step: int
    ending: Ending
    executed: int
    halvings: tuple[int, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """What an evaluation gave: its value (None if no figure came), the frozen steps it took, the state's file."""

    value: float | None
    frozen: int = 0
    model: str = ""
    failure: Failure | None = None


class Run(Protocol):
    """One training run from step 0 on. Losses, own rates and figures go to the listener that it was made with."""

    def advance(
        self,
        schedules: Mapping[str, Schedule],
        to_step: int | None,
        stop_rule: StopRule,
        scale: Mapping[str, float] = ALIKE,
        treatment: str = "",
    ) -> Passage:
        """Train with these schedules until `to_step` steps are done; None: until the script's own end.

        `scale` multiplies the rates of parts of the model (`Job.scale`); `treatment` is another change of the run
        (`records.treatment`), from the next step on.

        With `to_step` 0 a fresh run comes to its first step and waits there. A rule that halves the rate goes back to
        no state from before this call: a branch and its replay, which stops where the branch began, do the same.
        """
        ...

    def branch(self, listener: Listener) -> "Run":
        """A second run that continues from this state, at step 0 too; this one is left as it is, to be branched again.

        Args:
            listener: Hears what the branch tells, from its own first step on.

        Raises:
            CannotBranch: This run cannot be branched; the reason is `gone` if its process no longer exists.
        """
        ...

    def evaluate(self, how: Evaluate) -> Score:
        """Score the weights as they are now. The last act of a run."""
        ...

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        """What the run told of its script so far."""
        ...

    def close(self) -> None:
        """End the run and release what it holds; safe to call twice."""
        ...


@dataclass(frozen=True, slots=True)
class Printed:
    """A line that the script of a job printed into the user's own terminal; shown, never recorded."""

    job: str
    text: str


Happening: TypeAlias = "Started | Progress | Finished | Printed | tuple[str, int, SeriesBlock]"
"""What an executor reports; the tuple is (job key, attempt, block) of a series."""


class Executor(Protocol):
    """Gives jobs to runs and reports what happens, from one thread's point of view."""

    @property
    def free(self) -> int:
        """How many more scored jobs may be under way. A trunk counts as the job that branches off it."""
        ...

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        ...

    def submit(self, lineage: tuple[Job, ...], attempt: int) -> None:
        """Take a job, which begins when its turn comes.

        Args:
            lineage: The job with its ancestors, oldest first, the job itself last; parents are submitted before.
            attempt: Number of the next attempt at it, from 1.
        """
        ...

    def begin(self) -> Iterator[Started]:
        """Begin the jobs whose turn it is: each begins once its `Started` was consumed and the next is requested."""
        ...

    def happenings(self, timeout: float) -> Iterator[Happening]:
        """All happenings since the last call; waits up to `timeout` seconds for the first."""
        ...

    def close(self) -> None:
        """End every run at once. What was under way has no `Finished`."""
        ...


@dataclass(frozen=True, slots=True)
class Unheard:
    """A listener that hears nothing, where the facts of a run tell all.

    Attributes:
        job: What the run performs.
    """

    job: Job

    def block(self, block: SeriesBlock) -> None:
        """Take some more values of a series."""

    def figure(self, figure: Figure) -> None:
        """Take a figure."""

    def line(self, text: str) -> None:
        """Take a line that the script printed."""
