"""Mirrors ratecraft/schedules/plateau.py: PyTorch's and Keras's own classes run beside."""

import json
import math
import os
import random
from dataclasses import asdict
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.plateau import KerasPlateau, Plateau, PlateauState, TorchPlateau

_FIGURES = st.sampled_from([1.0, 0.9, 0.9 - 2e-5, 0.89, 0.5, -0.5, -1.0, 0.0, 2.0, math.nan])
_SEQUENCES = st.lists(_FIGURES, max_size=40)


def _fold(rule: Any, rates: tuple[float, ...], figures: list[float]) -> list[tuple[float, ...]]:
    state, seen = PlateauState(rates), list[tuple[float, ...]]()
    for figure in figures:
        state = rule.observe(state, figure)
        seen.append(state.rates)
    return seen


@given(
    figures=_SEQUENCES,
    patience=st.integers(0, 3),
    cooldown=st.integers(0, 3),
    mode=st.sampled_from(["min", "max"]),
    threshold_mode=st.sampled_from(["rel", "abs"]),
    threshold=st.sampled_from([0.0, 1e-4, 0.1]),
    floor=st.sampled_from([0.0, 1e-3, 0.05]),
)
def test_the_torch_rule_is_that_of_torch(
    figures: list[float], patience: int, cooldown: int, mode: Any, threshold_mode: Any, threshold: float, floor: float
) -> None:
    rates = (0.1, 0.02, 1e-8)
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": rate} for rate in rates]
    optimizer = torch.optim.SGD(groups)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode, 0.5, patience, threshold, threshold_mode, cooldown, floor
    )
    wanted: list[tuple[float, ...]] = []
    for figure in figures:
        scheduler.step(figure)
        wanted.append(tuple(group["lr"] for group in optimizer.param_groups))
    rule = TorchPlateau(0.5, patience, threshold, threshold_mode, cooldown, mode, floor)
    assert _fold(rule, rates, figures) == wanted


class _KerasRun:
    """Keras's callback with a model that has an optimizer and nothing else."""

    def __init__(self, **settings: Any) -> None:
        os.environ.setdefault("KERAS_BACKEND", "torch")
        keras = pytest.importorskip("keras")
        self.callback = keras.callbacks.ReduceLROnPlateau(monitor="loss", **settings)
        self.optimizer = keras.optimizers.SGD(0.125)
        model = type("Model", (), {"optimizer": self.optimizer, "metrics": []})()
        self.callback.set_model(model)
        self.callback.on_train_begin()

    def rates(self, figures: list[float]) -> list[float]:
        seen: list[float] = []
        for epoch, figure in enumerate(figures):
            self.callback.on_epoch_end(epoch, {"loss": figure})
            seen.append(float(self.optimizer.learning_rate))
        return seen


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # keras on numpy 2
@given(
    figures=_SEQUENCES,
    patience=st.integers(0, 3),
    cooldown=st.integers(0, 3),
    mode=st.sampled_from(["min", "max"]),
    floor=st.sampled_from([0.0, 0.015625]),
)
def test_the_keras_rule_is_that_of_keras(
    figures: list[float], patience: int, cooldown: int, mode: Any, floor: float
) -> None:
    peer = _KerasRun(factor=0.5, patience=patience, cooldown=cooldown, mode=mode, min_delta=1e-2, min_lr=floor)
    rule = KerasPlateau(0.5, patience, 1e-2, cooldown, mode, floor)
    assert [rate for (rate,) in _fold(rule, (0.125,), figures)] == peer.rates(figures)


@pytest.mark.parametrize(
    ("rule", "cuts"), [(TorchPlateau(patience=2), [4, 7, 10]), (KerasPlateau(patience=2), [3, 5, 7])]
)
def test_the_same_patience_means_different_counts(rule: Any, cuts: list[int]) -> None:
    rates = [1.0, *(rate for (rate,) in _fold(rule, (1.0,), [5.0] * cuts[-1]))]
    assert [at for at in range(1, len(rates)) if rates[at] != rates[at - 1]] == cuts


def _noisy(steps: int, slope: float, noise: float, seed: int) -> list[float]:
    draws = random.Random(seed)  # noqa: S311
    return [3.0 + slope * step + draws.gauss(0, noise) for step in range(steps)]


@pytest.mark.parametrize("seed", range(5))
def test_a_fall_that_can_be_seen_through_the_noise_is_no_plateau(seed: int) -> None:
    assert set(_fold(Plateau(), (0.1,), _noisy(100, -0.02, 0.01, seed))) == {(0.1,)}


@pytest.mark.parametrize("seed", range(5))
def test_noise_without_a_fall_is_cut_within_two_windows(seed: int) -> None:
    rates = _fold(Plateau(), (0.1,), _noisy(40, 0.0, 0.05, seed))
    assert rates[-1][0] < 0.1
    assert rates[8] == (0.1,)


def test_a_lucky_best_figure_does_not_end_a_steady_fall() -> None:
    figures = _noisy(60, -0.02, 0.005, seed=1)
    figures[5] -= 1.5
    lucky = _fold(Plateau(), (0.1,), figures[6:])
    assert set(lucky) == {(0.1,)}
    assert _fold(TorchPlateau(patience=9), (0.1,), figures)[-1][0] < 0.1


@given(st.lists(st.floats(-5, 5), max_size=60))
def test_more_is_better_is_the_mirror_of_less_is_better(figures: list[float]) -> None:
    mirrored = [-figure for figure in figures]
    assert _fold(Plateau(), (0.1,), figures) == _fold(Plateau(direction="max"), (0.1,), mirrored)


@given(st.lists(st.floats(0.1, 5), min_size=10, max_size=60), st.sampled_from([2.0**-20, 2.0**20]))
def test_the_unit_of_the_figure_does_not_matter(figures: list[float], unit: float) -> None:
    assert _fold(Plateau(), (0.1,), figures) == _fold(Plateau(), (0.1,), [unit * figure for figure in figures])


def test_a_gain_below_the_threshold_is_none_however_smooth() -> None:
    figures = [1.0 - 1e-7 * step for step in range(30)]
    assert _fold(Plateau(), (0.1,), figures)[-1][0] < 0.1


def test_what_is_no_number_is_counted_and_not_looked_at() -> None:
    state = PlateauState((0.1,))
    for figure in [3.0, 2.9, math.nan, 2.8, math.inf, 2.7]:
        state = Plateau(window=4).observe(state, figure)
    assert (state.not_numbers, state.cuts, state.recent) == (2, 0, (3.0, 2.9, 2.8, 2.7))


def test_the_floor_is_not_crossed() -> None:
    assert _fold(Plateau(floor=0.03), (0.1, 0.02), [1.0] * 50)[-1] == (0.03, 0.02)


def test_a_state_survives_json() -> None:
    state = PlateauState((0.1,))
    for figure in (3.0, 2.0, 1.0):
        state = Plateau().observe(state, figure)
    assert PlateauState(**json.loads(json.dumps(asdict(state)))) == state


@pytest.mark.parametrize("rule", [Plateau, TorchPlateau, KerasPlateau])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"factor": 1.0}, "`factor` must lie between 0 and 1; got 1"),
        ({"factor": 0.0}, "`factor` must be greater than 0"),
        ({"floor": -1.0}, r"`floor` must be 0 or more; got -1\.0"),
        ({"direction": "down"}, "`direction` must be one of min, max; got 'down'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(rule: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rule(**settings)


def test_no_rates_are_refused() -> None:
    with pytest.raises(InvalidInput, match="needs the rate of at least one parameter group"):
        PlateauState(())
