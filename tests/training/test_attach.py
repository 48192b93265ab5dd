"""A schedule on the user's own optimizer: at every step what the schedule says, to the last bit, after a resume too."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim.lr_scheduler import LRScheduler

from ratecraft.errors import InvalidInput
from ratecraft.schedules.constructors import constant, cosine, linear, warmup
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.nodes import Schedule
from ratecraft.training.attach import attach

HORIZON = 40
SCHEDULES = {
    "constant": constant(0.3),
    "linear": linear(0.3, 0, 30),
    "trapezoid": bind(0.07 * (warmup(5) >> constant(1) >> linear(1, 0, 0.6)), HORIZON),
    "cosine": bind(0.1 * (warmup(3) >> cosine()), HORIZON),
}


def optimizer_of(groups: int, rate: Any = 0.1) -> torch.optim.Optimizer:
    return torch.optim.AdamW([{"params": [torch.zeros(1, requires_grad=True)]} for _ in range(groups)], lr=rate)


def rates_of(optimizer: torch.optim.Optimizer) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())
def test_every_step_has_the_schedule_s_rate_times_the_ratio(schedule: Schedule) -> None:
    ratios = (1.0, 0.1, 3.0)
    optimizer = optimizer_of(3)
    scheduler = attach(schedule, optimizer, ratios)
    for step in range(HORIZON + 5):
        assert rates_of(optimizer) == [schedule.at(step) * ratio for ratio in ratios]
        optimizer.step()
        scheduler.step()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(SCHEDULES)), before=st.integers(0, HORIZON), other=st.sampled_from(sorted(SCHEDULES))
)
def test_a_resumed_one_goes_on_where_it_was(name: str, before: int, other: str) -> None:
    first = optimizer_of(2)
    scheduler = attach(SCHEDULES[name], first, (1.0, 0.5))
    for _ in range(before):
        first.step()
        scheduler.step()
    second = optimizer_of(2)
    resumed = attach(SCHEDULES[other], second, (1.0, 2.0))
    resumed.load_state_dict(scheduler.state_dict())
    for step in range(before, before + 3):
        assert rates_of(second) == [SCHEDULES[name].at(step), SCHEDULES[name].at(step) * 0.5]
        second.step()
        resumed.step()


def test_its_state_opens_as_weights_only(tmp_path: Any) -> None:
    optimizer = optimizer_of(1)
    state = attach(SCHEDULES["cosine"], optimizer).state_dict()
    torch.save(state, tmp_path / "state.pt")
    assert torch.load(tmp_path / "state.pt", weights_only=True) == state


def test_one_ratio_is_enough_for_all_groups() -> None:
    optimizer = optimizer_of(3)
    attach(constant(0.3), optimizer, (0.5,))
    assert rates_of(optimizer) == [0.15] * 3


def test_a_rate_that_is_a_tensor_stays_the_same_tensor() -> None:
    rate = torch.tensor(0.1)
    optimizer = optimizer_of(1, rate)
    scheduler = attach(linear(0.5, 0, 4), optimizer)
    optimizer.step()
    scheduler.step()
    scheduler.load_state_dict(scheduler.state_dict())
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.375


def test_it_is_a_scheduler_like_any_of_torch_s() -> None:
    scheduler = attach(linear(0.5, 0, 4), optimizer_of(1))
    assert isinstance(scheduler, LRScheduler)
    assert scheduler.get_last_lr() == [0.5]


@pytest.mark.parametrize("ratios", [(), (1.0, 2.0)])
def test_another_number_of_ratios_is_refused(ratios: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match=f"There are {len(ratios)} ratios for an optimizer with 3 parameter groups"):
        attach(constant(0.3), optimizer_of(3), ratios)


def test_a_schedule_without_a_horizon_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no values yet"):
        attach(cosine(), optimizer_of(1))


def test_a_state_of_something_else_is_refused() -> None:
    scheduler = attach(constant(0.3), optimizer_of(1))
    with pytest.raises(InvalidInput, match="no state of an attached schedule; it has: last_epoch, gamma"):
        scheduler.load_state_dict({"last_epoch": 3, "gamma": 0.1})


def test_a_state_for_another_number_of_groups_is_refused() -> None:
    state = attach(constant(0.3), optimizer_of(2), (1.0, 2.0)).state_dict()
    with pytest.raises(InvalidInput, match="2 ratios for an optimizer with 1 parameter groups"):
        attach(constant(0.3), optimizer_of(1)).load_state_dict(state)
