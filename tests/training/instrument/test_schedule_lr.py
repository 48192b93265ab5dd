"""Schedules on the user's own optimizer: at every step what they say, to the last bit, after any kind of resume too."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import LinearLR, LRScheduler, SequentialLR

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.groups import GroupSchedule, with_floor
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.trees.leaves import Fn
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.instrument.schedule_lr import ScheduleLR

HORIZON = 40
SCHEDULES = {
    "constant": constant(0.3),
    "linear": linear(0.3, 0, 30),
    "trapezoid": bind(0.07 * (warmup(5) >> constant(1) >> linear(1, 0, 0.6)), HORIZON),
    "cosine": bind(0.1 * (warmup(3) >> cosine()), HORIZON),
}


def optimizer_of(*rates: Any, kind: Callable[..., torch.optim.Optimizer] = torch.optim.AdamW) -> torch.optim.Optimizer:
    return kind([{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in rates])


def rates_of(optimizer: torch.optim.Optimizer) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]


def advance(optimizer: torch.optim.Optimizer, scheduler: LRScheduler, steps: int) -> None:
    for _ in range(steps):
        optimizer.step()  # pyright: ignore[reportUnknownMemberType]
        scheduler.step()


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())
def test_every_step_has_the_schedule_times_each_group_s_own_rate(schedule: Schedule) -> None:
    optimizer = optimizer_of(1.0, 0.1, 3.0)
    scheduler = ScheduleLR(optimizer, schedule)
    for step in range(HORIZON + 5):
        assert rates_of(optimizer) == [schedule.at(step) * base for base in (1.0, 0.1, 3.0)]
        advance(optimizer, scheduler, 1)


def test_a_long_run_reads_on_and_on() -> None:
    optimizer, schedule = optimizer_of(0.5), exponential(0.999)
    scheduler = ScheduleLR(optimizer, schedule)
    for step in range(700):
        assert rates_of(optimizer) == [0.5 * schedule.at(step)]
        advance(optimizer, scheduler, 1)


def test_given_base_rates_replace_the_groups_own() -> None:
    optimizer = optimizer_of(0.7, 0.2)
    ScheduleLR(optimizer, constant(0.3), base_rates=(1.0, 0.5))
    assert rates_of(optimizer) == [0.3, 0.15]


def test_one_base_rate_is_enough_for_all_groups() -> None:
    optimizer = optimizer_of(0.1, 0.1, 0.1)
    ScheduleLR(optimizer, constant(0.3), base_rates=(0.5,))
    assert rates_of(optimizer) == [0.15] * 3


@given(
    name=st.sampled_from(sorted(SCHEDULES)),
    before=st.integers(0, HORIZON),
    order=st.permutations(["make", "load scheduler", "load optimizer"]),
)
def test_resumed_in_any_order_it_goes_on_where_it_was(name: str, before: int, order: list[str]) -> None:
    first = optimizer_of(1.0, 0.5)
    scheduler = ScheduleLR(first, SCHEDULES[name])
    advance(first, scheduler, before)
    saved = copy.deepcopy({"optimizer": first.state_dict(), "scheduler": scheduler.state_dict()})

    second = optimizer_of(1.0, 0.5)
    resumed: ScheduleLR | None = None
    for action in order:
        if action != "load optimizer" and resumed is None:
            resumed = ScheduleLR(second, SCHEDULES[name])
        if action == "load scheduler" and resumed is not None:
            resumed.load_state_dict(saved["scheduler"])
        if action == "load optimizer":
            second.load_state_dict(saved["optimizer"])
    assert resumed is not None
    for step in range(before, before + 3):
        assert rates_of(second) == [SCHEDULES[name].at(step), SCHEDULES[name].at(step) * 0.5]
        advance(second, resumed, 1)


def test_loading_only_the_scheduler_sets_the_rates() -> None:
    first, second = optimizer_of(1.0), optimizer_of(1.0)
    scheduler = ScheduleLR(first, SCHEDULES["cosine"])
    advance(first, scheduler, 17)
    ScheduleLR(second, SCHEDULES["cosine"]).load_state_dict(scheduler.state_dict())
    assert rates_of(second) == [SCHEDULES["cosine"].at(17)]


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=8))
def test_it_can_be_at_any_step_whatever_was_before(steps: list[int]) -> None:
    optimizer = optimizer_of(1.0)
    scheduler = ScheduleLR(optimizer, SCHEDULES["cosine"])
    for step in steps:
        scheduler.go_to(step)
        assert rates_of(optimizer) == [SCHEDULES["cosine"].at(step)]
        scheduler.step(step + 1)
        assert rates_of(optimizer) == [SCHEDULES["cosine"].at(step + 1)]


def test_its_state_opens_as_weights_only(tmp_path: Path) -> None:
    state = ScheduleLR(optimizer_of(0.1), SCHEDULES["cosine"]).state_dict()
    torch.save(state, tmp_path / "state.pt")
    assert torch.load(tmp_path / "state.pt", weights_only=True) == state


def test_a_floor_is_the_same_for_groups_of_different_base_rates() -> None:
    optimizer = optimizer_of(0.5, 0.25, torch.tensor(0.125))
    scheduler = ScheduleLR(optimizer, with_floor(linear(1, 0, 4), 0.0625))
    advance(optimizer, scheduler, 2)
    assert rates_of(optimizer) == [0.28125, 0.15625, 0.09375]
    advance(optimizer, scheduler, 2)
    assert rates_of(optimizer) == [0.0625] * 3
    scheduler.load_state_dict(scheduler.state_dict())
    assert rates_of(optimizer) == [0.0625] * 3


def test_limits_of_the_rate_hold() -> None:
    optimizer = optimizer_of(0.5, 0.25)
    ScheduleLR(optimizer, GroupSchedule(constant(1.0), low=constant(0.3), high=constant(0.4)))
    assert rates_of(optimizer) == [0.4, 0.3]


def test_a_function_of_the_user_s_own_is_saved_by_its_name() -> None:
    first, second = optimizer_of(1.0), optimizer_of(1.0)
    scheduler = ScheduleLR(first, Fn("halves", lambda step: 0.5**step))
    advance(first, scheduler, 3)
    resumed = ScheduleLR(second, Fn("halves", lambda step: 0.5**step))
    resumed.load_state_dict(scheduler.state_dict())
    assert rates_of(second) == [0.125]
    with pytest.raises(
        InvalidInput, match=r"made with another schedule for `rate`: .*halves.*; this scheduler has .*thirds"
    ):
        ScheduleLR(second, Fn("thirds", lambda step: 3.0**-step)).load_state_dict(scheduler.state_dict())


def test_momentum_goes_with_the_rate() -> None:
    optimizer = optimizer_of(0.1, kind=lambda groups: torch.optim.SGD(groups, momentum=0.9))
    schedules = {"rate": linear(1, 0, 4), "momentum": linear(0.85, 0.95, 4), "weight_decay": linear(0, 0.4, 4)}
    scheduler = ScheduleLR(optimizer, schedules)
    advance(optimizer, scheduler, 2)
    (group,) = optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.05, 0.2)
    assert group["momentum"] == schedules["momentum"].at(2)


def test_the_momentum_of_an_optimizer_with_betas_is_the_first_of_them() -> None:
    optimizer = optimizer_of(0.1, 0.2)
    scheduler = ScheduleLR(optimizer, {"momentum": linear(0.8, 0.9, 2), "beta2": constant(0.95)})
    advance(optimizer, scheduler, 2)
    assert [group["betas"] for group in optimizer.param_groups] == [(0.9, 0.95)] * 2
    assert rates_of(optimizer) == [0.1, 0.2]


def test_betas_that_are_tensors_stay_the_same_tensors() -> None:
    betas = (torch.tensor(0.9), torch.tensor(0.999))
    optimizer = optimizer_of(
        torch.tensor(0.1), kind=lambda groups: torch.optim.AdamW(groups, betas=betas, capturable=True)
    )
    scheduler = ScheduleLR(optimizer, {"momentum": linear(0.5, 0.75, 2)})
    scheduler.go_to(2)
    assert optimizer.param_groups[0]["betas"][0] is betas[0]
    assert betas[0].item() == 0.75


def test_rates_that_are_tensors_stay_the_same_tensors() -> None:
    rates = (torch.tensor(0.5), torch.tensor(0.25, dtype=torch.float64))
    optimizer = optimizer_of(rates[0], 0.125, rates[1])
    scheduler = ScheduleLR(optimizer, linear(1, 0, 4))
    advance(optimizer, scheduler, 3)
    scheduler.load_state_dict(scheduler.state_dict())
    assert optimizer.param_groups[0]["lr"] is rates[0]
    assert optimizer.param_groups[2]["lr"] is rates[1]
    assert rates_of(optimizer) == [0.125, 0.03125, 0.0625]
    assert scheduler.base_rates == [0.5, 0.125, 0.25]
    last = scheduler.get_last_lr()[0]
    assert last is not rates[0]
    assert last == rates[0]


def test_a_group_that_is_added_joins_with_its_own_rate() -> None:
    optimizer = optimizer_of(1.0)
    scheduler = ScheduleLR(optimizer, linear(1, 0, 8))
    advance(optimizer, scheduler, 2)
    optimizer.add_param_group({"params": [torch.zeros(1, requires_grad=True)], "lr": 0.5})
    scheduler.write()
    assert rates_of(optimizer) == [0.75, 0.375]
    optimizer.add_param_group({"params": [torch.zeros(1, requires_grad=True)], "lr": 0.25})
    advance(optimizer, scheduler, 2)
    assert rates_of(optimizer) == [0.5, 0.25, 0.125]


def test_a_group_that_is_added_before_the_first_step_joins_too() -> None:
    optimizer = optimizer_of(1.0)
    scheduler = ScheduleLR(optimizer, linear(1, 0, 8))
    optimizer.add_param_group({"params": [torch.zeros(1, requires_grad=True)], "lr": 0.5})
    advance(optimizer, scheduler, 1)
    assert rates_of(optimizer) == [0.875, 0.4375]


def _chained(optimizer: torch.optim.Optimizer) -> SequentialLR:
    torch_first = LinearLR(optimizer, 0.1, 1.0, total_iters=5)
    ours = [ScheduleLR(optimizer, linear(1, 0.5, 10)), ScheduleLR(optimizer, linear(0.5, 0, 10))]
    torch_last = LinearLR(optimizer, 0.3, 0.6, total_iters=6)
    return SequentialLR(optimizer, [torch_first, *ours, torch_last], milestones=[5, 15, 25])


def test_it_is_a_member_of_a_sequence_like_any_of_torch_s() -> None:
    optimizer = optimizer_of(0.2)
    scheduler = _chained(optimizer)
    seen: list[float] = []
    for _ in range(33):
        seen += rates_of(optimizer)
        advance(optimizer, scheduler, 1)
    first, last = [0.1 + 0.9 * step / 5 for step in range(5)], [0.3 + 0.3 * min(step, 6) / 6 for step in range(8)]
    ours = (linear(1, 0.5, 10) >> linear(0.5, 0, 10)).curve(20).tolist()
    assert seen == pytest.approx([0.2 * factor for factor in [*first, *ours, *last]], abs=1e-15)


@pytest.mark.parametrize("before", range(33))
@pytest.mark.parametrize("optimizer_first", [True, False])
def test_a_sequence_with_it_resumes_anywhere(before: int, optimizer_first: bool) -> None:
    first, second = optimizer_of(0.2), optimizer_of(0.2)
    scheduler, resumed = _chained(first), _chained(second)
    advance(first, scheduler, before)
    saved = copy.deepcopy({"optimizer": first.state_dict(), "scheduler": scheduler.state_dict()})
    if optimizer_first:
        second.load_state_dict(saved["optimizer"])
    resumed.load_state_dict(saved["scheduler"])
    if not optimizer_first:
        second.load_state_dict(saved["optimizer"])
    for _ in range(4):
        assert rates_of(second) == rates_of(first)
        advance(first, scheduler, 1)
        advance(second, resumed, 1)


def test_in_a_sequence_tensors_have_the_rates_that_numbers_have() -> None:
    numbers, tensor = optimizer_of(0.2), torch.tensor(0.2, dtype=torch.float64)
    tensors = optimizer_of(tensor)
    pair = [(numbers, _chained(numbers)), (tensors, _chained(tensors))]
    for _ in range(33):
        assert rates_of(tensors) == pytest.approx(rates_of(numbers), rel=1e-14)
        assert tensors.param_groups[0]["lr"] is tensor
        for optimizer, scheduler in pair:
            advance(optimizer, scheduler, 1)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
@pytest.mark.parametrize("groups", [1, 2, 200])
def test_any_number_of_tensors_have_the_rates_that_numbers_have(groups: int, kind: torch.dtype) -> None:
    rates = [0.1 + number / 1000 for number in range(groups)]
    numbers = optimizer_of(*rates)
    tensors = optimizer_of(*(torch.tensor(rate, dtype=torch.float64) for rate in rates[::2]), *rates[1::2])
    held = [group["lr"] for group in tensors.param_groups[: len(rates[::2])]]
    schedules = [ScheduleLR(each, SCHEDULES["trapezoid"]) for each in (numbers, tensors)]
    for step in (0, 3, 20, 39):
        for each in schedules:
            each.go_to(step)
        plain = rates_of(numbers)
        assert rates_of(tensors) == [*plain[::2], *plain[1::2]]
    assert all(group["lr"] is tensor for group, tensor in zip(tensors.param_groups, held, strict=False))
    rounded = optimizer_of(*(torch.tensor(rate, dtype=kind) for rate in rates))
    ScheduleLR(rounded, SCHEDULES["trapezoid"]).go_to(20)
    wanted = [SCHEDULES["trapezoid"].at(20) * rate for rate in rates]
    assert rates_of(rounded) == pytest.approx(wanted, rel=1e-6 if kind == torch.float32 else 1e-15)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("groups", [1, 3])
def test_rates_on_a_device_stay_there_and_are_what_they_are_on_the_cpu(groups: int) -> None:
    rates = [torch.tensor(0.1 * (1 + number), dtype=torch.float64, device="cuda") for number in range(groups)]
    weights = [{"params": [torch.zeros(1, device="cuda", requires_grad=True)], "lr": rate} for rate in rates]
    betas = (torch.tensor(0.9, device="cuda"), torch.tensor(0.99, device="cuda"))
    optimizer = torch.optim.AdamW(weights, betas=betas, capturable=True)
    scheduler = ScheduleLR(optimizer, {"rate": SCHEDULES["cosine"], "momentum": linear(0.5, 0.75, 2)})
    advance(optimizer, scheduler, 2)
    assert rates_of(optimizer) == [SCHEDULES["cosine"].at(2) * (0.1 * (1 + number)) for number in range(groups)]
    assert [group["lr"] for group in optimizer.param_groups] == rates
    assert all(group["lr"].is_cuda for group in optimizer.param_groups)
    assert (float(betas[0]), betas[0].is_cuda) == (0.75, True)


def test_torch_s_warning_of_the_wrong_order_stays() -> None:
    scheduler = ScheduleLR(optimizer_of(0.1), constant(1.0))
    with pytest.warns(UserWarning, match="Detected call of `lr_scheduler.step\\(\\)` before `optimizer.step\\(\\)`"):
        scheduler.step()


def test_a_value_beyond_numbers_is_an_error_only_at_its_step() -> None:
    optimizer = optimizer_of(1.0)
    scheduler = ScheduleLR(optimizer, exponential(1e100))
    advance(optimizer, scheduler, 3)
    with pytest.raises(InvalidInput, match="At step 4"):
        advance(optimizer, scheduler, 1)


@pytest.mark.parametrize("rates", [(), (1.0, 2.0)])
def test_another_number_of_base_rates_is_refused(rates: tuple[float, ...]) -> None:
    with pytest.raises(
        InvalidInput, match=f"There are {len(rates)} base rates for an optimizer with 3 parameter groups"
    ):
        ScheduleLR(optimizer_of(0.1, 0.1, 0.1), constant(0.3), rates)


def test_a_schedule_without_a_horizon_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no values yet"):
        ScheduleLR(optimizer_of(0.1), cosine())


def test_no_schedule_is_refused() -> None:
    with pytest.raises(InvalidInput, match="There is no schedule to apply to the optimizer"):
        ScheduleLR(optimizer_of(0.1), {})


@pytest.mark.parametrize("name", ["momentun", "lr", "params"])
def test_a_name_that_is_no_entry_is_refused(name: str) -> None:
    optimizer = optimizer_of(0.1, kind=torch.optim.SGD)
    with pytest.raises(
        InvalidInput, match=f"schedule for `{name}`, which .* they have: rate, .*momentum.*weight_decay"
    ):
        ScheduleLR(optimizer, {name: constant(0.9)})


def test_a_state_of_something_else_is_refused() -> None:
    scheduler = ScheduleLR(optimizer_of(0.1), constant(0.3))
    with pytest.raises(InvalidInput, match="not a state of a ScheduleLR; it has: last_epoch, gamma"):
        scheduler.load_state_dict({"last_epoch": 3, "gamma": 0.1})


def test_a_state_for_another_number_of_groups_is_refused() -> None:
    state = ScheduleLR(optimizer_of(0.1, 0.1), constant(0.3)).state_dict()
    with pytest.raises(InvalidInput, match="2 base rates for an optimizer with 1 parameter groups"):
        ScheduleLR(optimizer_of(0.1), constant(0.3)).load_state_dict(state)


def test_a_state_of_another_schedule_is_refused_with_both() -> None:
    state = ScheduleLR(optimizer_of(0.1), linear(1, 0, 100)).state_dict()
    scheduler = ScheduleLR(optimizer_of(0.1), linear(1, 0, 200))
    with pytest.raises(InvalidInput, match=r"`rate`: linear\(1, 0, 100\); this scheduler has linear\(1, 0, 200\)"):
        scheduler.load_state_dict(state)
