"""Mirrors ratecraft/diagnosis/losses/collapse.py."""

import numpy as np
import pytest
from tests.diagnosis.runs import constant, run, series, told

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.records.watching.observed import ObservedRun

STEPS = np.arange(0, 36_000, 400)


def sparse(losses: list[float], norms: list[float], checks: list[float] | None = None) -> set[str]:
    """What is found in a run that was logged every 400 steps: a beginning as given, then its last level with noise."""
    noise = np.random.default_rng(0).normal(size=len(STEPS))
    loss = np.concatenate([losses, losses[-1] * (1 + 0.02 * noise[len(losses) :])])
    norm = np.concatenate([norms, norms[-1] * np.exp(0.2 * noise[len(norms) :])])
    found = {"loss": series("loss", loss, STEPS), "grad_norm": series("grad_norm", norm, STEPS)}
    if checks is not None:
        found["val_loss"] = series("val_loss", checks, np.linspace(0, int(STEPS[-1]), len(checks)))
    return {each.code for each in diagnosis_of(ObservedRun(found, "step")).findings}


def test_first_point_of_a_sparse_log_is_no_burst() -> None:
    assert "collapsed-at-once" not in sparse([1.07, 0.37, 0.33, 0.31], [6.7, 0.6, 0.2, 0.15])


def test_burst_that_steps_led_to_is_one_where_nothing_is_won_afterwards() -> None:
    assert "collapsed-at-once" in sparse([2.3, 2.31, 2.3, 2.3], [0.3, 40.0, 0.2, 0.15])


def test_validation_below_where_both_losses_began_vetoes_the_burst() -> None:
    checks = [2.29, *np.linspace(1.3, 1.2, 9)]
    assert "collapsed-at-once" not in sparse([2.3, 2.31, 2.3, 2.3], [0.3, 40.0, 0.2, 0.15], checks)


@pytest.mark.parametrize(("leap", "is_said"), [(0.02, False), (0.5, True)])
def test_a_leap_that_is_nothing_beside_what_guessing_costs_throws_no_run_out(leap: float, is_said: bool) -> None:
    losses = np.log(6) + 0.004 * np.random.default_rng(0).normal(size=600)  # twelve layers whose gradients vanish
    losses[5:20] += leap + 0.02
    found = {each.code for each in told(run(losses, shape=constant, facts={"classes": 6.0})).findings}
    assert ("collapsed-at-once" in found) is is_said
    assert found


def heavy_tailed(*, thrown: bool) -> set[str]:
    """What is found in a loss that hardly moves, of batches every thirtieth of which costs ten times as much."""
    shaken = np.random.default_rng(0)
    losses = 0.4 + 0.05 * shaken.normal(size=600)
    losses[4::30] += 4.0
    if thrown:
        losses[10:30] += 4.0
    found = told(run(losses, shape=constant)).findings
    return {each.code for each in found if each.severity != "info"}


@pytest.mark.parametrize("thrown", [False, True])
def test_leaps_of_single_batches_throw_no_run_out_unless_the_first_steps_leap_more_often_than_later_ones(
    thrown: bool,
) -> None:
    assert ("collapsed-at-once" in heavy_tailed(thrown=thrown)) is thrown
