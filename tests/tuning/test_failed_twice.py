"""Mirrors ratecraft/tuning/failed_twice.py."""

import pytest

from ratecraft.records.events import Finished
from ratecraft.records.outcome import Ending, Failure, Outcome
from ratecraft.tuning.failed_twice import failed_twice

KEY_ERROR = Failure("exception", "KeyError", "'x'", "train.py", 7)


def finish(job: str, failure: Failure | None, ending: Ending = Ending.FAILED, attempt: int = 1) -> Finished:
    return Finished(Outcome(job, ending, failure=failure), attempt)


def test_two_jobs_with_one_exception_at_one_line_failed_alike() -> None:
    other_text = Failure("exception", "KeyError", "'y'", "train.py", 7)
    assert failed_twice([finish("a", KEY_ERROR), finish("b", None, Ending.DONE), finish("c", other_text)]) == other_text


@pytest.mark.parametrize(
    "other",
    [
        Failure("exception", "KeyError", "'x'", "train.py", 8),
        Failure("exception", "KeyError", "'x'", "model.py", 7),
        Failure("exception", "IndexError", "'x'", "train.py", 7),
    ],
)
def test_another_line_file_or_exception_is_another_failure(other: Failure) -> None:
    assert failed_twice([finish("a", KEY_ERROR), finish("b", other)]) is None


def test_a_job_that_blew_up_before_it_failed_does_not_count() -> None:
    assert failed_twice([finish("a", KEY_ERROR), finish("b", KEY_ERROR, Ending.BLOWN_UP)]) is None


def test_a_trunk_that_failed_with_its_branch_does_not_count() -> None:
    assert failed_twice([finish("trunk", KEY_ERROR, attempt=0), finish("branch", KEY_ERROR)]) is None


def test_one_job_that_was_run_again_does_not_count_twice() -> None:
    assert failed_twice([finish("a", KEY_ERROR, attempt=1), finish("a", KEY_ERROR, attempt=2)]) is None


@pytest.mark.parametrize("failure", [Failure("killed", "SIGKILL"), Failure("out-of-memory", "SIGKILL")])
def test_what_was_killed_from_outside_says_nothing_of_the_script(failure: Failure) -> None:
    assert failed_twice([finish("a", failure), finish("b", failure)]) is None


@pytest.mark.parametrize("failure", [Failure("exit", "1"), Failure("out-of-memory", "OutOfMemoryError", "", "a.py", 3)])
def test_the_same_exit_code_and_memory_that_runs_out_at_one_line_count(failure: Failure) -> None:
    assert failed_twice([finish("a", failure), finish("b", failure)]) == failure
