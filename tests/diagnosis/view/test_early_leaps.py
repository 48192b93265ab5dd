"""Mirrors ratecraft/diagnosis/view/early_leaps.py."""

import numpy as np
import pytest

from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.early_leaps import early_leaps


def leaps(losses: np.ndarray) -> list[int]:
    """At which steps of 600 a loss that begins at 1 leaps above 2."""
    return early_leaps(Curve(np.arange(600), losses), 2.0).steps.tolist()


def test_high_points_of_the_first_tenth_are_leaps() -> None:
    losses = np.ones(600)
    losses[[5, 7, 59, 100]] = 9.0
    assert leaps(losses) == [5, 7, 59]


@pytest.mark.parametrize(("every", "found"), [(20, []), (60, [5, 25, 45])])
def test_leaps_that_come_half_as_often_later_on_are_the_batches_own(every: int, found: list[int]) -> None:
    losses = np.ones(600)
    losses[[5, 25, 45]] = 9.0
    losses[65::every] = 9.0
    assert leaps(losses) == found


def test_run_thrown_onto_a_plateau_leapt_however_high_it_stands_afterwards() -> None:
    losses = np.full(600, 40.0)
    losses[0] = 1.0
    assert leaps(losses) == list(range(1, 60))


def test_loss_that_comes_down_slowly_from_a_hump_leaps_at_the_beginning_alone() -> None:
    losses = np.linspace(9.0, 1.0, 600)
    losses[0] = 1.0
    assert leaps(losses) == list(range(1, 60))


def test_leaps_that_the_validation_shares_are_no_single_batches() -> None:
    losses = np.ones(600)
    losses[5::20] = 9.0
    checks = np.arange(0, 600, 50)
    calm, thrown_about = Curve(checks, np.ones(12)), Curve(checks, np.tile([1.0, 1.0, 9.0], 4))
    assert early_leaps(Curve(np.arange(600), losses), 2.0, calm).steps.tolist() == []
    assert early_leaps(Curve(np.arange(600), losses), 2.0, thrown_about).steps.tolist() == [5, 25, 45]
