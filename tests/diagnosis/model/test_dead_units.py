"""Mirrors ratecraft/diagnosis/model/dead_units.py."""

import numpy as np
from tests.diagnosis.runs import codes, falling, run


def test_gradients_that_become_zero_for_good_are_dead_units() -> None:
    assert "units-died" in codes(run(falling(1000), zero_gradient=np.linspace(0.3, 2.3, 20).clip(max=0.97)))


def test_a_high_share_that_was_there_from_the_first_is_none() -> None:
    assert codes(run(falling(1000), zero_gradient=np.full(20, 0.93))) == []


def test_a_share_that_dropout_explains_is_none() -> None:
    assert codes(run(falling(1000), zero_gradient=np.linspace(0.4, 0.75, 20))) == []


def test_a_share_that_comes_back_is_none() -> None:
    share = np.concatenate([np.full(5, 0.3), np.full(5, 0.95), np.full(10, 0.4)])
    assert codes(run(falling(1000), zero_gradient=share)) == []
