"""The arithmetic of the benchmark's table."""

import doctest
import math
import statistics
from types import ModuleType

import frozen
import numpy as np
import pytest
import scoring
from frozen import Frozen
from scoring import LUCK, Reference, bootstrap, failed, reference_of, regret_of


def task_of(losses: dict[float, list[float]]) -> Frozen:
    """A task whose linear runs have these last losses, by octave and seed."""
    run = {"losses": [], "ended": False, "blown_at": None}
    return Frozen(
        "x",
        0.1,
        100,
        [
            {
                "kind": "outer",
                "octave": octave,
                "seed": seed,
                "runs": [{**run, "name": name, "figures": [[100, loss]]} for name in ("trunk", "linear")],
            }
            for octave, each in losses.items()
            for seed, loss in enumerate(each)
        ],
    )


@pytest.mark.parametrize("module", [frozen, scoring])
def test_the_examples_run(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def test_the_reference_is_the_best_run_of_all_seeds_scored_on_each_half_of_them_less_its_luck() -> None:
    found = reference_of(task_of({0: [1.0, 4.0, 1.0, 4.0], 1: [2.0, 2.2, 2.4, 2.6]}))
    luck = LUCK * found.sd
    assert found.losses == pytest.approx({0: 2.2 + luck, 1: 2.4 + luck, 2: 2.2 + luck, 3: 2.4 + luck})


def test_a_warm_up_that_only_two_seeds_have_may_be_the_best() -> None:
    task = task_of({octave: [2.0 + octave] * 4 for octave in range(3)})
    run = {"losses": [], "ended": False, "blown_at": None, "name": "linear@20"}
    warm = [
        {"kind": "warm-20", "octave": 1, "seed": seed, "runs": [{**run, "figures": [[100, loss]]}]}
        for seed, loss in enumerate((1.0, 1.5))
    ]
    assert reference_of(Frozen("x", 0.1, 100, [*task.trees, *warm])).losses == {0: 1.0, 2: 1.0, 1: 1.5, 3: 1.5}


def test_the_reference_knows_how_much_seeds_differ() -> None:
    rows = {octave: [1.0, 1.2, 1.1, 0.9] for octave in (0, 1, 2)}
    assert reference_of(task_of(rows)).sd == pytest.approx(statistics.stdev(rows[0]))


def test_regret_is_told_in_shares_and_in_deviations() -> None:
    regret = regret_of(1.5, 2, Reference({2: 1.0}, sd=0.25))
    assert (regret.share, regret.in_sd) == (0.5, 2.0)


def test_a_failure_is_beyond_both_limits_or_without_a_number() -> None:
    reference = Reference({0: 1.0}, sd=0.1)
    assert not failed(regret_of(1.06, 0, reference))
    assert not failed(regret_of(1.04, 0, Reference({0: 1.0}, sd=0.01)))
    assert failed(regret_of(1.4, 0, reference))
    assert failed(regret_of(math.inf, 0, reference))


def test_an_interval_holds_the_median_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    held = 0
    for _ in range(60):
        values = {
            (f"task {task}", seed): value for task in range(12) for seed, value in enumerate(random.normal(size=4))
        }
        low, high = bootstrap(values, statistics.median, draws=100)
        held += low <= 0 <= high
    assert 48 <= held <= 60


def test_intervals_of_two_rivals_are_paired() -> None:
    ours = {(task, seed): float(seed) for task in "ab" for seed in range(4)}
    theirs = {key: value + 10 for key, value in ours.items()}
    low, high = bootstrap(ours, statistics.median)
    assert bootstrap(theirs, statistics.median) == (low + 10, high + 10)
