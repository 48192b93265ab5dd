"""Our searches on frozen curves find what their rivals find."""

import math

import pytest
from policies import POLICIES
from scoring import Reference
from searches import SEARCHES, TUNE, played, rows_of, searched
from suite import TASKS
from tests.benchmarks.valley import BOTTOM, STEPS, loss_of, valley


def test_a_grid_of_ours_keeps_the_very_run_that_its_rival_keeps() -> None:
    task = valley()
    for seed in range(4):
        ours = searched(TASKS[0], task, SEARCHES["grid of 4"][0](task, 0), seed)
        rival = POLICIES["grid of 4"][0](task, seed, 0)
        assert ours.octave == pytest.approx(rival.octave)
        assert ours.runs == rival.runs
        assert ours.loss == pytest.approx(rival.loss, rel=0.01)  # under the usual warm-up; the rival has the oracle's


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


def test_a_line_says_who_searched_what_and_the_tuner_has_one_a_seed() -> None:
    task = valley()
    (tuned,) = played(TUNE, "ours", TASKS[0], task, 1, draws=3)
    assert (tuned["rival"], tuned["task"], tuned["seed"], tuned["draw"]) == ("tune, ours", TASKS[0].name, 1, 0)
    assert tuned["runs"] < 2
    drawn = list(played("random 4", "rival", TASKS[0], task, 1, draws=3))
    assert [line["draw"] for line in drawn] == [0, 1, 2]
    assert all(line["runs"] == 4 for line in drawn)


def test_the_table_has_a_row_a_way_the_cheapest_first() -> None:
    lines = [
        {"rival": way, "task": "one", "seed": seed, "draw": 0, "loss": loss, "runs": runs}
        for way, loss, runs in (("random 4, ours", 1.1, 4.0), ("tune, ours", None, 1.5))
        for seed in (0, 1)
    ]
    head, _, first, second = rows_of(lines, {"one": Reference({0: 1.0, 1: 1.0}, 0.01)})
    assert head.startswith("| way | runs |")
    assert first.startswith("| tune, ours | 1.50 |")
    assert "| 100% | 2 |" in first
    assert second.startswith("| random 4, ours | 4.00 | +10.0 (+10.0 … +10.0) | +10.0")
