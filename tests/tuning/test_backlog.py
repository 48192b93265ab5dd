"""Mirrors ratecraft/tuning/backlog.py."""

import pytest

from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Failure, Outcome
from ratecraft.tuning.backlog import Backlog

GRAND = Job(stop=10)
TRUNK = Job(start=10, stop=20, parent=GRAND.key)
BRANCH = Job(start=20, stop=26, parent=TRUNK.key, evaluate=Evaluate("frozen", steps=8))


def after(*events: Event) -> Backlog:
    backlog = Backlog()
    for event in (*(Proposed(job, "branch") for job in (GRAND, TRUNK, BRANCH)), *events):
        backlog = backlog.after(event)
    return backlog


def test_a_lineage_begins_with_the_oldest_ancestor() -> None:
    assert after().lineage(BRANCH, {}.get) == (GRAND, TRUNK, BRANCH)


def test_ancestors_that_have_ended_are_asked_of_the_record() -> None:
    ended = after(Finished(Outcome(GRAND.key, Ending.DONE), 1), Finished(Outcome(TRUNK.key, Ending.DONE), 1))
    assert not any(job is GRAND or job is TRUNK for job in ended.jobs.values())
    assert ended.lineage(BRANCH, {each.key: each for each in (GRAND, TRUNK)}.get) == (GRAND, TRUNK, BRANCH)


def test_of_a_failure_the_latest_finish_is_kept_without_its_losses() -> None:
    failure = Failure("exception", "KeyError", "'x'", "train.py", 7)
    failed = Finished(Outcome(TRUNK.key, Ending.FAILED, losses=(1.0, 2.0), failure=failure), 1)
    done = Finished(Outcome(TRUNK.key, Ending.DONE, losses=(1.0,)), 2)
    bare = Finished(Outcome(TRUNK.key, Ending.FAILED, failure=failure), 1)
    assert [*after(failed).failed.values()] == [bare]
    assert [each.outcome.ending for each in after(failed, done).failed.values()] == [Ending.DONE]
    assert not after(done).failed


def test_a_lineage_needs_every_ancestor_to_be_proposed() -> None:
    with pytest.raises(KeyError, match=GRAND.key):
        Backlog().after(Proposed(TRUNK, "branch")).lineage(TRUNK, {}.get)


def test_unfinished_are_the_jobs_without_an_outcome_in_their_order() -> None:
    finished = after(Started(TRUNK.key, 1), Finished(Outcome(TRUNK.key, Ending.DONE), 1))
    assert finished.unfinished() == (GRAND, BRANCH)


def test_the_next_attempt_follows_the_latest_that_was_started() -> None:
    tried = after(Started(BRANCH.key, 1), Started(BRANCH.key, 2))
    assert (tried.next_attempt(BRANCH), tried.next_attempt(TRUNK)) == (3, 1)


def test_progress_changes_nothing() -> None:
    assert after(Progress(BRANCH.key, 3, 3, 0.5)) == after()
