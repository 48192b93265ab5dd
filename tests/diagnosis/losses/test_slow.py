"""Mirrors ratecraft/diagnosis/losses/slow.py: what sizes of updates add (losses alone: `test_diagnosing`)."""

import numpy as np
import pytest
from tests.diagnosis.runs import Values, codes, constant, run, series, told

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.diagnosis.losses.slow import too_small
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.records.watching.observed import ObservedRun

NOISE = 0.02 * np.random.default_rng(0).normal(size=1000)


@pytest.mark.parametrize(("update", "factor"), [(1e-4, 3), (1e-5, 10)])
def test_a_fresh_model_whose_weights_hardly_move_asks_for_a_larger_rate(update: float, factor: int) -> None:
    losses = 1.5 + 0.8 * np.exp(-np.arange(1000) / 150) + NOISE
    known = {"optimizer": "adamw"}  # at a peak of 0.01: a smaller factor is tried first only near the usual rate
    found = told(run(losses, shape=constant, update_ratio=np.full(100, update), facts=known)).findings[0]
    assert (found.code, found.severity) == ("updates-small", "warning")
    assert found.advice[0].values["factor"] == factor


def test_fine_tuning_may_make_small_steps() -> None:
    noise = 0.2 * np.random.default_rng(0).normal(size=10_000)
    noise[:3] = 0.0
    losses = 2.0 + 0.12 * np.exp(-np.arange(10_000) / 3000) + noise  # all that is won is less than one batch's noise
    observed = run(losses, shape=constant, update_ratio=np.full(100, 1e-4))
    assert [finding.severity for finding in told(observed).findings] == ["info"]
    assert codes(run(losses, shape=constant, update_ratio=np.full(100, 1e-4), facts={"pretrained": 1.0})) == []


def test_usual_steps_are_left_alone() -> None:
    losses = 1.5 + 0.8 * np.exp(-np.arange(1000) / 150) + NOISE
    assert codes(run(losses, shape=constant, update_ratio=np.full(100, 2e-3))) == []


def test_validation_loss_that_comes_back_from_a_leap_is_not_still_falling() -> None:
    checks = np.concatenate([[0.47], 20 * 0.7 ** np.arange(13)])
    steps = np.linspace(0, 2600, len(checks))
    run = ObservedRun({"loss": series("loss", checks, steps), "val_loss": series("val_loss", checks, steps)}, "step")
    assert "still-learning" not in {each.code for each in diagnosis_of(run).findings}


@pytest.mark.parametrize(("share", "severity"), [(1.0, "warning"), (0.7, "info")])
def test_validation_that_falls_ever_more_slowly_is_only_a_hint(share: float, severity: str) -> None:
    checks = 0.3 + 0.4 * np.cumsum(np.append(0.0, -(share ** np.arange(11)))) / sum(share ** np.arange(11)) + 0.4
    checks = np.concatenate([[checks[0]] * 4, checks])
    steps = np.linspace(0, 1000, len(checks))
    observed = ObservedRun(
        {
            "loss": series("loss", checks, steps),
            "val_loss": series("val_loss", checks, steps),
            "rate": series("rate", np.full(len(steps), 0.01), steps),
        },
        "step",
    )
    found = [each for each in diagnosis_of(observed).findings if each.code in {"too-small", "still-learning"}]
    assert [each.severity for each in found] == [severity]


def test_fall_that_quickens_at_a_rate_that_was_not_logged_is_that_of_a_decay() -> None:
    place = np.linspace(0, 1, 60)
    losses = 2.2 - 0.3 * place - 0.5 * np.maximum(place - 0.7, 0) / 0.3
    noise = 0.002 * np.random.default_rng(0).normal(size=60)
    steps = np.arange(60) * 100
    run = ObservedRun({"loss": series("loss", losses + noise, steps)}, "step")
    assert {each.code for each in diagnosis_of(run).findings} & {"too-small", "still-learning"} == set()


def test_a_standstill_that_ends_is_no_sign_of_too_small_a_rate() -> None:
    place = np.linspace(0, 1, 1000)
    losses = np.interp(place, [0, 0.15, 0.8, 1], [2.0, 1.6, 1.53, 0.9])  # most is won in the last fifth
    assert codes(run(losses + NOISE / 2, shape=constant)) == []


@pytest.mark.parametrize(("held", "severity"), [(0.6, "info"), (1.0, "warning")])
def test_fall_that_bends_is_only_a_hint_where_the_rate_was_lowered_afterwards(held: float, severity: str) -> None:
    place = np.linspace(0, 1, 1000)
    bends = np.minimum(place / held, 1.0)
    losses = 2.0 - 0.8 * bends + 0.2 * bends * bends  # the second half of the stretch won two fifths of the whole

    def shape(at: Values) -> Values:
        return np.where(at < held, 1.0, 0.01)

    view = RunView(run(losses + NOISE / 4, shape=shape))
    assert [(each.code, each.severity) for each in too_small(view)] == [("too-small", severity)]


@pytest.mark.parametrize(
    ("left", "found"),
    [(0.17, [("still-learning", "info")]), (0.05, [])],  # of the loss: what the second half of the run still won
)
def test_both_losses_that_still_win_ground_at_a_rate_that_stands_are_a_hint(
    left: float, found: list[tuple[str, str]]
) -> None:
    place = np.linspace(0, 1, 1000)
    losses = np.interp(place, [0, 0.1, 0.5, 1], [2.0, 1.2, 1.0, 1.0 - left])
    checks = (losses[::50] + 0.1, np.arange(0, 1000, 50))
    observed = run(losses + NOISE / 4, shape=constant)
    observed = ObservedRun({**observed.series, "val_loss": series("val_loss", *checks)}, "step", observed.facts)
    assert [(each.code, each.severity) for each in too_small(RunView(observed))] == found


def test_model_of_a_few_numbers_without_a_matrix_has_no_usual_size_of_an_update() -> None:
    losses, updates = np.linspace(0.9, 0.85, 100), np.full(100, 1e-4)
    assert "updates-small" in codes(run(losses, shape=constant, update_ratio=updates))
    no_matrix = run(losses, shape=constant, update_ratio=updates, facts={"weight_matrices": 0.0})
    assert "updates-small" not in codes(no_matrix)
