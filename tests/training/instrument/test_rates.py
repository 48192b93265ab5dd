"""Mirrors training/instrument/rates.py."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR, OneCycleLR

from ratecraft.schedules.builders.constructors import constant
from ratecraft.training.instrument.rates import Rates


def parameter(size: int = 1) -> nn.Parameter:
    return nn.Parameter(torch.zeros(size))


def in_force(rates: Rates, optimizer: Optimizer, step: int = 0) -> list[float]:
    """The rates within one step; afterwards the script's own are back."""
    rates.read(optimizer)
    rates.write(optimizer, step)
    seen = [float(group["lr"]) for group in optimizer.param_groups]
    rates.restore()
    return seen


def known(*optimizers: Optimizer, rate: float | None = 0.01) -> Rates:
    rates = Rates(schedules={} if rate is None else {"rate": constant(rate)})
    for optimizer in optimizers:
        rates.made(optimizer)
    return rates


# ------------------------------------------------------------------ ratios


def test_decay_groups_of_one_rate_have_one_rate() -> None:
    groups = [{"params": [parameter(8)], "weight_decay": 0.1}, {"params": [parameter(2)], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.001)
    assert in_force(known(optimizer), optimizer) == [0.01, 0.01]


def test_a_group_that_the_script_scales_by_hand_keeps_its_scale() -> None:
    optimizer = torch.optim.SGD([{"params": [parameter(8)]}, {"params": [parameter()], "lr_scale": 0.25}], lr=0.1)
    rates = known(optimizer)
    for own in (0.1, 0.07, 0.002):
        for group in optimizer.param_groups:
            group["lr"] = own * group.get("lr_scale", 1.0)
        assert in_force(rates, optimizer) == pytest.approx([0.01, 0.0025], rel=1e-12)


def test_groups_of_a_one_cycle_keep_their_own_two_maxima() -> None:
    optimizer = torch.optim.SGD([{"params": [parameter()]}, {"params": [parameter(8)]}], lr=0.1, momentum=0.9)
    rates = known(optimizer)
    scheduler = OneCycleLR(optimizer, max_lr=[0.05, 0.1], total_steps=10, cycle_momentum=False)
    for _ in range(9):
        assert in_force(rates, optimizer) == pytest.approx([0.005, 0.01])
        optimizer.step()
        scheduler.step()


def test_a_group_that_is_added_later_follows_by_its_own_rate() -> None:
    optimizer = torch.optim.SGD([parameter(8)], lr=0.1)
    rates = known(optimizer)
    assert in_force(rates, optimizer) == [0.01]
    optimizer.add_param_group({"params": [parameter(99)], "lr": 0.02})
    rates.made(optimizer)
    assert in_force(rates, optimizer) == pytest.approx([0.01, 0.002])


def test_where_the_script_warms_up_from_0_the_rate_is_ours_at_once() -> None:
    optimizer = torch.optim.SGD([{"params": [parameter(8)]}, {"params": [parameter()], "lr": 0.05}], lr=0.1)
    rates = known(optimizer)
    scheduler = LambdaLR(optimizer, lambda step: step / 4)
    assert in_force(rates, optimizer) == [0.01, 0.01]  # all are 0: nothing tells a ratio yet
    optimizer.step()
    scheduler.step()
    assert in_force(rates, optimizer) == pytest.approx([0.01, 0.005])


def test_while_the_own_rate_of_the_leading_group_is_0_the_last_ratios_hold() -> None:
    optimizer = torch.optim.SGD([{"params": [parameter(8)]}, {"params": [parameter()], "lr": 0.05}], lr=0.1)
    rates = known(optimizer)
    in_force(rates, optimizer)
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    assert in_force(rates, optimizer) == pytest.approx([0.01, 0.005])


def test_an_optimizer_made_with_rate_0_follows_what_is_written_by_hand() -> None:
    optimizer = torch.optim.AdamW([{"params": [parameter(8)]}, {"params": [parameter()]}], lr=0.0)
    rates = known(optimizer)
    optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["lr"] = 3e-4, 6e-4
    assert in_force(rates, optimizer) == pytest.approx([0.01, 0.02])


def test_a_group_whose_own_rate_is_0_stays_at_0() -> None:
    optimizer = torch.optim.SGD([{"params": [parameter(8)]}, {"params": [parameter()], "lr": 0.0}], lr=0.1)
    assert in_force(known(optimizer), optimizer) == [0.01, 0.0]


def test_scales_multiply_the_rates_of_numbered_groups() -> None:
    first = torch.optim.SGD([parameter(8)], lr=0.1)
    second = torch.optim.SGD([{"params": [parameter()]}, {"params": [parameter()]}], lr=0.1)
    rates = known(first, second)
    rates.scale = {"2": 0.5}
    assert in_force(rates, first) == [0.01]
    assert in_force(rates, second) == [0.01, 0.005]


# ------------------------------------------------------------------ the leading group


def test_the_leading_group_has_most_trainable_values_of_all_optimizers() -> None:
    frozen = nn.Parameter(torch.zeros(1000), requires_grad=False)
    body = torch.optim.SGD([{"params": [frozen, parameter(3)], "lr": 0.3}], lr=0.3)
    head = torch.optim.SGD([{"params": [parameter(2)]}, {"params": [parameter(8)], "lr": 0.05}], lr=0.1)
    rates = known(body, head)
    assert in_force(rates, body) == pytest.approx([0.06])
    assert in_force(rates, head) == pytest.approx([0.02, 0.01])
    assert rates.groups()[1] == 2


def test_a_group_without_a_rate_above_0_does_not_lead() -> None:
    optimizer = torch.optim.SGD([{"params": [parameter(99)], "lr": 0.0}, {"params": [parameter(2)]}], lr=0.1)
    rates = known(optimizer)
    in_force(rates, optimizer)
    assert rates.groups()[1] == 1


def test_the_leading_group_is_fixed_at_its_first_step() -> None:
    optimizer = torch.optim.SGD([parameter(8)], lr=0.1)
    rates = known(optimizer)
    in_force(rates, optimizer)
    optimizer.add_param_group({"params": [parameter(99)], "lr": 0.2})
    rates.made(optimizer)
    assert in_force(rates, optimizer) == pytest.approx([0.01, 0.02])


def test_an_optimizer_that_takes_the_leading_parameters_over_leads_on() -> None:
    shared = parameter(8)
    first = torch.optim.SGD([shared], lr=0.1)
    rates = known(first)
    in_force(rates, first)
    first.param_groups[0]["lr"] = 1e-9  # annealed: a ratio to it would be senseless
    second = torch.optim.Adam([shared], lr=0.001)
    rates.made(second)
    assert in_force(rates, second) == [0.01]


def test_own_rates_are_told_of_the_leading_group() -> None:
    optimizer = torch.optim.SGD([{"params": [parameter()], "lr": 9.0}, {"params": [parameter(8)]}], lr=0.1)
    rates = known(optimizer, rate=None)
    told: list[float] = []
    for own in (0.1, 0.3, 0.0):
        optimizer.param_groups[1]["lr"] = own
        told.append(rates.read(optimizer))
    assert told == [0.1, 0.3, 0.0]


def test_the_largest_own_rate_is_known() -> None:
    optimizer = torch.optim.SGD([parameter()], lr=0.0)
    rates = known(optimizer, rate=None)
    assert math.isnan(rates.read(optimizer))
    for own in (0.1, 0.3, 0.2):
        optimizer.param_groups[0]["lr"] = own
        rates.read(optimizer)
    assert rates.own_max == 0.3


def test_groups_tell_what_they_were_made_with_and_how_they_stand() -> None:
    optimizer = torch.optim.SGD([{"params": [parameter(8)]}, {"params": [parameter(2)], "lr": 0.05}], lr=0.1)
    rates = known(optimizer, rate=None)
    ExponentialLR(optimizer, 0.5)
    in_force(rates, optimizer)
    groups, leading = rates.groups()
    assert [(group.parameters, group.base_rate, group.ratio) for group in groups] == [(8, 0.1, 1.0), (2, 0.05, 0.5)]
    assert leading == 0


def test_groups_tell_which_optimizer_they_are_of_and_those_that_one_has_from_another_once() -> None:
    wrapped = torch.optim.SGD([{"params": [parameter(8)]}, {"params": [parameter(2)]}], lr=0.1)
    other = torch.optim.Adam([parameter(4)], lr=0.01)
    wrapper = torch.optim.SGD(wrapped.param_groups, lr=0.1)
    rates = known(wrapped, wrapper, other)
    in_force(rates, wrapper)
    groups, leading = rates.groups()
    assert [(group.optimizer, group.number, group.parameters) for group in groups] == [
        ("SGD", 0, 8),
        ("SGD", 0, 2),
        ("Adam", 1, 4),
    ]
    assert leading == 0


def test_within_a_round_all_optimizers_follow_the_rate_that_it_began_with() -> None:
    first, second = torch.optim.SGD([parameter(8)], lr=0.4), torch.optim.SGD([parameter()], lr=0.1)
    rates, made = known(first, second), []
    warms = [LambdaLR(each, lambda step: min(1.0, (step + 1) / 4)) for each in (first, second)]
    for step in range(6):
        for each, warm in zip((first, second), warms, strict=True):  # the first is a step ahead when the second begins
            rates.read(each, opens=each is first)
            rates.write(each, step)
            made.append(float(each.param_groups[0]["lr"]))
            rates.restore()
            each.step()
            warm.step()
    assert made == pytest.approx([0.01, 0.0025] * 6)


def test_optimizer_of_a_later_phase_leads_once_the_one_before_is_not_in_use_any_more() -> None:
    before, after = torch.optim.SGD([parameter(8)], lr=0.4), torch.optim.SGD([parameter(4)], lr=0.1)
    rates = known(before, after, rate=None)
    assert rates.read(before) == 0.4
    assert (rates.read(after, in_use=lambda optimizer: True), rates.groups()[1]) == (0.1, 0)
    assert (rates.read(after, in_use=lambda optimizer: optimizer is after), rates.groups()[1]) == (0.1, 1)


def test_rate_of_an_optimizer_that_joins_later_is_not_told_once_the_leading_one_steps_again() -> None:
    leading, late = torch.optim.SGD([parameter(8)], lr=0.4), torch.optim.SGD([parameter(4)], lr=0.1)
    rates = known(leading, late, rate=None)
    assert [rates.read(each) for each in (leading, late, leading, late)] == [0.4, 0.1, 0.4, 0.4]


# ------------------------------------------------------------------ writing and putting back


def test_without_a_schedule_the_script_s_own_objects_stay_in_place() -> None:
    rate = torch.tensor(0.1)
    optimizer = torch.optim.Adam([parameter()], lr=rate)
    rates = known(optimizer, rate=None)
    rates.read(optimizer)
    rates.write(optimizer, 0)
    assert optimizer.param_groups[0]["lr"] is rate
    assert float(rate) == float(torch.tensor(0.1))


@pytest.mark.parametrize("own", [0.1, 1, torch.tensor(0.1)], ids=["float", "integer", "tensor"])
def test_the_very_object_that_the_script_wrote_is_put_back(own: object) -> None:
    optimizer = torch.optim.Adam([parameter()], lr=0.5)
    optimizer.param_groups[0]["lr"] = own
    rates = known(optimizer)
    assert in_force(rates, optimizer) == [pytest.approx(0.01)]
    assert optimizer.param_groups[0]["lr"] is own
    assert float(optimizer.param_groups[0]["lr"]) == pytest.approx(1.0 if own == 1 else 0.1)


def test_a_tensor_rate_keeps_its_identity_within_the_step() -> None:
    own = torch.tensor(0.1)
    optimizer = torch.optim.Adam([parameter()], lr=own)
    rates = known(optimizer)
    rates.read(optimizer)
    rates.write(optimizer, 0)
    assert optimizer.param_groups[0]["lr"] is own
    rates.restore()


def test_a_step_within_a_step_writes_nothing_twice() -> None:
    optimizer = torch.optim.SGD([parameter()], lr=0.1)
    rates = known(optimizer)
    rates.read(optimizer)
    rates.write(optimizer, 0)
    rates.write(optimizer, 0)  # the parent's step, called by a subclass's
    assert optimizer.param_groups[0]["lr"] == 0.01
    rates.restore()
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_an_inner_optimizer_with_groups_of_its_own_keeps_its_ratio() -> None:
    outer = torch.optim.SGD([parameter(8)], lr=0.1)
    inner = torch.optim.SGD([parameter()], lr=0.02)
    rates = known(outer, inner)
    rates.read(outer)
    rates.write(outer, 0)
    rates.write(inner, 0)
    assert inner.param_groups[0]["lr"] == pytest.approx(0.002)
    rates.restore()
    assert (outer.param_groups[0]["lr"], inner.param_groups[0]["lr"]) == (0.1, 0.02)


def test_after_a_loaded_state_the_new_groups_are_written() -> None:
    optimizer = torch.optim.SGD([parameter(8)], lr=0.1)
    rates = known(optimizer)
    in_force(rates, optimizer)
    optimizer.load_state_dict(optimizer.state_dict())
    assert in_force(rates, optimizer) == [0.01]


def test_an_optimizer_without_a_rate_is_left_alone() -> None:
    class Fixed(Optimizer):
        def __init__(self) -> None:
            super().__init__([parameter()], {})

    optimizer = Fixed()
    rates = known(optimizer)
    rates.read(optimizer)
    rates.write(optimizer, 0)
    rates.restore()
    assert "lr" not in optimizer.param_groups[0]


def test_after_a_halving_own_rates_are_halved_too() -> None:
    optimizer = torch.optim.SGD([parameter()], lr=0.1)
    rates = known(optimizer, rate=None)
    rates.factor = 0.5
    assert in_force(rates, optimizer) == [0.05]
    assert optimizer.param_groups[0]["lr"] == 0.1


# ------------------------------------------------------------------ momentum


@pytest.mark.parametrize(
    ("make", "name", "own"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.5), "momentum", 0.5),
        (lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.8, 0.99)), "betas", (0.8, 0.99)),
    ],
)
def test_a_cycled_momentum_is_held_within_the_step_and_given_back(
    make: Callable[..., Optimizer], name: str, own: object
) -> None:
    optimizer = make([parameter()])
    rates = known(optimizer)
    OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    rates.cycles_momentum(optimizer)
    cycled = optimizer.param_groups[0][name]
    rates.read(optimizer)
    rates.write(optimizer, 0)
    assert optimizer.param_groups[0][name] == own
    rates.restore()
    assert optimizer.param_groups[0][name] == cycled != own
    assert rates.momentum_frozen


def test_with_own_rates_a_cycled_momentum_stays_cycled() -> None:
    optimizer = torch.optim.SGD([parameter()], lr=0.1, momentum=0.5)
    rates = known(optimizer, rate=None)
    OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    rates.cycles_momentum(optimizer)
    rates.read(optimizer)
    rates.write(optimizer, 0)
    assert optimizer.param_groups[0]["momentum"] == 0.95
    assert not rates.momentum_frozen
