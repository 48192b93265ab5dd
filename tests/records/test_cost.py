"""Mirrors ratecraft/records/cost.py."""

import random

import pytest

from ratecraft.records.cost import costs
from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Job, Phase
from ratecraft.records.outcome import Ending, Outcome

HORIZON = 1000


def done(
    phase: Phase, job: Job, executed: int, attempt: int = 1, evaluation: float = 0.0, ending: Ending = Ending.DONE
) -> list[Event]:
    outcome = Outcome(job.key, ending, executed=executed, evaluation_steps=evaluation, seconds=2.0)
    started: list[Event] = [Started(job.key, attempt)] if attempt else []
    return [Proposed(job, phase), *started, Finished(outcome, attempt)]


BASELINE = Job()
TRUNK = Job(stop=32)
PROBE = Job(start=32, stop=40, parent=TRUNK.key)
FINAL = Job(stop=HORIZON)


def test_nothing_done_costs_nothing() -> None:
    spent = costs([Proposed(PROBE, "bracket")], HORIZON, {})
    assert (spent.runs, spent.total_runs, spent.recomputed_steps, spent.by_phase) == (0.0, 0.0, 0, {})


def test_baseline_is_counted_beside_the_runs() -> None:
    spent = costs([*done("baseline", BASELINE, 1000), *done("bracket", PROBE, 40)], HORIZON, {})
    assert (spent.runs, spent.baseline_runs, spent.total_runs) == (0.04, 1.0, 1.04)


def test_replayed_prefix_is_counted() -> None:
    assert costs(done("bracket", PROBE, executed=40), HORIZON, {}).runs == 0.04


def test_trunk_that_another_process_brought_along_costs_nothing_itself() -> None:
    assert costs([*done("bracket", TRUNK, 0, attempt=0), *done("bracket", PROBE, 40)], HORIZON, {}).runs == 0.04


@pytest.mark.parametrize("ending", list(Ending))
def test_steps_count_however_the_job_ended(ending: Ending) -> None:
    assert costs(done("final", FINAL, 500, ending=ending), HORIZON, {}).runs == 0.5


def test_evaluation_is_beside_the_runs_and_in_the_total() -> None:
    spent = costs(done("bracket", PROBE, 40, evaluation=10.0), HORIZON, {})
    assert (spent.runs, spent.evaluation_steps, spent.total_runs) == (0.04, 10.0, 0.05)


def test_steps_of_an_attempt_that_was_cut_off_are_recomputed_steps() -> None:
    events = [Started(FINAL.key, 1), Started(FINAL.key, 2), *done("final", FINAL, 1000, attempt=3)]
    reached = {(FINAL.key, 1): 600, (FINAL.key, 3): 1000}  # the second was cut off before its first block
    spent = costs(events, HORIZON, reached)
    assert (spent.runs, spent.recomputed_steps, spent.total_runs) == (1.0, 600, 1.6)


def test_trunks_that_were_trained_once_more_are_recomputed_steps() -> None:
    outcome = Outcome(PROBE.key, Ending.DONE, executed=8, recomputed=32)
    events = [Proposed(PROBE, "bracket"), Started(PROBE.key, 1), Finished(outcome, 1)]
    spent = costs(events, HORIZON, {(PROBE.key, 1): 40})
    assert (spent.runs, spent.recomputed_steps, spent.total_runs) == (0.008, 32, 0.04)


def test_attempt_under_way_is_not_cut_off() -> None:
    events = [Proposed(FINAL, "final"), Started(FINAL.key, 1), Started(FINAL.key, 2)]
    reached = {(FINAL.key, 1): 600, (FINAL.key, 2): 50}
    assert costs(events, HORIZON, reached, running={(FINAL.key, 2)}).recomputed_steps == 600


def test_phases_share_the_steps_out() -> None:
    events = [*done("baseline", BASELINE, 1000), *done("bracket", PROBE, 40), *done("final", FINAL, 1000)]
    assert costs(events, HORIZON, {}).by_phase == {"baseline": 1000, "bracket": 40, "final": 1000}


def test_seconds_are_those_of_all_jobs() -> None:
    assert costs([*done("baseline", BASELINE, 1000), *done("bracket", PROBE, 40)], HORIZON, {}).seconds == 4.0


def test_order_of_outcomes_changes_no_cost() -> None:
    jobs = [Job(stop=stop) for stop in range(24, 40)]
    proposed: list[Event] = [Proposed(job, "bracket") for job in jobs]
    finishes = [done("bracket", job, index, evaluation=index / 4)[-1] for index, job in enumerate(jobs)]
    expected = costs([*proposed, *finishes], HORIZON, {})
    for seed in range(8):
        shuffled = random.Random(seed).sample(finishes, len(finishes))  # noqa: S311
        assert costs([*proposed, *shuffled], HORIZON, {}) == expected
