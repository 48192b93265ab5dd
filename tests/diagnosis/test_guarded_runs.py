"""A run that a guard has changed is judged by what was trained, at the rates that its script wrote."""

from dataclasses import replace

import numpy as np
from tests.diagnosis.runs import codes, constant, falling, run, series

from ratecraft.records.watching.guarding import HELD
from ratecraft.records.watching.observed import ObservedRun

STEPS = 3000


def flat_from_half(**facts: float) -> ObservedRun:
    checks = np.concatenate([np.linspace(2, 0.6, 20), np.full(20, 0.6)])
    return run(falling(STEPS), shape=constant, checks=checks, facts=facts)


def with_acts(observed: ObservedRun, **acts: tuple[int, float]) -> ObservedRun:
    made = {f"guard_{kind}": series(f"guard_{kind}", [value], [step]) for kind, (step, value) in acts.items()}
    return replace(observed, series={**observed.series, **made})


def test_what_comes_after_the_weights_were_held_says_nothing_of_the_schedule() -> None:
    stop = (STEPS // 2, STEPS // 2)
    assert codes(flat_from_half()) == ["decay-missing"]
    assert "decay-missing" not in codes(with_acts(flat_from_half(**{HELD: 1.0}), stop=stop))
    assert codes(with_acts(flat_from_half(), stop=stop)) == ["decay-missing"]


def test_a_rate_that_the_guard_has_lowered_is_neither_never_lowered_nor_gone_too_soon() -> None:
    observed = flat_from_half()
    rate = observed.series["rate"]
    slowed = np.where(rate.steps >= STEPS // 3, 0.02, 1.0) * rate.values
    lowered = replace(observed, series={**observed.series, "rate": series("rate", slowed, rate.steps)})
    assert "decayed-too-soon" in codes(lowered)
    assert codes(with_acts(lowered, cut=(STEPS // 3, 0.02))) == []


def test_a_run_that_went_back_is_as_lost_as_its_script_however_well_it_went_on() -> None:
    losses = np.concatenate([np.linspace(2.0, 1.0, 1000), np.geomspace(1.0, 1e4, 40), np.linspace(1.0, 0.5, 1960)])
    saved = with_acts(run(losses, shape=constant), back=(1039, 900), cut=(1039, 1 / 3))
    assert codes(saved)[0] == "diverged"
    assert codes(run(losses, shape=constant)) == []


def test_a_run_that_was_ended_for_its_validation_is_not_called_far_too_slow() -> None:
    losses = np.linspace(1.1304, 1.072, 300)
    observed = run(losses, shape=constant, facts={"classes": 3.0})
    assert codes(observed) == ["creeping"]
    held = replace(observed, facts={**observed.facts, HELD: 1.0})
    assert "creeping" not in codes(with_acts(held, stop=(300, 16)))
