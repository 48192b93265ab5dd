"""Mirrors ratecraft/controllers/tune/verdict.py, on whole studies of formulas."""

import math

import pytest
from tests.controllers.worlds import Followed, Formula, follow

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.outcome import Ending, Figure


def against(last: float, **changes: object) -> Followed:
    """A study whose baseline ends at `last`; the tuned run comes to about 1.116."""
    return follow(Formula(baseline={"figures": (Figure(2000, "val_loss", last),)}, **changes))  # type: ignore[arg-type]


def test_a_clearly_better_end_is_a_gain() -> None:
    found = against(1.2)
    assert found.answer.verdict == "gain"
    assert "compared-better" in found.codes()


@pytest.mark.parametrize(
    ("last", "code"), [(1.118, "compared-equal"), (1.112, "compared-equal"), (1.0, "compared-worse")]
)
def test_an_equal_or_worse_end_is_no_gain(last: float, code: str) -> None:
    found = against(last)
    assert found.answer.verdict == "no-gain"
    assert code in found.codes()


def test_the_margin_is_half_a_percent_of_the_baseline() -> None:
    values = next(each.values for each in against(1.2).answer.decisions if each.code == "compared-better")
    assert values["margin"] == pytest.approx(0.006)


@pytest.mark.parametrize("last", [1.122, 1.118, 1.11])
def test_a_difference_within_two_margins_of_an_unrepeatable_script_is_none(last: float) -> None:
    found = against(last, wobble=0.5)
    assert found.answer.verdict == "not-repeatable"
    assert "not-repeatable" in found.codes()


def test_a_large_gain_of_an_unrepeatable_script_is_a_gain() -> None:
    found = against(1.4, wobble=0.5)
    assert found.answer.verdict == "gain"
    assert "not-repeatable" in found.codes()


def test_a_baseline_that_blew_up_is_beaten_by_any_end() -> None:
    found = follow(Formula(baseline={"ending": Ending.BLOWN_UP, "steps": 30, "figures": ()}), _named())
    assert found.answer.verdict == "gain"
    assert found.answer.baseline is not None
    assert found.answer.baseline.final is None
    assert "only-tuned-ended" in found.codes()


def test_a_baseline_whose_last_figure_is_no_number_is_beaten_too() -> None:
    figures = (Figure(1000, "val_loss", 1.0), Figure(2000, "val_loss", math.nan))
    assert follow(Formula(baseline={"figures": figures})).answer.verdict == "gain"


def test_without_a_baseline_no_gain_is_claimed() -> None:
    found = follow(Formula(bottom=3.0), TunerSettings(baseline=False))
    assert found.answer.verdict == "not-compared"
    assert found.answer.baseline is None
    assert found.answer.tuned is not None
    assert "not-compared" in found.codes()


def test_larger_is_better_where_the_metric_says_so() -> None:
    found = follow(Formula(metric="val_acc", sign=-1.0, floor=-2.0, bottom=3.0))
    assert found.answer.verdict == "gain"
    assert found.answer.baseline is not None
    assert found.answer.tuned is not None
    assert (found.answer.tuned.final or 0) > (found.answer.baseline.final or 0)


def test_training_losses_are_compared_by_their_tails() -> None:
    found = follow(Formula(metric="", bottom=3.0))
    assert found.answer.verdict == "gain"
    assert found.answer.metric.source == "training"
    assert found.answer.marks[0] == "training"
    assert found.answer.tuned is not None
    assert found.answer.tuned.best is None


def _named() -> TunerSettings:
    """A metric given, and a length: a blown-up baseline tells neither."""
    return TunerSettings(steps=2000)
