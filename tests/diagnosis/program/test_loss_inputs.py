"""Mirrors ratecraft/diagnosis/program/loss_inputs.py: what a loss was given is judged by what its kind wants."""

import pytest
from tests.diagnosis.runs import codes, falling, run


def said(**facts: float | str) -> list[str]:
    return codes(run(falling(1000), facts=facts))


@pytest.mark.parametrize("total", [0.0, 0.85, 1.15, 7.0])
def test_scores_whose_probabilities_do_not_sum_to_1_are_no_log_probabilities(total: float) -> None:
    assert said(nll_total=total) == ["not-log-probabilities"]


@pytest.mark.parametrize("total", [0.95, 1.0, 1.05])
def test_probabilities_that_sum_to_1_but_for_rounding_are_left_alone(total: float) -> None:
    assert said(nll_total=total) == []


def test_one_class_or_a_batch_of_one_cannot_be_wrong() -> None:
    assert said(before_cross_entropy="softmax", classes_squashed=1, broadcast_against=1, loss_summed=1) == []


def test_each_kind_of_input_that_a_loss_does_not_want_is_named() -> None:
    assert said(before_cross_entropy="softmax", classes_squashed=2) == ["softmax-before-loss"]
    assert said(before_binary="sigmoid") == ["sigmoid-before-loss"]
    assert said(broadcast_against=2) == ["shapes-broadcast"]
    assert said(loss_summed=2) == ["loss-summed"]
