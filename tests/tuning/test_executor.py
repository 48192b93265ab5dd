"""Mirrors ratecraft/tuning/executor.py."""

import math
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.conformance.arithmetic_run import ArithmeticRun, Killed, Problem, start_run
from tests.tuning.ladder import branch_of, final_of, trunk_of
from tests.tuning.performing import all_happenings, finishes, finishes_of, without_costs

from ratecraft.laws.capacity import Capacity
from ratecraft.records.events import Finished, Progress, Started
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.outcome import Ending, Failure, Note, Outcome, RunFacts
from ratecraft.records.running import Listener, Passage, Run, Score
from ratecraft.records.storage.series import unpack
from ratecraft.tuning.executor import ReplayExecutor

FROZEN = Evaluate("frozen", steps=8)
RATE, TOO_HIGH = 0.002, 0.5
GRAND = trunk_of(RATE, 24)
TRUNK = trunk_of(RATE, 48, GRAND)
BRANCH = branch_of(TRUNK, RATE, FROZEN)


def lone_job(rate: float = RATE, stop: int | None = 32, how: Evaluate = FROZEN) -> Job:
    return Job({"rate": trunk_of(rate).schedules["rate"]}, stop=stop, evaluate=how)


def perform(*lineages: tuple[Job, ...], problem: Problem | None = None) -> list[Finished]:
    """The finishes of a lone executor with one slot."""
    return finishes_of(ReplayExecutor(start_run(problem or Problem()), slots=1), *lineages)


def outcome_of(job: Job, problem: Problem | None = None) -> Outcome:
    ((finished),) = perform((job,), problem=problem)
    return finished.outcome


def test_a_scored_job_is_told_while_it_runs_and_ends_with_its_outcome() -> None:
    executor = ReplayExecutor(start_run(Problem()), slots=1)
    job = lone_job()
    executor.submit((job,), 3)
    started, *told, finished = all_happenings(executor)
    executor.close()
    assert started == Started(job.key, 3)
    assert isinstance(finished, Finished)
    assert finished.attempt == 3
    assert finished.outcome.ending is Ending.DONE
    assert finished.outcome.notes == (Note("own-batches"),)
    assert finished.outcome.facts.optimizers == ("Momentum",)
    blocks = [each for each in told if isinstance(each, tuple)]
    losses = [value for _, _, block in blocks if block.name == "loss" for value in unpack(block.values)]
    assert {(key, attempt) for key, attempt, _ in blocks} == {(job.key, 3)}
    assert tuple(losses) == finished.outcome.losses
    assert [each.step for each in told if isinstance(each, Progress) and each.loss is not None] == [8, 16, 24, 32]


def test_a_trunk_is_held_without_a_slot_and_without_a_run() -> None:
    executor = ReplayExecutor(start_run(Problem()), slots=1)
    executor.submit((GRAND,), 1)
    executor.submit((GRAND, TRUNK), 1)
    assert executor.free == 1
    assert list(executor.begin()) == []
    assert executor.idle
    executor.close()


def test_every_held_ancestor_gets_its_outcome_from_the_first_child_that_replays_it() -> None:
    found = perform((GRAND,), (GRAND, TRUNK), (GRAND, TRUNK, BRANCH))
    assert [each.outcome.job for each in found] == [GRAND.key, TRUNK.key, BRANCH.key]
    assert [each.attempt for each in found] == [0, 0, 1]
    assert [each.outcome.executed for each in found] == [0, 0, 64]
    assert [each.outcome.steps for each in found] == [24, 24, 16]


def test_a_replay_in_pieces_is_the_run_in_one_piece() -> None:
    pieces = perform((GRAND,), (GRAND, TRUNK), (GRAND, TRUNK, BRANCH))
    whole = outcome_of(Job(BRANCH.schedules, stop=BRANCH.stop, evaluate=FROZEN))
    assert tuple(loss for each in pieces for loss in each.outcome.losses) == whole.losses
    assert pieces[-1].outcome.score == whole.score


