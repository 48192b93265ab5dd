"""The benchmark of batch scaling: trained side by side is trained one by one, and a rule costs what it is off."""

import doctest
import math
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import batch
from batch import (
    BATCHES,
    RULES,
    SEEDS,
    Curves,
    Kind,
    Task,
    classes,
    curves_of,
    orders,
    packed,
    rule_cells,
    tables,
    trained,
    vertex,
)


def test_the_examples_run() -> None:
    assert doctest.testmod(batch).failed == 0


def samples(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    drawn = torch.Generator().manual_seed(seed)
    images = torch.randn(count, 64, generator=drawn)
    return images, images[:, :10].argmax(1)


PARTS = (*samples(50, 0), *samples(20, 1))


def alone(make: type[torch.optim.Optimizer], rate: float, seed: int, steps: int) -> float:
    """One run as anyone would write it."""
    torch.manual_seed(seed)
    model = batch.digits_mlp.build()
    optimizer = make(model.parameters(), lr=rate)
    scheduler = batch.basics.scheduler(optimizer, "linear", steps)
    images, labels, held, wanted = PARTS
    drawn = torch.Generator().manual_seed(seed)
    places = [torch.randperm(50, generator=drawn)[:48].reshape(3, 16) for _ in range(steps // 3)]
    for chosen in torch.cat(places):
        optimizer.zero_grad()
        cross_entropy(model(images[chosen]), labels[chosen]).backward()
        optimizer.step()
        scheduler.step()
    with torch.no_grad():
        return cross_entropy(model(held), wanted).item()


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
def test_runs_side_by_side_are_those_of_one_model_at_a_time(make: type[torch.optim.Optimizer]) -> None:
    task = Task(batch.digits_mlp, lambda: PARTS, classes, samples=12 * 16)
    found = trained(task, Kind(make, range(-7, -4)), 16, seeds=(0, 1))
    assert found == {
        octave: [pytest.approx(alone(make, 2.0**octave, seed, steps=12), rel=1e-4) for seed in (0, 1)]
        for octave in range(-7, -4)
    }


def test_each_seed_sees_a_sample_once_a_pass_in_an_order_of_its_own() -> None:
    steps = [chosen for _, chosen in zip(range(6), orders(10, 3, (0, 1)), strict=False)]
    passes = [torch.cat(steps[first : first + 3], dim=1) for first in (0, 3)]
    assert all(len(set(row.tolist())) == 9 for each in passes for row in each)
    assert passes[0][0].tolist() != passes[0][1].tolist()
    assert passes[0][0].tolist() != passes[1][0].tolist()


@given(st.floats(-2.9, 2.9), st.floats(0.05, 2), st.floats(0.01, 10))
def test_the_vertex_of_a_valley_between_the_rates_is_found(middle: float, bend: float, floor: float) -> None:
    valley = {octave: floor * math.exp(bend * (octave - middle) ** 2) for octave in range(-4, 5)}
    assert vertex(valley) == pytest.approx(middle, abs=1e-6)


def world(power: float) -> Curves:
    """The best octave is -4 at 32 samples and moves with a power of the batch; all seeds are alike but for a factor."""

    def loss(octave: int, size: int, seed: int) -> float:
        away = octave + 4 - power * math.log2(size / 32)
        return (1 + 0.1 * seed) * math.exp(0.1 * away**2)

    octaves = range(-12, 9)
    return Curves({size: [{each: loss(each, size, seed) for each in octaves} for seed in SEEDS] for size in BATCHES})


@pytest.mark.parametrize(("rule", "power"), [("none", 0), ("square root", 0.5), ("linear", 1)])
def test_a_rule_that_holds_is_off_by_nothing_and_costs_nothing(rule: str, power: float) -> None:
    curves = world(power)
    assert curves.power() == pytest.approx([power] * len(SEEDS))
    for size in BATCHES:
        assert curves.off(rule, size) == pytest.approx(0, abs=1e-9)
        assert max(map(abs, curves.regrets(rule, size))) < 0.03  # half an octave from the nearest rate at most


def test_a_rule_that_does_not_hold_costs_what_it_is_off() -> None:
    curves = world(0)
    assert curves.off("linear", 512) == pytest.approx(4)
    assert curves.regrets("linear", 512) == pytest.approx([math.exp(0.1 * 4**2) - 1] * len(SEEDS))
    assert curves.off("square root", 128) == pytest.approx(1)
    assert curves.off("linear", 16) == pytest.approx(-1)


def test_the_best_rate_is_chosen_on_one_half_of_the_seeds_and_scored_on_the_other() -> None:
    of_seeds = [{0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.0}, {0: 4.0, 1: 1.0}, {0: 4.0, 1: 1.0}]
    curves = Curves({32: of_seeds, 64: of_seeds})
    assert curves.ruled("none", 64) == 0.5
    lucky = [each[0 if seed >= 2 else 1] for seed, each in enumerate(of_seeds)]
    middle = [batch.between(0.5, each) for each in of_seeds]
    expected = [loss / best - 1 for loss, best in zip(middle, lucky, strict=True)]
    assert curves.regrets("none", 64) == pytest.approx(expected)


def test_a_run_without_a_number_is_infinitely_bad() -> None:
    row = {"task": "digits", "optimizer": "adam", "batch": 32, "losses": {"-3": [1.0] * 4, "-2": [None, 2.0, 2.0, 2.0]}}
    assert curves_of([row], "digits", "adam").losses[32][0] == {-3: 1.0, -2: math.inf}


def test_what_is_packed_is_whole_in_order_and_enough_for_the_tables() -> None:
    rows = batch.read(batch.FROZEN)
    assert packed(rows[::-1]) == batch.FROZEN.read_text()
    best, by_batch, by_rule = "\n".join(tables(rows)).split("\n\n")
    pairs = len(rows) // len(BATCHES)
    assert len(best.splitlines()) == 2 + pairs
    assert len(by_batch.splitlines()) == 2 + pairs * len(RULES)
    assert len(by_rule.splitlines()) == 2 + len(batch.OPTIMIZERS) * len(RULES)


def test_a_rule_is_summed_up_over_all_batches_but_its_first() -> None:
    assert rule_cells([world(1)], "linear")[0] == "0.00"
    off = (1 + 1 + 2 + 3 + 4) / 5
    costs = sorted(math.exp(0.1 * each**2) - 1 for each in (1, 1, 2, 3, 4))
    assert rule_cells([world(1)], "none") == (f"{off:.2f}", f"{100 * costs[2]:+.1f}", "0 / 20")
