"""Mirrors ratecraft/tuning/branching.py."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conformance.arithmetic_run import ArithmeticRun, Killed, Problem, start_run
from tests.tuning.job_trees import Lineage, job_trees
from tests.tuning.ladder import branch_of, final_of, trunk_of
from tests.tuning.performing import all_happenings, finishes, finishes_of, without_costs

from ratecraft.errors import CannotBranch
from ratecraft.records.events import Finished, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Note, Outcome
from ratecraft.records.running import Listener, Passage, Run
from ratecraft.tuning.branching import BranchingExecutor
from ratecraft.tuning.executor import ReplayExecutor
from ratecraft.tuning.failed_twice import failed_twice

FROZEN = Evaluate("frozen", steps=8)
RATE, TOO_HIGH = 0.002, 0.5
GRAND = trunk_of(RATE, 24)
TRUNK = trunk_of(RATE, 48, GRAND)
BRANCH = branch_of(TRUNK, RATE, FROZEN)
SHORT = branch_of(GRAND, RATE, FROZEN)
FINAL = final_of(TRUNK, RATE, RATE / 2)
WHOLE = [(GRAND,), (GRAND, SHORT), (GRAND, TRUNK), (GRAND, TRUNK, BRANCH), (GRAND, TRUNK, FINAL)]


@dataclass
class Starts:
    """Starts runs and keeps them, with the jobs that they were started for and their threads."""

    problem: Problem = field(default_factory=Problem)
    jobs: list[Job] = field(default_factory=list[Job])
    runs: list[ArithmeticRun] = field(default_factory=list[ArithmeticRun])
    threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def __call__(self, job: Job, attempt: int, listener: Listener) -> Run:
        self.jobs.append(job)
        self.runs.append(ArithmeticRun(self.problem, job.seed, listener))
        self.threads.append(threading.current_thread())
        return self.runs[-1]


def branched(*lineages: Lineage, problem: Problem | None = None, slots: int = 1, most: int = 16) -> list[Finished]:
    return finishes_of(BranchingExecutor(start_run(problem or Problem()), slots, most_paused=most), *lineages)


def by_job(found: list[Finished]) -> dict[str, Outcome]:
    assert len({each.outcome.job for each in found}) == len(found)
    return {each.outcome.job: each.outcome for each in found}


def compared(found: list[Finished]) -> dict[str, str]:
    """Outcomes as text, in which NaN is equal to NaN, but for their costs and the note of a replay."""
    plain: dict[str, str] = {}
    for key, outcome in by_job(found).items():
        notes = tuple(note for note in outcome.notes if note.code != "replayed")
        plain[key] = repr(without_costs(replace(outcome, notes=notes)))
    return plain


def stops_from(rate: float, at: int) -> Callable[[int, float, float], None]:
    def stop(step: int, now: float, loss: float) -> None:
        if now >= rate and step >= at:
            raise ValueError("cannot go on")

    return stop


# ---- the same outcomes as by replay


@given(
    tree=job_trees(),
    slots=st.integers(1, 3),
    most=st.integers(0, 4),
    horizon=st.sampled_from([30, 70, 160]),
    fails=st.sampled_from([9.0, 0.008]),
    at=st.integers(1, 40),
    refuses=st.sampled_from([999, 999, 10, 0]),
)
def test_whatever_the_jobs_their_outcomes_are_those_of_replays(
    tree: list[Lineage], slots: int, most: int, horizon: int, fails: float, at: int, refuses: int
) -> None:
    problem = Problem(
        horizon=horizon,
        every=7,
        at_step=stops_from(fails, at),
        cannot_branch=lambda step: "by chance" if step >= refuses else "",
    )
    replayed = finishes_of(ReplayExecutor(start_run(problem), 1), *tree)
    assert compared(branched(*tree, problem=problem, slots=slots, most=most)) == compared(replayed)


@pytest.mark.parametrize("most", [0, 1, 2])
def test_more_slots_give_the_same_outcomes_and_costs(most: int) -> None:
    one, three = (by_job(branched(*WHOLE, slots=slots, most=most)) for slots in (1, 3))
    assert [replace(one[key], seconds=0, recomputed=0) for key in sorted(one)] == [
        replace(three[key], seconds=0, recomputed=0) for key in sorted(three)
    ]


# ---- what is executed


def test_every_job_executes_its_own_steps_alone() -> None:
    found = by_job(branched(*WHOLE))
    executed = {job.key: found[job.key].executed for (*_, job) in WHOLE}
    assert executed == {GRAND.key: 24, SHORT.key: 8, TRUNK.key: 24, BRANCH.key: 16, FINAL.key: 112}
    assert not any(outcome.recomputed for outcome in found.values())


def test_a_script_starts_once_for_every_seed_whatever_the_treatment() -> None:
    starts = Starts()
    clipped = Job(GRAND.schedules, stop=24, treatment="clip=1.0", evaluate=FROZEN)
    other_seed = Job(GRAND.schedules, stop=24, seed=1, evaluate=FROZEN)
    again = Job(GRAND.schedules, stop=26, seed=1, evaluate=FROZEN)
    finishes_of(BranchingExecutor(starts, 1), *WHOLE, (clipped,), (other_seed,), (again,))
    assert [(job.seed, job.treatment, job.stop, job.evaluate) for job in starts.jobs] == [
        (0, "", 0, None),
        (1, "", 0, None),
    ]


@pytest.mark.parametrize("how", [Evaluate("natural", "val_loss"), Evaluate("census")])
def test_a_baseline_and_a_census_are_runs_of_their_own(how: Evaluate) -> None:
    starts, job = Starts(), Job(stop=1 if how.kind == "census" else None, evaluate=how)
    finishes_of(BranchingExecutor(starts, 1), (job,))
    assert starts.jobs == [job]


# ---- slots


def test_a_trunk_has_a_slot_while_it_is_trained_and_none_while_it_waits() -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def wait(step: int, rate: float, loss: float) -> None:
        begun.set()
        assert goes_on.wait(60)

    executor = BranchingExecutor(start_run(Problem(at_step=wait)), slots=1)
    executor.submit((GRAND,), 1)
    executor.submit((GRAND, SHORT), 1)
    assert list(executor.begin()) == [Started(GRAND.key, 1)]
    assert begun.wait(60)
    assert (executor.free, executor.idle, list(executor.begin())) == (0, False, [])
    goes_on.set()
    happenings = all_happenings(executor)
    assert Started(SHORT.key, 1) in happenings
    assert (executor.free, executor.idle) == (1, True)
    executor.close()


def test_a_job_begins_after_its_parent_and_another_takes_the_slot_meanwhile() -> None:
    executor = BranchingExecutor(start_run(Problem()), slots=2)
    other = trunk_of(2 * RATE, 24)
    for lineage in ((GRAND,), (GRAND, SHORT), (other,)):
        executor.submit(lineage, 1)
    assert list(executor.begin()) == [Started(GRAND.key, 1), Started(other.key, 1)]
    later = all_happenings(executor)
    assert [each for each in later if isinstance(each, Started)] == [Started(SHORT.key, 1)]
    executor.close()


def test_children_leave_a_paused_run_one_at_a_time() -> None:
    inside, most = Counter[str](), Counter[str]()
    together = threading.Barrier(3)

    class Watched(ArithmeticRun):
        def advance(self, *arguments: object, **named: object) -> object:  # pyright: ignore[reportIncompatibleMethodOverride]
            if self.step == GRAND.stop:
                together.wait(60)  # all three are branches by then, each in a slot of its own
            return super().advance(*arguments, **named)  # pyright: ignore[reportArgumentType]

        def branch(self, listener: Listener) -> ArithmeticRun:
            inside["now"] += 1
            most["seen"] = max(most["seen"], inside["now"])
            twin = super().branch(listener)
            inside["now"] -= 1
            return twin

    executor = BranchingExecutor(lambda job, attempt, listener: Watched(Problem(), 0, listener), slots=3)
    children = [branch_of(GRAND, rate, FROZEN) for rate in (0.001, 0.002, 0.003)]
    found = finishes_of(executor, (GRAND,), *((GRAND, child) for child in children))
    assert [each.outcome.ending for each in found] == [Ending.DONE] * 4
    assert most["seen"] == 1


def test_a_run_is_started_in_a_thread_that_lives_as_long_as_the_executor() -> None:
    starts = Starts()
    executor = BranchingExecutor(starts, slots=1)
    for lineage in WHOLE:
        executor.submit(lineage, 1)
    all_happenings(executor)
    assert all(thread.is_alive() for thread in starts.threads)
    executor.close()
    assert not any(thread.is_alive() for thread in starts.threads)


# ---- runs that cannot be branched


def test_where_no_run_can_be_branched_all_is_as_by_replay_and_each_replay_says_why() -> None:
    problem = Problem(cannot_branch=lambda step: "loader-workers")
    found = by_job(branched(*WHOLE, problem=problem))
    replayed = by_job(finishes_of(ReplayExecutor(start_run(problem), 1), *WHOLE))
    assert {key: outcome.executed for key, outcome in found.items()} == {
        key: outcome.executed for key, outcome in replayed.items()
    }
    said = Note("replayed", {"reason": "loader-workers"})
    assert [found[job.key].notes.count(said) for (*_, job) in WHOLE] == [0, 1, 0, 1, 1]


def test_a_run_that_cannot_be_branched_is_closed_and_asked_only_once() -> None:
    asked: list[int] = []

    def refuse(step: int) -> str:
        asked.append(step)
        return "process"

    starts = Starts(Problem(cannot_branch=refuse))
    executor = BranchingExecutor(starts, slots=1)
    for lineage in WHOLE:
        executor.submit(lineage, 1)
    all_happenings(executor)
    assert asked == [0]
    assert all(run._closed.is_set() for run in starts.runs)
    executor.close()


def test_a_trunk_that_cannot_be_left_is_trained_and_its_children_are_replayed() -> None:
    found = by_job(branched(*WHOLE, problem=Problem(cannot_branch=lambda step: "thread" if step == 24 else "")))
    executed = {job.key: found[job.key].executed for (*_, job) in WHOLE}
    assert executed == {GRAND.key: 24, SHORT.key: 32, TRUNK.key: 0, BRANCH.key: 64, FINAL.key: 160}


def test_a_script_that_fails_before_its_first_step_fails_in_every_job() -> None:
    def start(job: Job, attempt: int, listener: Listener) -> Run:
        raise OSError("no such data")

    found = finishes_of(BranchingExecutor(start, 1), (GRAND,), (GRAND, SHORT))
    assert [each.outcome.failure and each.outcome.failure.message for each in found] == ["no such data"] * 2


class Straying(ArithmeticRun):
    """A run of which one branch finds out at its end that it is not like its replay; then no other one is made."""

    strayed: list[ArithmeticRun]
    is_branch = False

    def branch(self, listener: Listener) -> ArithmeticRun:
        if self.strayed:
            raise CannotBranch("cannot-branch", reason="absolute-path")
        twin = super().branch(listener)
        vars(twin)["is_branch"] = True
        return twin

    def advance(self, *arguments: object, **named: object) -> Passage:  # pyright: ignore[reportIncompatibleMethodOverride]
        passage = super().advance(*arguments, **named)  # pyright: ignore[reportArgumentType]
        if self.is_branch:
            self.strayed.append(self)
            raise CannotBranch("cannot-branch", reason="absolute-path")
        return passage


@pytest.mark.parametrize("through", [(), (GRAND,)], ids=["of a job", "of a trunk that is then held"])
def test_the_steps_of_a_branch_that_is_thrown_away_are_counted(through: Lineage) -> None:
    strayed: list[ArithmeticRun] = []

    def start(job: Job, attempt: int, listener: Listener) -> ArithmeticRun:
        run = Straying(Problem(), 0, listener)
        run.strayed = strayed
        return run

    job = branch_of(GRAND, RATE, FROZEN) if through else Job(GRAND.schedules, stop=24, evaluate=FROZEN)
    tree = ([through] if through else []) + [(*through, job)]
    found = by_job(finishes_of(BranchingExecutor(start, 1), *tree))
    replayed = by_job(finishes_of(ReplayExecutor(start_run(Problem()), 1), *tree))
    assert found[job.key].executed == replayed[job.key].executed + 24
    assert [run._closed.is_set() for run in strayed] == [True]


# ---- trunks that die


def test_what_leaves_a_trunk_that_blew_up_has_blown_up_without_a_step() -> None:
    trunk = trunk_of(TOO_HIGH, 24)
    child = trunk_of(TOO_HIGH, 48, trunk)
    branch = branch_of(child, TOO_HIGH, FROZEN)
    found = branched((trunk,), (trunk, child), (trunk, child, branch))
    assert [each.outcome.ending for each in found] == [Ending.BLOWN_UP] * 3
    assert [each.attempt for each in found] == [1, 0, 0]
    assert [each.outcome.executed > 0 for each in found] == [True, False, False]


def test_a_job_that_may_halve_its_rate_is_replayed_where_its_trunk_blew_up() -> None:
    trunk = trunk_of(TOO_HIGH, 24)
    final = final_of(trunk, TOO_HIGH, RATE)
    (_, finished) = branched((trunk,), (trunk, final))
    assert (finished.outcome.ending, finished.attempt, finished.outcome.executed) == (Ending.DONE, 1, 160)


def test_a_script_that_fails_in_a_trunk_has_failed_once() -> None:
    found = branched((GRAND,), (GRAND, SHORT), problem=Problem(at_step=stops_from(0.0, 11)))
    assert [each.outcome.ending for each in found] == [Ending.FAILED] * 2
    assert failed_twice(found) is None


# ---- paused runs that are no longer there


def test_a_job_alone_has_its_trunks_trained_once_more() -> None:
    unbroken = by_job(branched(*WHOLE))[BRANCH.key]
    ((finished),) = branched((GRAND, TRUNK, BRANCH))  # as in a study that goes on: its trunks have their outcomes
    assert replace(finished.outcome, seconds=0) == replace(unbroken, seconds=0, recomputed=48)


def test_trunks_are_trained_once_more_for_the_first_job_that_needs_them() -> None:
    found = by_job(branched((GRAND, TRUNK, BRANCH), (GRAND, TRUNK, FINAL), (GRAND, SHORT)))
    assert [found[job.key].recomputed for job in (BRANCH, FINAL, SHORT)] == [48, 0, 0]
    assert [found[job.key].executed for job in (BRANCH, FINAL, SHORT)] == [16, 112, 8]


def test_an_attempt_tells_every_step_that_is_run_for_it() -> None:
    executor = BranchingExecutor(start_run(Problem()), 1)
    executor.submit((GRAND, SHORT), 3)
    told = [each for each in all_happenings(executor) if isinstance(each, tuple)]
    executor.close()
    steps = [block.first + index for _, _, block in told if block.name == "loss" for index in range(block.count)]
    assert {(key, attempt) for key, attempt, _ in told} == {(SHORT.key, 3)}
    assert steps == list(range(32))


@pytest.mark.parametrize(("most", "trained_again"), [(2, 0), (1, 24), (0, 168)])
def test_the_least_recently_used_run_is_closed_where_too_many_wait(most: int, trained_again: int) -> None:
    found = by_job(branched(*WHOLE, (GRAND, branch_of(GRAND, 2 * RATE, FROZEN)), most=most))
    assert sum(outcome.recomputed for outcome in found.values()) == trained_again
    assert found[FINAL.key].executed == 112


@pytest.mark.parametrize("most", [0, 1, 2])
def test_no_more_runs_wait_than_may(most: int) -> None:
    runs: list[ArithmeticRun] = []

    class Kept(ArithmeticRun):
        def branch(self, listener: Listener) -> ArithmeticRun:
            runs.append(super().branch(listener))
            return runs[-1]

    executor = BranchingExecutor(lambda job, attempt, listener: Kept(Problem(), 0, listener), 1, most_paused=most)
    for lineage in WHOLE:
        executor.submit(lineage, 1)
    all_happenings(executor)
    assert sum(not run._closed.is_set() for run in runs) <= most
    executor.close()


def test_closing_ends_the_runs_that_wait() -> None:
    starts = Starts()
    executor = BranchingExecutor(starts, slots=1)
    executor.submit((GRAND,), 1)
    all_happenings(executor)
    assert not starts.runs[0]._closed.is_set()
    executor.close()
    assert starts.runs[0]._closed.is_set()


def test_a_run_that_died_while_it_waited_is_made_again() -> None:
    gone = iter(["gone"])
    problem = Problem(cannot_branch=lambda step: next(gone, "") if step == 24 else "")
    found = finishes_of(BranchingExecutor(start_run(problem), 1), (GRAND,), (GRAND, SHORT))
    assert [each.attempt for each in found] == [1, 1]
    assert (found[1].outcome.ending, found[1].outcome.recomputed, found[1].outcome.notes[1:]) == (Ending.DONE, 24, ())


def test_a_trunk_that_is_killed_each_time_fails_and_its_child_has_it_trained_once_more() -> None:
    kills = iter(range(3))

    def killed(step: int, rate: float, loss: float) -> None:
        if step == 11 and next(kills, None) is not None:
            raise Killed

    found = finishes(finishes_of(BranchingExecutor(start_run(Problem(at_step=killed)), 1), (GRAND,), (GRAND, SHORT)))
    assert [(each.outcome.ending, each.attempt) for each in found] == [(Ending.FAILED, 3), (Ending.DONE, 1)]
    assert found[1].outcome.recomputed == 24