def test_a_trunk_is_told_once_whatever_children_it_has() -> None:
    final = final_of(GRAND, RATE, RATE / 2)
    found = perform((GRAND,), (GRAND, branch_of(GRAND, RATE, FROZEN)), (GRAND, final))
    assert sum(each.outcome.job == GRAND.key for each in found) == 1


def test_a_trunk_that_was_never_submitted_is_not_told() -> None:
    assert [each.outcome.job for each in perform((GRAND, TRUNK, BRANCH))] == [BRANCH.key]


def test_a_run_that_blows_up_in_a_trunk_is_the_blow_up_of_all_that_leaves_it() -> None:
    trunk = trunk_of(TOO_HIGH, 24)
    child = trunk_of(TOO_HIGH, 48, trunk)
    branch = branch_of(child, TOO_HIGH, FROZEN)
    found = perform((trunk,), (trunk, child), (trunk, child, branch))
    assert [each.outcome.ending for each in found] == [Ending.BLOWN_UP] * 3
    assert found[0].outcome.steps > 0
    assert [each.outcome.steps for each in found[1:]] == [0, 0]
    assert [each.outcome.score for each in found] == [None] * 3


def test_a_slot_is_free_again_once_the_end_of_its_job_was_read() -> None:
    executor = ReplayExecutor(start_run(Problem()), slots=2)
    executor.submit((lone_job(),), 1)
    assert (executor.free, executor.idle) == (1, True)
    list(executor.begin())
    assert (executor.free, executor.idle) == (1, False)
    all_happenings(executor)
    assert (executor.free, executor.idle) == (2, True)
    executor.close()


def test_as_many_runs_as_slots_are_under_way_together() -> None:
    together = threading.Barrier(3)

    def meet(step: int, rate: float, loss: float) -> None:
        if step == 5:
            together.wait(60)

    executor = ReplayExecutor(start_run(Problem(at_step=meet)), slots=3)
    for rate in (0.001, 0.002, 0.003):
        executor.submit((lone_job(rate),), 1)
    assert {each.outcome.ending for each in finishes(all_happenings(executor))} == {Ending.DONE}
    executor.close()


class Heavy(ArithmeticRun):
    """A run that tells how much memory it held."""

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        facts, notes = super().facts()
        return replace(facts, peak_memory=4_000_000_000, device_memory=1_000_000_000), notes


def test_there_are_fewer_slots_once_a_job_was_seen_to_need_more_memory_than_all_could_have() -> None:
    room = Capacity(memory=9_000_000_000, devices=(24_000_000_000,))
    executor = ReplayExecutor(lambda job, attempt, listener: Heavy(Problem(), 0, listener), slots=3, room=room)
    executor.submit((lone_job(0.001),), 1)
    assert executor.free == 2
    (first,) = finishes(all_happenings(executor))
    assert executor.free == 2
    executor.submit((lone_job(0.002),), 1)
    (second,) = finishes(all_happenings(executor))
    executor.close()
    said = [[note for note in each.outcome.notes if note.code == "fewer-workers"] for each in (first, second)]
    assert said == [[Note("fewer-workers", {"asked": 3, "workers": 2, "memory": 4.0, "device": 1.0})], []]


def test_what_a_record_tells_of_memory_counts_before_any_job() -> None:
    executor = ReplayExecutor(start_run(Problem()), slots=3, room=Capacity(memory=9_000_000_000))
    executor.learn(RunFacts(peak_memory=5_000_000_000))
    assert executor.free == 1
    executor.close()


def test_a_natural_end_is_waited_for_whatever_the_stop() -> None:
    outcome = outcome_of(lone_job(stop=40, how=Evaluate("natural", "val_loss")))
    assert (outcome.ending, outcome.steps, outcome.executed) == (Ending.DONE, 40, 160)


def test_a_script_that_ends_before_the_stop_ended_early() -> None:
    outcome = outcome_of(lone_job(stop=200, how=Evaluate("natural", "val_loss")))
    assert (outcome.ending, outcome.steps) == (Ending.ENDED_EARLY, 160)
    assert outcome.score is not None


