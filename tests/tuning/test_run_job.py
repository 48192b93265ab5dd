"""Mirrors ratecraft/tuning/run_job.py; how runs are performed is told by the tests of the executors."""

import pytest
from tests.conformance.arithmetic_run import ArithmeticRun, Problem
from tests.conformance.run_suite import Heard

from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Failure
from ratecraft.records.running import Passage, Score
from ratecraft.tuning.outcomes import Performance
from ratecraft.tuning.run_job import OpenRuns, failures_as_outcome, stop_of, was_killed
from ratecraft.tuning.run_listener import RunHistory

KILLED = Failure("killed", "SIGKILL")


def new_run() -> ArithmeticRun:
    return ArithmeticRun(Problem(), 0, Heard())


def test_runs_that_are_open_are_ended_together_and_those_that_were_closed_are_not_asked_again() -> None:
    runs, still_open, over = OpenRuns(), new_run(), new_run()
    for run in (still_open, over):
        runs.admit(run)
    runs.close(over)
    over.close = lambda: pytest.fail("closed twice")  # pyright: ignore[reportAttributeAccessIssue]
    runs.close_all()
    assert still_open._closed.is_set()


def test_a_run_that_comes_after_the_end_of_all_is_ended_at_once() -> None:
    runs, late = OpenRuns(), new_run()
    runs.close_all()
    with pytest.raises(RuntimeError, match="the executor was closed"):
        runs.admit(late)
    assert late._closed.is_set()


def test_a_defect_is_an_outcome_that_keeps_what_was_told() -> None:
    told = RunHistory({"loss": [3.0, 2.0, 1.0]})
    run = failures_as_outcome(lambda: 1 // 0, told, begun=2)
    assert isinstance(run, Performance)
    assert run.told is told
    assert (run.passage.step, run.passage.executed, run.passage.ending) == (3, 1, Ending.FAILED)
    assert run.passage.failure is not None
    failure = run.passage.failure
    assert (failure.kind, failure.name, failure.file) == ("defect", "ZeroDivisionError", __file__)


def test_a_natural_end_is_no_stop() -> None:
    natural, probe = Evaluate("natural"), Evaluate("frozen", steps=8)
    assert [stop_of(Job(stop=9, evaluate=how)) for how in (natural, probe, None)] == [None, 9, 9]


@pytest.mark.parametrize(
    ("passage", "score", "killed"),
    [
        (Passage(9, Ending.DONE, 9), Score(0.5), False),
        (Passage(9, Ending.FAILED, 9, failure=KILLED), None, True),
        (Passage(9, Ending.DONE, 9), Score(None, failure=KILLED), True),
        (Passage(9, Ending.BLOWN_UP, 9, failure=KILLED), None, False),
        (Passage(9, Ending.FAILED, 9, failure=Failure("out-of-memory")), None, False),
    ],
)
def test_a_run_was_killed_where_its_process_was_and_it_had_not_blown_up(
    passage: Passage, score: Score | None, killed: bool
) -> None:
    assert was_killed(Performance(RunHistory(), passage, score)) is killed
