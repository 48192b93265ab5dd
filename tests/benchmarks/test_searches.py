"""Our searches on frozen curves find what their rivals find."""

import math

import pytest
from policies import POLICIES
from searches import SEARCHES, searched
from suite import TASKS
from tests.benchmarks.valley import BOTTOM, STEPS, loss_of, valley


def test_a_grid_of_ours_keeps_the_very_run_that_its_rival_keeps() -> None:
    task = valley()
    for seed in range(4):
        ours = searched(TASKS[0], task, SEARCHES["grid of 4"][0](task, 0), seed)
        rival = POLICIES["grid of 4"][0](task, seed, 0)
        assert ours.octave == pytest.approx(rival.octave)
        assert (ours.loss, ours.runs) == (pytest.approx(rival.loss), rival.runs)


@pytest.mark.parametrize("name", ["random 16", "Sobol 16", "TPE 16", "ASHA 16, annealed", "Hyperband, annealed"])
def test_a_search_comes_near_the_bottom_of_the_valley(name: str) -> None:
    task = valley()
    found = searched(TASKS[0], task, SEARCHES[name][0](task, 1), 1)
    assert math.isfinite(found.loss)
    assert abs(found.octave - BOTTOM) < 1.5
    assert found.loss < loss_of(BOTTOM, STEPS, seed=1) + 0.05 * 1.5**2 + 1e-9


def test_annealed_rungs_cost_a_fraction_of_as_many_full_runs() -> None:
    task = valley()
    assert searched(TASKS[0], task, SEARCHES["ASHA 16, annealed"][0](task, 0), 0).runs < 5
