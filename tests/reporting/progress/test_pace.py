"""Mirrors ratecraft/reporting/progress/pace.py."""

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.estimate import Estimate
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.reporting.progress.pace import Pace
from ratecraft.reporting.progress.view import View, follow_planned
from ratecraft.schedules.builders.constructors import constant

HORIZON, SHORT, PROBES = 2400, 75, 8


def plan(horizon: int | None) -> Estimate:
    """Short probes and a run."""
    runs = 1 + PROBES * SHORT / HORIZON
    return Estimate(PROBES, 1, runs, runs + 1, budget=1.85, horizon=horizon)


@given(
    start=st.floats(0.0, 60.0), step=st.floats(1e-3, 1.0), noise=st.lists(st.floats(0.9, 1.1), min_size=3, max_size=3)
)
def test_after_the_second_probe_the_time_left_is_known_within_a_factor_of_two(
    start: float, step: float, noise: list[float]
) -> None:
    view, pace = View.of(plan(None)), Pace()
    jobs = [Job(evaluate=Evaluate("natural"))]
    jobs += [Job({"rate": constant(rate)}, stop=SHORT, evaluate=Evaluate("figure")) for rate in (0.1, 0.2)]
    for job, uneven in zip(jobs, noise, strict=True):
        steps = job.stop or HORIZON
        seconds = (start + step * steps) * uneven
        pace = pace.after(steps, seconds)
        done = Finished(Outcome(job.key, Ending.DONE, steps, steps, seconds=seconds), 1)
        phase = "bracket" if job.stop else "baseline"
        for event in (Proposed(job, phase), Started(job.key, 1), done):
            view = follow_planned(view, event, plan)
    true = (PROBES - 2) * (start + step * SHORT) + start + step * HORIZON
    left = pace.left(view, 1)
    assert left is not None
    assert true / 2 < left < 2 * true


def test_before_anything_has_ended_nothing_is_said() -> None:
    assert Pace().left(View.of(plan(HORIZON)), 1) is None
