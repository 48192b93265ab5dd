"""Mirrors ratecraft/controllers/synchronous.py."""

from collections.abc import Iterable

import pytest

from ratecraft.controllers.synchronous import Asking, State, next_jobs, observe
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Outcome

METRIC = Metric("val_loss", "min")
FROZEN = Evaluate("frozen", steps=8)


def trunk(stop: int) -> Proposed:
    return Proposed(Job(stop=stop), "bracket")


def branch(stop: int) -> Proposed:
    return Proposed(Job(start=stop, stop=stop + 8, parent=Job(stop=stop).key, evaluate=FROZEN), "bracket")


def two_batches() -> Asking[Answer]:
    first = yield (trunk(24), branch(24), trunk(48), branch(48))
    second = yield (trunk(96), branch(96))
    return Answer("gain", METRIC, rate=sum(outcome.score or 0.0 for outcome in (*first, *second)))


def after(events: Iterable[Event]) -> State:
    state = State()
    for event in events:
        state = observe(state, event)
    return state


def done(proposed: Proposed, score: float = 1.0) -> Finished:
    return Finished(Outcome(proposed.job.key, Ending.DONE, score=score), 1)


FIRST = (trunk(24), branch(24), trunk(48), branch(48))
ENDED = tuple(done(each) for each in FIRST)


def test_all_of_a_batch_is_wanted_where_there_is_room() -> None:
    assert next_jobs(two_batches(), State(), free=8) == FIRST


def test_a_trunk_takes_no_place_beside_the_job_that_leaves_it() -> None:
    assert next_jobs(two_batches(), State(), free=1) == FIRST[:2]


def test_nothing_is_wanted_without_a_free_place() -> None:
    assert next_jobs(two_batches(), State(), free=0) == ()


def test_a_trunk_by_itself_takes_a_place() -> None:
    def alone() -> Asking[Answer]:
        yield (trunk(24), trunk(48))
        return Answer("gain", METRIC)

    assert next_jobs(alone(), State(), free=1) == (trunk(24),)


def test_what_was_proposed_is_not_wanted_again() -> None:
    assert next_jobs(two_batches(), after(FIRST[:2]), free=8) == FIRST[2:]


def test_the_next_batch_waits_for_the_whole_of_this_one() -> None:
    assert next_jobs(two_batches(), after((*FIRST, *ENDED[:3])), free=8) == ()


def test_the_next_batch_follows_the_last_outcome() -> None:
    assert next_jobs(two_batches(), after((*FIRST, *ENDED)), free=8) == (trunk(96), branch(96))


@pytest.mark.parametrize("turn", range(4))
def test_outcomes_reach_the_study_in_the_order_it_asked_for_them(turn: int) -> None:
    ended = [done(each, place) for place, each in enumerate((*FIRST, trunk(96), branch(96)))]
    answer = next_jobs(two_batches(), after((*FIRST, *ended[turn:], *ended[:turn])), free=1)
    assert answer == Answer("gain", METRIC, rate=15.0)


def test_a_start_and_progress_change_nothing() -> None:
    assert after([*FIRST, Started(FIRST[0].job.key, 1), Progress(FIRST[0].job.key, 3, 3)]) == after(FIRST)


def test_a_batch_of_no_jobs_is_answered_at_once() -> None:
    def nothing() -> Asking[Answer]:
        assert (yield ()) == ()
        return Answer("no-information", METRIC)

    assert next_jobs(nothing(), State(), free=1) == Answer("no-information", METRIC)
