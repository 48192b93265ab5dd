"""Mirrors ratecraft/diagnosis/losses/vanishing.py: gradients that vanish are a cause only where nothing is learned."""

import math

import numpy as np
from tests.diagnosis.runs import codes, falling, run

STANDING = math.log(6) + 0.01 * np.random.default_rng(0).normal(size=600)


def said(losses: object, front: float, back: float) -> list[str]:
    facts = {"classes": 6.0, "gradient_front": front, "gradient_back": back, "gradient_layers": 13.0}
    return codes(run(losses, facts=facts))


def test_gradient_that_shrinks_through_the_whole_model_is_why_nothing_is_learned() -> None:
    assert said(STANDING, 1e-4, 1e-5) == ["gradients-vanish"]


def test_model_that_learns_all_the_same_is_left_alone() -> None:
    assert said(falling(1000, start=math.log(6)), 1e-4, 1e-5) == []


def test_gradient_that_shrinks_at_one_end_alone_is_not_why() -> None:
    assert said(STANDING, 0.2, 1e-5) == ["not-learning"]
    assert said(STANDING, 1e-5, 0.2) == ["not-learning"]
