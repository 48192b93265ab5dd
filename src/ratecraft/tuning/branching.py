"""Gives jobs to runs that branch: a trunk is trained once and paused at its stop, and its branches continue from there.

Path:   as in `executor`; a job -> its parent's paused run -> a branch -> advances, evaluation -> outcome.

A job without a parent branches off a *root*: a run paused at step 0, one for each pair of seed and arguments, so that a
script starts once. Paused runs are only a cache. If one is missing (closed to make room, or lost with a supervisor that
was stopped) the trunk is trained again, in the thread of the first job that needs it, which counts the steps as
recomputed; if a run cannot be branched, its jobs are replayed from step 0. The outcomes are the same in every case.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial

from ratecraft.errors import CannotBranch
from ratecraft.laws.capacity import UNKNOWN, Capacity
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Failure, Note
from ratecraft.records.running import Passage, Run
from ratecraft.tuning.executor import Assignment, SlotExecutor, StartRun
from ratecraft.tuning.outcomes import Performance
from ratecraft.tuning.paused import PausedRuns, Trunk
from ratecraft.tuning.run_job import failures_as_outcome, run_job, stop_of, was_killed
from ratecraft.tuning.run_listener import RunHistory, RunListener

_GONE = Failure("killed", "gone")  # the error of a branch whose trunk's process has gone
MOST_PAUSED = 16  # a root, nine trunks of the first rung with all extensions, three of the second, and some to spare


@dataclass(slots=True)
class _Turn:
    """One assignment, being worked on in its thread.

    Attributes:
        assignment: The job.
        recomputed: Steps of its trunks that were trained again for it so far.
        wasted: Steps of its branches that turned out to differ from a replay.
    """

    assignment: Assignment
    recomputed: int = 0
    wasted: int = 0


@dataclass(frozen=True, slots=True)
class _Branch:
    """A run that has just branched off a trunk, at step `begun`."""

    run: Run
    told: RunHistory
    begun: int


class BranchingExecutor(SlotExecutor):
    """An `Executor` whose jobs branch off their parents' runs.

    A trunk takes a slot while it is trained and none while it is paused. A baseline and a census are separate runs,
    since branching would gain them nothing.

    Args:
        start: Makes a run at step 0: for a job, or for a root (a job with nothing but seed and arguments that stops
            at step 0).
        slots: How many jobs may be under way at a time.
        room: The memory available to them; paused runs are not counted.
        most_paused: How many runs may be paused; each holds about one copy of the training state.

    Example:
        >>> executor = BranchingExecutor(lambda job, attempt, listener: ..., slots=2)
        >>> executor.submit((Job(stop=25),), attempt=1)
        >>> [started.attempt for started in executor.begin()]
        [1]
        >>> executor.close()
    """

    def __init__(
        self, start: StartRun, slots: int, room: Capacity = UNKNOWN, *, most_paused: int = MOST_PAUSED
    ) -> None:
        super().__init__(start, slots, room)
        self._paused = PausedRuns(most_paused, self._open.close)
        self._roots: Counter[str] = Counter()
        self._wasted: dict[str, int] = {}  # for held trunks: the first job that replays one has to count its steps

    def _holds(self, job: Job) -> bool:
        return False

    def _perform(self, assignment: Assignment) -> Performance | None:
        job, turn = assignment.job, _Turn(assignment)
        if job.parent is None and job.evaluate is not None and job.evaluate.kind in ("natural", "census"):
            return self._replay(assignment)
        lineage = (Job(stop=0, seed=job.seed, arguments=job.arguments), *assignment.lineage)
        run = self._leave_parent(lineage, turn)
        if isinstance(run, CannotBranch):
            if job.evaluate is None:
                self._wasted[job.key] = turn.wasted
                return None
            wasted = turn.wasted + sum(self._wasted.pop(trunk.key, 0) for trunk in assignment.lineage)
            replay = self._replay(assignment)
            passage = replace(replay.passage, executed=replay.passage.executed + wasted)
            run = replace(replay, passage=passage, notes=(*replay.notes, Note("replayed", {"reason": run.reason})))
        return run if run.brought else replace(run, recomputed=turn.recomputed)

    def _leave_parent(self, lineage: tuple[Job, ...], turn: _Turn) -> Performance | CannotBranch:
        """Perform a job on a branch off its parent's run; return the error if that run cannot be branched."""
        try:
            return self._grow(lineage, turn) if lineage[-1].evaluate is None else self._score(lineage, turn)
        except CannotBranch as cannot:
            return cannot

    def _grow(self, lineage: tuple[Job, ...], turn: _Turn) -> Performance:
        """Train a trunk that was asked for, and leave it paused.

        Raises:
            CannotBranch: The run that it leaves cannot be branched.
        """
        with self._paused.use(lineage[-1].key, lambda: self._train(lineage, turn)) as trunk:
            return trunk.performance

    def _score(self, lineage: tuple[Job, ...], turn: _Turn) -> Performance:
        """Perform a scored job on a branch off its parent's run.

        Raises:
            CannotBranch: Its parent's run cannot be branched.
        """
        job = lineage[-1]
        if job.in_place and self._not_at_home:  # a branch begins in a mirror: its steps there would be unlike the rest
            raise CannotBranch("cannot-branch", reason=self._not_at_home)
        branch = self._branch(lineage, turn)
        if isinstance(branch, Performance):
            blew_up = branch.passage.ending is Ending.BLOWN_UP
            return self._replay(turn.assignment) if blew_up and job.stop_rule.blown_up == "halve" else branch

        try:
            return self._perform_on(branch, job, stop_of(job), turn)
        finally:
            self._open.close(branch.run)

    def _perform_on(self, branch: _Branch, job: Job, stop: int | None, turn: _Turn) -> Performance:
        """Perform a job on a branch.

        Raises:
            CannotBranch: The branch noticed on its way that it differs from a replay; its steps are wasted.
        """
        try:
            act = partial(run_job, branch.run, job, [(job, stop)], branch.told, branch.begun)
            return failures_as_outcome(act, branch.told, branch.begun)
        except CannotBranch:
            turn.wasted += max(0, len(branch.told.of("loss")) - branch.begun)
            raise

    def _train(self, lineage: tuple[Job, ...], turn: _Turn) -> Trunk:
        """Bring a run to the stop of a trunk: for the trunk itself, or again for a job that branches off it.

        Raises:
            CannotBranch: The run that it leaves cannot be branched.
        """
        *ancestors, trunk = lineage
        branch = self._branch(lineage, turn) if ancestors else self._start_root(trunk, turn)
        if isinstance(branch, Performance):
            return Trunk(branch, None)
        try:
            went = self._perform_on(branch, trunk, trunk.stop, turn)
        except CannotBranch:
            self._open.close(branch.run)
            raise
        if went.passage.ending is Ending.DONE:
            return Trunk(went, branch.run)
        self._open.close(branch.run)
        starts_badly = not ancestors and not was_killed(went)  # its jobs are to fail by themselves, each for itself
        return Trunk(went, None, "failed" if starts_badly else "")

    def _start_root(self, root: Job, turn: _Turn) -> _Branch:
        """A fresh run; what it reports before its first step is passed on to all its branches."""
        self._roots[root.key] += 1
        hearing = RunListener(turn.assignment.job, turn.assignment.attempt, self._queue.put)
        run = self._open.admit(self._start(root, self._roots[root.key], hearing))
        return _Branch(run, hearing.told, 0)

    def _branch(self, lineage: tuple[Job, ...], turn: _Turn) -> _Branch | Performance:
        """A branch for a job off its parent's run; if the parent ended before, and so the job with it, how it ended.

        A parent whose process has gone is trained again.

        Raises:
            CannotBranch: The run cannot be branched.
        """
        branch = self._branch_off(lineage, turn)
        is_gone = isinstance(branch, Performance) and branch.passage.failure == _GONE
        return self._branch_off(lineage, turn) if is_gone else branch

    def _branch_off(self, lineage: tuple[Job, ...], turn: _Turn) -> _Branch | Performance:
        """The same as `_branch`, with the trunk as it is, or trained now if it is missing."""
        assignment, parent, job = turn.assignment, lineage[-2], lineage[-1]

        def train_again() -> Trunk:
            trained = self._train(lineage[:-1], turn)
            turn.recomputed += trained.performance.passage.executed
            return trained

        with self._paused.use(parent.key, train_again) as trunk:
            went = trunk.performance
            if trunk.run is None and not trunk.cannot:
                return replace(went, passage=replace(went.passage, executed=0), brought=not was_killed(went))
            begun = went.passage.step
            told = went.told.copy()
            first = begun - turn.recomputed
            hearing = RunListener(assignment.job, assignment.attempt, self._queue.put, told, first, run_for=job)
            try:
                return _Branch(self._open.admit(self._paused.branch(trunk, hearing)), told, begun)
            except CannotBranch as cannot:
                if cannot.reason != _GONE.name:
                    raise
                return Performance(told, Passage(begun, Ending.FAILED, 0, failure=_GONE))
