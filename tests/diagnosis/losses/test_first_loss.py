"""Mirrors ratecraft/diagnosis/losses/first_loss.py: a first loss above what guessing costs is told."""

import math

import numpy as np
import pytest
from tests.diagnosis.runs import codes, constant, falling, run, told, warned

FACTS = {"classes": 10.0, "batch_size": 32.0}


def test_a_first_loss_far_above_that_of_guessing_blames_inputs_and_weights() -> None:
    found = told(run(falling(1000, start=40.0), shape=constant, facts=FACTS)).findings[0]
    assert found.code == "first-loss-high"
    assert found.evidence["factor"] == pytest.approx(40 / math.log(10), rel=0.2)
    assert [advice.code for advice in found.advice][:2] == ["standardise", "initialise"]


@pytest.mark.parametrize("change", [lambda losses: losses + 5, lambda losses: 32 * losses, lambda losses: losses])
def test_a_loss_with_a_term_added_or_summed_over_the_batch_is_left_alone(change: object) -> None:
    losses = change(falling(1000, start=2.3))  # type: ignore[operator]
    assert warned(run(losses, facts=FACTS)) == []


def test_without_the_number_of_classes_nothing_is_said() -> None:
    assert "first-loss-high" not in codes(run(falling(1000, start=40.0)))


def test_what_follows_from_it_is_set_aside() -> None:
    losses = np.concatenate([[40.0], np.linspace(60, 2.4, 20), 2.31 + 0.02 * np.random.default_rng(0).normal(size=979)])
    said = told(run(losses, facts=FACTS))
    assert [finding.code for finding in said.findings if finding.severity != "info"] == ["first-loss-high"]
    assert "collapsed-at-once" in {each.finding.code for each in said.explained}
