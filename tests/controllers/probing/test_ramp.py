"""Mirrors ratecraft/controllers/probing/ramp.py."""

import numpy as np
import pytest
from tests.controllers.worlds import FAILED

from ratecraft.controllers.probing.ramp import ramp, ramp_job
from ratecraft.errors import ScriptFailed
from ratecraft.records.answer import Ramp
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome

JOB = ramp_job((1e-6, 30.0), 100, seed=0)
RATES = np.geomspace(1e-6, 30.0, 100)


def read(*losses: float, job: Job = JOB, ending: Ending = Ending.DONE, **more: object) -> Ramp:
    code = ramp(job)
    next(code)
    try:
        code.send((Outcome(job.key, ending, steps=len(losses), losses=losses, **more),))  # pyright: ignore[reportArgumentType]
    except StopIteration as end:
        return end.value
    raise AssertionError("it asks for more")


def test_the_rate_rises_by_the_same_factor_at_every_step_and_ends_where_it_should() -> None:
    curve = JOB.schedules["rate"].curve(100)
    assert curve == pytest.approx(RATES, rel=1e-12)
    assert JOB.schedules["rate"].at(70) == pytest.approx(RATES[70], rel=1e-12)


def test_a_curve_that_falls_and_rises_is_read() -> None:
    seen = read(*[2.0 - step / 80 for step in range(80)], 3.0, 9.0, 27.0)
    assert seen.empty == ""
    assert seen.edge == pytest.approx(RATES[80], rel=0.2)
    assert len(seen.losses) == 83
    assert all(rate is None or rate <= seen.edge for rate in seen.suggestions.values())


def test_a_run_that_blew_up_has_an_edge_though_its_losses_tell_none() -> None:
    seen = read(*[2.0 - step / 80 for step in range(60)], ending=Ending.BLOWN_UP)
    assert seen.edge == pytest.approx(RATES[58])


def test_a_script_that_fails_before_its_first_step_is_told() -> None:
    with pytest.raises(ScriptFailed, match="KeyError"):
        read(ending=Ending.FAILED, failure=FAILED["failure"])


def test_a_script_that_ends_early_is_read_as_far_as_it_came() -> None:
    assert read(*[1.0] * 10, ending=Ending.ENDED_EARLY).empty == "few-points"
