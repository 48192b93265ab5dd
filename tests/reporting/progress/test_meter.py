"""Mirrors ratecraft/reporting/progress/meter.py: the times are those of a made-up clock."""

import pytest

from ratecraft.controllers.estimate import Estimate
from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.reporting.progress.meter import Meter
from ratecraft.schedules.builders.constructors import constant

HORIZON = 1000


def plan(horizon: int | None, probes: int = 2) -> Estimate:
    """Probes of 100 steps and a run."""
    return Estimate(probes, 1, runs=1.2, total_runs=2.2, budget=1.75, horizon=horizon)


def job(stop: int | None) -> Job:
    return Job(stop=stop, evaluate=Evaluate("natural" if stop is None else "frozen"))


def done(each: Job, steps: int) -> Finished:
    return Finished(Outcome(each.key, Ending.DONE, steps, steps), 1)


def metered(*timed: tuple[float, Event], past: tuple[Event, ...] = ()) -> float | None:
    """Seconds that are left at the time of the last event."""
    now = 0.0
    meter = Meter(plan, past, lambda: now)
    for time, event in timed:
        now = time
        meter.hear(event)
    return meter.seconds_left()


BASELINE = job(None)
BASELINE_TOLD = (
    (0.0, Proposed(BASELINE, "baseline")),
    (0.0, Started(BASELINE.key, 1)),
    (5.0, Progress(BASELINE.key, 1, 1)),
    (104.9, done(BASELINE, HORIZON)),
)


def test_time_left_holds_every_start_and_every_step_that_is_still_to_come() -> None:
    # A start has cost 5 s and a step 0.1 s; three processes and 1,200 steps are still to come.
    assert metered(*BASELINE_TOLD) == pytest.approx(3 * 5 + 1200 * 0.1)


def test_time_left_shrinks_as_steps_are_done() -> None:
    probe = job(100)
    told = ((104.9, Proposed(probe, "bracket")), (104.9, Started(probe.key, 1)), (109.9, Progress(probe.key, 1, 1)))
    assert metered(*BASELINE_TOLD, *told, (114.8, Progress(probe.key, 50, 50))) == pytest.approx(2 * 5 + 1150 * 0.1)


def test_two_jobs_at_a_time_take_half_of_the_time() -> None:
    probes = [job(100), job(200)]
    told: list[tuple[float, Event]] = []
    for each in probes:
        told += [(104.9, Proposed(each, "bracket")), (104.9, Started(each.key, 1))]
    for time, steps in ((109.9, 1), (118.0, 82), (214.8, 1050)):
        told += [(time, Progress(each.key, steps, steps)) for each in probes]
    left, one = metered(*BASELINE_TOLD, *told), 5 + 1000 * 0.1
    assert left is not None
    assert one / 2 < left < one


def test_time_left_is_unknown_before_the_length_of_a_run_is() -> None:
    assert metered(*BASELINE_TOLD[:3], (10.0, Progress(BASELINE.key, 51, 51))) is None


def test_what_an_earlier_process_did_says_nothing_of_the_cost_of_a_step_now() -> None:
    past = tuple(event for _, event in BASELINE_TOLD)
    final = job(HORIZON)
    told = ((0.0, Proposed(final, "final")), (0.0, Started(final.key, 1)), (2.0, Progress(final.key, 1, 1)))
    assert metered(past=past) is None
    assert metered(*told, (2.0 + 99.0, Progress(final.key, 100, 100)), past=past) == pytest.approx(2 * 2 + 1100 * 1.0)


def test_the_plan_is_made_anew_once_the_length_of_a_run_is_known() -> None:
    def sharpened(horizon: int | None) -> Estimate:
        return plan(horizon, probes=2 if horizon is None else 7)

    meter = Meter(sharpened, [event for _, event in BASELINE_TOLD], lambda: 0.0)
    assert meter.view.to_start == 8


def test_once_the_full_run_is_over_no_time_is_left_though_fewer_probes_were_made_than_planned() -> None:
    final = Job({"rate": constant(0.1)}, stop=HORIZON, evaluate=Evaluate("natural"))
    told = ((105.0, Proposed(final, "final")), (105.0, Started(final.key, 1)), (110.0, Progress(final.key, 1, 1)))
    assert metered(*BASELINE_TOLD, *told) is not None
    assert metered(*BASELINE_TOLD, *told, (200.0, Progress(final.key, HORIZON, HORIZON))) is None
    assert metered(*BASELINE_TOLD, *told, (190.0, done(final, HORIZON - 125))) is None  # it went on from a probe
