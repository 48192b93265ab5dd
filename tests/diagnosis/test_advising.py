"""Mirrors ratecraft/diagnosis/advising.py."""

import numpy as np
import pytest
from tests.diagnosis.runs import constant, run

from ratecraft.diagnosis.advising import clip, lower_rate
from ratecraft.diagnosis.usual_rates import highest_usual, usual_hyperparameter
from ratecraft.diagnosis.view.run_view import RunView


def advised(peak: float, factor: float = 10, **facts: str) -> dict[str, float | str]:
    observed = run(np.linspace(2.0, 1.0, 200), shape=constant, peak=peak, facts=facts)
    return dict(lower_rate(RunView(observed), 0, factor).values)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_rate_of_an_absurd_size_is_answered_by_a_usual_rate(optimizer: str) -> None:
    usual = usual_hyperparameter(optimizer)
    assert usual is not None
    assert advised(1e18, optimizer=optimizer) == {"rate": usual.value, "before": 1e18, "factor": 1e18 / usual.value}


def test_without_a_known_optimizer_it_is_one_within_what_any_has() -> None:
    rate = advised(1e18)["rate"]
    assert isinstance(rate, float)
    assert 0 < rate < highest_usual("")


def test_a_rate_that_is_only_too_large_is_divided() -> None:
    assert advised(1.0, factor=3, optimizer="sgd")["rate"] == pytest.approx(1 / 3)
    assert advised(0.1, optimizer="adam")["rate"] == pytest.approx(0.01)


def test_sparse_gradients_which_have_no_norm_are_not_advised_to_be_clipped() -> None:
    observed = run(np.linspace(2.0, 1.0, 200), shape=constant, peak=0.1, grad_norm=np.full(200, np.nan))
    assert clip(RunView(observed)) == ()
    plain = run(np.linspace(2.0, 1.0, 200), shape=constant, peak=0.1)
    assert [advice.code for advice in clip(RunView(plain))] == ["clip-usual"]