def test_a_figure_scores_the_stop_and_the_best_one_is_found() -> None:
    outcome = outcome_of(lone_job(stop=50, how=Evaluate("figure", "val_loss", steps=20)))
    assert (outcome.steps, outcome.frozen) == (50, 10)
    assert [figure.step for figure in outcome.figures] == [20, 40, 50]
    assert outcome.score == outcome.figures[-1].value
    assert outcome.best_score == min(figure.value for figure in outcome.figures)


def test_a_census_finds_the_horizon() -> None:
    outcome = outcome_of(Job(stop=1, evaluate=Evaluate("census")))
    assert (outcome.steps, outcome.facts.horizon) == (1, 160)


def test_a_rate_that_is_halved_goes_on() -> None:
    rule = StopRule("halve", copy_every=8, most_halvings=20)
    schedules = lone_job(TOO_HIGH).schedules
    outcome = outcome_of(Job(schedules, stop=160, stop_rule=rule, evaluate=FROZEN))
    assert outcome.ending is Ending.DONE
    assert outcome.halvings
    assert len(outcome.losses) == 160


def test_a_script_that_raises_has_failed_at_its_line() -> None:
    def faulty(step: int, rate: float, loss: float) -> None:
        if step == 11:
            raise KeyError("missing")

    outcome = outcome_of(lone_job(), Problem(at_step=faulty))
    assert (outcome.ending, outcome.steps, outcome.executed) == (Ending.FAILED, 11, 11)
    assert outcome.failure is not None
    assert outcome.failure.place[:2] == ("KeyError", __file__)


class BrokenRun(ArithmeticRun):
    """A run with a defect of its own in one of its methods."""

    where = ""

    def _break(self, where: str) -> None:
        if where == self.where:
            raise ZeroDivisionError(f"in {where}")

    def advance(self, *arguments: object, **named: object) -> Passage:
        passage = super().advance(*arguments, **named)  # pyright: ignore[reportArgumentType]
        self._break("advance")
        return passage

    def evaluate(self, how: Evaluate) -> Score:
        self._break("evaluate")
        return super().evaluate(how)

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        self._break("facts")
        return super().facts()

    def close(self) -> None:
        self._break("close")


@pytest.mark.parametrize("where", ["start", "advance", "evaluate", "facts", "close"])
def test_a_defect_of_a_run_is_the_outcome_of_its_job_and_the_next_job_runs(where: str) -> None:
    def start(job: Job, attempt: int, listener: Listener) -> Run:
        if job.seed and where == "start":
            raise ZeroDivisionError("in start")
        run = BrokenRun(Problem(), job.seed, listener)
        run.where = where if job.seed else ""
        return run

    executor = ReplayExecutor(start, slots=1)
    for job in (Job(stop=16, seed=1, evaluate=FROZEN), Job(stop=16, evaluate=FROZEN)):
        executor.submit((job,), 1)
        all_happenings(executor)
    executor.submit((Job(stop=24, seed=1, evaluate=FROZEN),), 1)
    ((broken),) = finishes(all_happenings(executor))
    executor.close()
    failure = broken.outcome.failure
    assert failure is not None
    assert (broken.outcome.ending, failure.kind, failure.message) == (Ending.FAILED, "defect", f"in {where}")
    assert failure.name == "ZeroDivisionError"
    assert broken.outcome.steps == (0 if where == "start" else 24)


@pytest.fixture
def endless() -> tuple[Problem, Callable[[], bool]]:
    """A script without an end, and whether it has begun (waits for it)."""
    begun = threading.Event()
    problem = Problem(horizon=10**9, at_step=lambda step, rate, loss: begun.set())
    return problem, lambda: begun.wait(60)


def test_closing_ends_a_run_under_way_and_it_never_happened(endless: tuple[Problem, Callable[[], bool]]) -> None:
    problem, has_begun = endless
    executor = ReplayExecutor(start_run(problem), slots=2)
    executor.submit((trunk_of(RATE),), 1)
    executor.submit((trunk_of(RATE), branch_of(trunk_of(RATE), RATE, Evaluate("natural"))), 1)
    list(executor.begin())
    assert has_begun()
    executor.close()
    executor.close()
    assert list(executor.happenings(0)) == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("slot ")]


