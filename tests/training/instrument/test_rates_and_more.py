"""Mirrors training/instrument/rates.py: hyperparameters that are led beside the rate, and rates that are tensors."""

from collections.abc import Callable

import pytest
import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import constant, linear
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.instrument.rates import Rates


def parameter(size: int = 1) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.zeros(size))


def led(optimizer: Optimizer, **schedules: Schedule) -> Rates:
    rates = Rates(schedules=schedules)
    rates.made(optimizer)
    return rates


def within(rates: Rates, optimizer: Optimizer, name: str, step: int = 0) -> list[object]:
    """An entry of the groups within one step, as numbers; afterwards it is what it was."""

    def read() -> list[object]:
        return [float(value) if isinstance(value := group[name], torch.Tensor) else value for group in groups]

    groups = optimizer.param_groups
    before = read()
    rates.read(optimizer)
    rates.write(optimizer, step)
    seen = read()
    rates.restore()
    assert read() == before
    return seen


def test_a_schedule_of_the_momentum_is_in_force_within_the_step_only() -> None:
    optimizer = torch.optim.SGD([{"params": [parameter()]}, {"params": [parameter(8)]}], lr=0.1, momentum=0.5)
    rates = led(optimizer, rate=constant(0.01), momentum=linear(0.95, 0.85, 10))
    assert within(rates, optimizer, "momentum") == [0.95, 0.95]
    assert within(rates, optimizer, "momentum", 10) == [0.85, 0.85]


@pytest.mark.parametrize("make", [torch.optim.Adam, torch.optim.NAdam, torch.optim.RAdam, torch.optim.Adamax])
def test_of_an_optimizer_with_betas_both_can_be_led(make: Callable[..., Optimizer]) -> None:
    optimizer = make([parameter()], lr=0.1, betas=(0.8, 0.99))
    rates = led(optimizer, rate=constant(0.01), momentum=constant(0.7), beta2=constant(0.6))
    assert within(rates, optimizer, "betas") == [(0.7, 0.6)]
    rates.schedules = {"rate": constant(0.01), "momentum": constant(0.7)}
    assert within(rates, optimizer, "betas") == [(0.7, 0.99)]


def test_betas_that_are_tensors_are_written_in_place_and_given_back() -> None:
    betas = (torch.tensor(0.8), torch.tensor(0.99))
    optimizer = torch.optim.Adam([parameter()], lr=torch.tensor(0.1), betas=betas, capturable=False, foreach=False)
    rates = led(optimizer, rate=constant(0.01), momentum=constant(0.5))
    rates.read(optimizer)
    rates.write(optimizer, 0)
    assert optimizer.param_groups[0]["betas"][0] is betas[0]
    assert [float(each) for each in (*betas, optimizer.param_groups[0]["lr"])] == pytest.approx([0.5, 0.99, 0.01])
    rates.restore()
    assert [float(each) for each in (*betas, optimizer.param_groups[0]["lr"])] == pytest.approx([0.8, 0.99, 0.1])


def test_groups_without_weight_decay_stay_without() -> None:
    groups = [{"params": [parameter(8)], "weight_decay": 0.1}, {"params": [parameter()], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.1)
    rates = led(optimizer, rate=constant(0.01), weight_decay=linear(0.5, 0.0, 10))
    assert within(rates, optimizer, "weight_decay") == [0.5, 0.0]
    assert within(rates, optimizer, "weight_decay", 10) == [0.0, 0.0]
    assert within(rates, optimizer, "weight_decay", 5) == [0.25, 0.0]


def test_momentum_is_led_in_every_optimizer_that_has_one() -> None:
    first, second = torch.optim.Adagrad([parameter()], lr=0.1), torch.optim.SGD([parameter(8)], lr=0.1, momentum=0.9)
    rates = led(first, rate=constant(0.01), momentum=constant(0.5))
    rates.made(second)
    rates.read(first)
    rates.write(first, 0)
    rates.restore()
    assert within(rates, second, "momentum") == [0.5]


def test_a_momentum_that_the_script_cycles_is_ours_where_there_is_a_schedule_for_it() -> None:
    optimizer = torch.optim.SGD([parameter()], lr=0.1, momentum=0.5)
    rates = led(optimizer, rate=constant(0.01), momentum=constant(0.7))
    scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    rates.scheduled(scheduler)
    assert within(rates, optimizer, "momentum") == [0.7]
    assert not rates.momentum_frozen


def test_a_halved_rate_leaves_the_momentum_alone() -> None:
    optimizer = torch.optim.SGD([parameter()], lr=0.1, momentum=0.5)
    rates = led(optimizer, rate=constant(0.01), momentum=constant(0.7))
    rates.factor = 0.5
    assert within(rates, optimizer, "momentum") == [0.7]
    assert within(rates, optimizer, "lr") == [0.005]


def test_a_momentum_alone_leaves_the_script_s_own_rate() -> None:
    optimizer = torch.optim.SGD([parameter()], lr=0.1, momentum=0.5)
    rates = led(optimizer, momentum=constant(0.7))
    assert within(rates, optimizer, "momentum") == [0.7]
    assert within(rates, optimizer, "lr") == [0.1]


@pytest.mark.parametrize("name", ["momentm", "lr", "nesterov"])
def test_a_name_that_no_optimizer_has_is_refused_at_the_first_step(name: str) -> None:
    optimizer = torch.optim.SGD([parameter()], lr=0.1)
    rates = led(optimizer, rate=constant(0.01), **{name: constant(0.7)})
    rates.read(optimizer)
    with pytest.raises(InvalidInput, match=f"`{name}`.*; they have: rate, dampening, momentum, weight_decay"):
        rates.write(optimizer, 0)


def test_a_name_that_only_later_runs_have_is_refused_at_the_first_step_too() -> None:
    optimizer = torch.optim.Adagrad([parameter()], lr=0.1)
    rates = Rates(expected=("momentum", "rate"))
    rates.made(optimizer)
    rates.read(optimizer)
    with pytest.raises(InvalidInput, match=r"`momentum`.*; they have: rate, eps, "):
        rates.write(optimizer, 0)


# ------------------------------------------------------------------ rates that are tensors


def test_a_tensor_that_is_the_rate_of_several_groups_is_written_once() -> None:
    rate = torch.tensor(0.1, dtype=torch.float64)
    optimizer = torch.optim.Adam([{"params": [parameter(8)]}, {"params": [parameter()]}], lr=rate)
    rates = led(optimizer, rate=constant(0.01))
    for step in range(3):
        assert within(rates, optimizer, "lr", step) == [0.01, 0.01]
        assert float(rate) == 0.1
        assert all(group["lr"] is rate for group in optimizer.param_groups)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_rates_on_a_device_are_written_there_and_given_back() -> None:
    own = torch.tensor(0.1, device="cuda")
    weights = [torch.nn.Parameter(torch.zeros(1, device="cuda"))]
    optimizer = torch.optim.Adam(weights, lr=own, betas=(0.8, 0.99), capturable=True)
    rates = led(optimizer, rate=constant(0.01), momentum=constant(0.7))
    for step in range(3):
        rates.read(optimizer)
        rates.write(optimizer, step)
        group = optimizer.param_groups[0]
        assert group["lr"] is own
        assert (float(own), group["betas"]) == (pytest.approx(0.01), (0.7, 0.99))
        rates.restore()
        assert (float(own), group["betas"]) == (pytest.approx(0.1), (0.8, 0.99))
