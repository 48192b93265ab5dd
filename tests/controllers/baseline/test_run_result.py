"""Mirrors ratecraft/controllers/baseline/run_result.py."""

import math

import pytest

from ratecraft.controllers.baseline.run_result import figures_of, run_result_of, tail_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.answer import RunResult
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Figure, Outcome

LOSS = Metric("val_loss", "min")
ACCURACY = Metric("val_acc", "max")
TRAINING = Metric("training_loss", "min", source="training")
SETTINGS = TunerSettings()


def told(*values: float, name: str = "val_loss", ending: Ending = Ending.DONE) -> Outcome:
    figures = tuple(Figure(100 * (place + 1), name, value) for place, value in enumerate(values))
    return Outcome("a", ending, steps=1000, figures=figures)


def test_final_is_the_last_figure_and_best_the_lowest() -> None:
    found = run_result_of(told(0.9, 0.5, 0.6), 1000, LOSS, 1000, SETTINGS)
    assert found == RunResult(final=0.6, best=0.5, best_at=200, steps=1000)


def test_best_is_the_highest_where_larger_is_better() -> None:
    found = run_result_of(told(0.5, 0.9, 0.8, name="Val acc"), 1000, ACCURACY, 1000, SETTINGS)
    assert found == RunResult(final=0.8, best=0.9, best_at=200, steps=1000)


def test_episodes_between_two_steps_count_by_their_mean() -> None:
    told = [(10, 9.0), (10, 11.0), (20, 60.0), (20, 20.0), (20, 40.0), (30, 30.0), (30, 20.0)]
    figures = tuple(Figure(step, "charts/episodic_return", value) for step, value in told)
    seen = Outcome("a", Ending.DONE, steps=30, figures=figures)
    found = run_result_of(seen, 30, Metric("charts_episodic_return", "max"), 30, SETTINGS)
    assert found == RunResult(final=25.0, best=40.0, best_at=20, steps=30)


def test_a_last_figure_that_is_no_number_is_no_final() -> None:
    found = run_result_of(told(0.9, math.nan), 1000, LOSS, 1000, SETTINGS)
    assert (found.final, found.best) == (None, 0.9)


@pytest.mark.parametrize("ending", [Ending.BLOWN_UP, Ending.FAILED])
def test_a_run_that_did_not_end_well_has_no_final(ending: Ending) -> None:
    found = run_result_of(told(0.9, 0.5, ending=ending), 1000, LOSS, 1000, SETTINGS)
    assert (found.final, found.best) == (None, 0.5)


def test_the_best_that_the_run_kept_a_state_of_comes_first() -> None:
    outcome = Outcome("a", Ending.DONE, figures=told(0.9, 0.5).figures, best_score=0.4, best_step=150)
    assert run_result_of(outcome, 1000, LOSS, 1000, SETTINGS).best_at == 150


def test_a_run_without_figures_is_its_score() -> None:
    assert run_result_of(Outcome("a", Ending.DONE, score=0.7), 1000, LOSS, 1000, SETTINGS).final == 0.7


def test_figures_of_a_progress_bar_count_only_where_there_are_no_others() -> None:
    printed, bar = Figure(10, "val_loss", 0.5), Figure(20, "val_loss", 0.49, source="bar")
    assert figures_of([printed, bar], LOSS) == (printed,)
    assert figures_of([bar], LOSS) == (bar,)


def test_training_losses_stand_by_the_mean_of_their_tail() -> None:
    outcome = Outcome("a", Ending.DONE, losses=(9.0,) * 900 + (1.0, 2.0) * 50)
    assert run_result_of(outcome, 1000, TRAINING, 1000, SETTINGS).final == pytest.approx(1.5, abs=0.03)


def test_a_missing_loss_is_left_out_of_the_tail() -> None:
    outcome = Outcome("a", Ending.DONE, losses=(1.0, math.nan, 3.0))
    assert run_result_of(outcome, 3, TRAINING, 3, SETTINGS).final == 2.0


@pytest.mark.parametrize(("horizon", "tail"), [(320, 10), (200, 8), (3200, 100)])
def test_the_tail_is_a_share_of_the_run_and_at_least_eight(horizon: int, tail: int) -> None:
    assert len(tail_of(Outcome("a", Ending.DONE, losses=(1.0,) * 4000), horizon, SETTINGS)) == tail