def test_what_was_not_read_before_closing_never_happened() -> None:
    executor = ReplayExecutor(start_run(Problem()), slots=1)
    executor.submit((lone_job(),), 1)
    list(executor.begin())
    reading = executor.happenings(60)
    assert next(reading)
    executor.close()
    assert list(reading) == []


def test_a_run_that_is_made_while_the_executor_closes_does_not_begin() -> None:
    making, made = threading.Event(), threading.Event()
    steps: list[int] = []
    problem = Problem(horizon=10**9, at_step=lambda step, rate, loss: steps.append(step) if made.is_set() else None)
    runs: list[ArithmeticRun] = []

    def start(job: Job, attempt: int, listener: Listener) -> Run:
        making.set()
        made.wait(60)
        runs.append(ArithmeticRun(problem, 0, listener))
        return runs[0]

    executor = ReplayExecutor(start, slots=1)
    executor.submit((lone_job(stop=None, how=Evaluate("natural")),), 1)
    list(executor.begin())
    assert making.wait(60)
    closing = threading.Thread(target=executor.close)
    closing.start()
    made.set()
    closing.join(60)
    assert not closing.is_alive()
    assert list(executor.happenings(0)) == []
    assert runs[0]._closed.is_set()


def test_the_wall_time_of_a_job_is_told() -> None:
    assert math.isfinite(outcome_of(lone_job()).seconds)
    assert outcome_of(lone_job()).seconds > 0


# ---- processes that are killed


def killed_at(step: int, times: int) -> Problem:
    """A script whose process is killed at a step, so many times."""
    left = iter(range(times))

    def kill(now: int, rate: float, loss: float) -> None:
        if now == step and next(left, None) is not None:
            raise Killed

    return Problem(at_step=kill)


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_job_whose_process_is_killed_is_tried_again(times: int) -> None:
    executor = ReplayExecutor(start_run(killed_at(11, times)), slots=1)
    executor.submit((lone_job(),), 4)
    happenings = all_happenings(executor)
    executor.close()
    attempts = [each.attempt for each in happenings if isinstance(each, Started)]
    (finished,) = finishes(happenings)
    assert attempts == list(range(4, 5 + times))
    assert (finished.outcome.ending, finished.attempt) == (Ending.DONE, 4 + times)
    assert without_costs(finished.outcome) == without_costs(outcome_of(lone_job()))


def test_a_job_that_is_killed_a_third_time_has_failed() -> None:
    (finished,) = perform((lone_job(),), problem=killed_at(11, 3))
    assert (finished.outcome.ending, finished.attempt, finished.outcome.steps) == (Ending.FAILED, 3, 11)
    assert finished.outcome.failure == Failure("killed", "SIGKILL")


def test_memory_that_a_script_says_it_lacks_is_not_tried_again() -> None:
    def lack(step: int, rate: float, loss: float) -> None:
        raise MemoryError

    (finished,) = perform((lone_job(),), problem=Problem(at_step=lack))
    assert (finished.outcome.ending, finished.attempt) == (Ending.FAILED, 1)


def test_a_trunk_is_brought_by_the_attempt_that_ends_its_job() -> None:
    found = perform((GRAND,), (GRAND, branch_of(GRAND, RATE, FROZEN)), problem=killed_at(11, 1))
    assert [(each.outcome.ending, each.attempt) for each in found] == [(Ending.DONE, 0), (Ending.DONE, 2)]


def test_an_evaluation_that_is_killed_is_tried_again() -> None:
    left = iter([Failure("killed", "SIGKILL")])

    class KilledOnce(ArithmeticRun):
        def evaluate(self, how: Evaluate) -> Score:
            failure = next(left, None)
            return Score(None, failure=failure) if failure else super().evaluate(how)

    executor = ReplayExecutor(lambda job, attempt, listener: KilledOnce(Problem(), 0, listener), slots=1)
    (finished,) = finishes_of(executor, (lone_job(),))
    assert (finished.outcome.ending, finished.attempt) == (Ending.DONE, 2)
