"""The benchmark of plans: what a rate costs on a frozen task, and what is printed of it."""

import doctest
import json
import math
import statistics
import sys
from pathlib import Path

import pytest
import torch
from scoring import LUCK
from suite import TASKS
from tests.benchmarks.valley import BOTTOM, STEPS, loss_of, valley

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import plan
from plan import GIVERS, Advice, best_rate, default_of, of_givers, of_tasks, regrets

OWN = 0.1  # of the valley
BEST = OWN * 2**BOTTOM


def test_the_examples_run() -> None:
    assert doctest.testmod(plan).failed == 0


def test_the_best_rate_is_that_of_the_lowest_linear_runs() -> None:
    assert best_rate(valley()) == pytest.approx(BEST)


def test_a_rate_costs_what_its_linear_run_is_above_the_best_one() -> None:
    found = regrets(valley(), 4 * BEST)
    best = [sum(loss_of(BOTTOM, STEPS, seed=seed) for seed in half) / 2 for half in ((0, 2), (1, 3))]
    luck = LUCK * statistics.stdev(loss_of(BOTTOM, STEPS, seed=seed) for seed in range(4))
    expected = [loss_of(BOTTOM + 2, STEPS, seed=seed) / (best[seed % 2] + luck) - 1 for seed in range(4)]
    assert [regret.share for regret in found] == pytest.approx(expected)


def test_a_rate_at_which_runs_blow_up_has_no_number() -> None:
    assert all(math.isinf(regret.share) for regret in regrets(valley(edge=3), 2**5 * OWN))


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam, torch.optim.Adagrad])
def test_a_default_is_the_rate_of_an_optimizer_that_is_told_none(optimizer: type[torch.optim.Optimizer]) -> None:
    made = optimizer([torch.nn.Parameter(torch.zeros(1))])
    assert default_of(optimizer, "lr") == made.param_groups[0]["lr"]


def test_the_tables_tell_who_is_near_and_whose_range_holds_the_best_rate() -> None:
    given = Advice("SGD", own=OWN, torch=BEST / 64, keras=2**5 * OWN, plan=BEST * 2, low=BEST, high=BEST * 4)
    advice, frozen = {"valley": given}, {"valley": valley(edge=3)}
    row = list(of_tasks(advice, frozen))[2].split(" | ")
    assert row[2:6] == ["0.2", "0.4 (0.2 … 0.8)", "+1.0", "yes"]
    shares = dict(zip(GIVERS, row[6:], strict=True))
    assert shares["script"].startswith("+3.")  # an octave below costs 5 % of 1 above a floor of 1.3
    assert shares["Keras"] == "no number"
    by_giver = {line.split(" | ")[0]: line for line in list(of_givers(advice, frozen))[2:]}
    assert by_giver["| Keras"].endswith("| 4 / 4 |")
    assert by_giver["| plan"].endswith("| 0 / 4 |")


def test_every_task_of_the_first_edition_has_been_looked_at() -> None:
    assert set(json.loads(plan.FROZEN.read_text())) == {task.name for task in TASKS if task.half}
