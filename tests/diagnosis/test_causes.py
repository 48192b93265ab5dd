"""One cause, one finding: what follows is grouped with it, by `EXPLAINS` of ratecraft/diagnosis/diagnosing.py."""

import math

import numpy as np
from tests.diagnosis.runs import Values, constant, falling, run, told

STEPS = 2000


def broken() -> tuple[Values, Values, Values]:
    """Loss, norms and checks of a run that spikes, runs away, and ends without a number."""
    losses, norms = falling(STEPS, noise=0.03), np.ones(STEPS)
    losses[300:306] += 3.0
    norms[300] = 80.0
    losses[1370:1400] += np.geomspace(0.1, 1e6, 30)
    norms[1370:1400] = np.geomspace(1, 1e8, 30)
    losses[1400:] = norms[1400:] = math.nan
    checks = np.abs(0.6 + 0.4 * np.random.default_rng(0).normal(size=40))
    checks[:3] = [2.2, 1.7, 1.2]
    checks[28:] = math.nan
    return losses, norms, checks


def test_a_run_without_a_number_at_the_end_is_told_once_whatever_came_before() -> None:
    losses, norms, checks = broken()
    said = told(run(losses, shape=constant, checks=checks, grad_norm=norms))
    assert [each.code for each in said.findings] == ["non-finite-after-growth"]
    assert said.undecided == ()
    assert {each.by for each in said.explained} <= {"non-finite-after-growth"}


def test_units_that_died_in_a_collapse_go_with_it() -> None:
    after = 2.3 + 0.02 * np.random.default_rng(0).normal(size=STEPS - 800)
    zeros = np.where(np.arange(STEPS) < 800, 0.3, 0.99)
    said = told(run(np.concatenate([falling(800), after]), shape=constant, zero_gradient=zeros))
    assert [each.code for each in said.findings] == ["collapsed"]
    assert ("units-died", "collapsed") in [(each.finding.code, each.by) for each in said.explained]


def test_a_rate_below_the_usual_goes_with_the_run_that_stands_still_for_it() -> None:
    losses = 1.7 + 0.01 * np.random.default_rng(0).normal(size=STEPS)
    facts = {"optimizer": "adamw"}
    said = told(run(losses, shape=constant, peak=1e-6, facts=facts, update_ratio=np.full(STEPS, 1e-7)))
    assert [each.code for each in said.findings] == ["stuck"]
    assert [each.finding.code for each in said.explained] == ["rate-far-below"]


def test_where_a_loss_was_thrown_to_and_since_when_is_told_by_its_peak() -> None:
    losses = np.concatenate(
        [[2.4, 2.5], np.linspace(900, 2.4, 60), 2.303 + 0.002 * np.random.default_rng(0).normal(size=938)]
    )
    (found, *_) = told(run(losses, facts={"classes": 10.0})).findings
    assert (found.code, found.evidence["step"], found.evidence["peak"]) == ("collapsed-at-once", 2, 900.0)
    assert found.evidence["wasted"] == 997
