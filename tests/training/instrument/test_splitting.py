"""Mirrors training/instrument/splitting.py."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import constant
from ratecraft.training.instrument.loaded_weights import mark_loaded
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.instrument.splitting import Splitting

MAKERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "sgd without foreach": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, foreach=False),
    "sgd foreach": lambda p: torch.optim.SGD(p, lr=0.1, nesterov=True, momentum=0.9, foreach=True),
    "sgd fused": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, fused=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
    "adamw foreach": lambda p: torch.optim.AdamW(p, lr=0.01, foreach=True),
    "adamw fused": lambda p: torch.optim.AdamW(p, lr=0.01, fused=True),
    "adamw with a rate as tensor": lambda p: torch.optim.AdamW(p, lr=torch.tensor(0.01), foreach=False),
    "nadam": lambda p: torch.optim.NAdam(p, lr=0.01),
    "radam": lambda p: torch.optim.RAdam(p, lr=0.01),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5),
    "adadelta": lambda p: torch.optim.Adadelta(p, lr=1.0),
    "adamax": lambda p: torch.optim.Adamax(p, lr=0.01),
    "asgd": lambda p: torch.optim.ASGD(p, lr=0.01),
    "rprop": lambda p: torch.optim.Rprop(p, lr=0.01),
    "adafactor": lambda p: torch.optim.Adafactor(p, lr=0.01),
}


def model_of(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 3))


def train(
    make: Callable[..., Optimizer], scale: dict[str, float] | None, steps: int = 12, rate: float | None = 0.02
) -> tuple[nn.Sequential, Optimizer]:
    """As the host does it, with groups cut where there is a scale."""
    model = model_of()
    optimizer = make(model.parameters())
    rates = Rates(
        schedules={} if rate is None else {"rate": constant(rate)},
        scale=scale or {},
        splitting=None if scale is None else Splitting(),
    )
    rates.made(optimizer)
    for step in range(steps):
        inputs = torch.randn(16, 4, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        model(inputs).square().sum().backward()
        rates.read(optimizer)
        rates.write(optimizer, step)
        optimizer.step()
        rates.restore()
    return model, optimizer


def bits(model: nn.Module) -> list[list[float]]:
    return [each.detach().flatten().tolist() for each in model.state_dict().values()]


def groups_within(optimizer: Optimizer, splitting: Splitting, scale: dict[str, float]) -> list[tuple[int, float]]:
    """How many tensors and which rate each group has while a step is made."""
    splitting.meet(optimizer)
    splitting.split(optimizer, scale)
    seen = [(len(group["params"]), float(group["lr"])) for group in optimizer.param_groups]
    splitting.join()
    return seen


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_parts_of_equal_rates_train_bit_for_bit_as_the_whole(make: Callable[..., Optimizer]) -> None:
    whole, _ = train(make, None)
    split, optimizer = train(make, {"body": 1.0, "head": 1.0})
    assert bits(split) == bits(whole)
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_body_at_a_tenth_trains_as_with_two_groups_of_the_script_s_own(make: Callable[..., Optimizer]) -> None:
    def by_hand(parameters: Any) -> Optimizer:
        *body, weight, bias = parameters
        optimizer = make([{"params": body}, {"params": [weight, bias]}])
        optimizer.param_groups[0]["lr"] = optimizer.param_groups[0]["lr"] * 0.1
        return optimizer

    rate = None  # the script's own rates hold, so that nothing but the scale is ours
    expected, _ = train(by_hand, None, rate=rate)
    found, optimizer = train(make, {"body": 0.1}, rate=rate)
    assert bits(found) == bits(expected)
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_frozen_body_stays_what_it_was_to_the_last_bit(make: Callable[..., Optimizer]) -> None:
    before = dict(model_of().named_parameters())
    model, _ = train(make, {"body": 0.0})
    changed = [name for name, each in model.named_parameters() if not torch.equal(each, before[name])]
    assert changed == ["3.weight", "3.bias"]


def test_the_script_sees_its_groups_and_rates_between_steps() -> None:
    model = model_of()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    scheduler = OneCycleLR(optimizer, max_lr=0.01, total_steps=20)
    rates = Rates(schedules={"rate": constant(0.5)}, scale={"body": 0.1}, splitting=Splitting())
    rates.made(optimizer)
    twin = torch.optim.AdamW(model_of().parameters(), lr=0.01)
    expected = OneCycleLR(twin, max_lr=0.01, total_steps=20)
    group = optimizer.param_groups[0]
    for step in range(10):
        model(torch.ones(2, 4)).sum().backward()
        rates.read(optimizer)
        rates.write(optimizer, step)
        assert [each["lr"] for each in optimizer.param_groups] == [0.05, 0.5]
        optimizer.step()
        rates.restore()
        twin.step()
        scheduler.step()
        expected.step()
        assert optimizer.param_groups[0] is group
        assert scheduler.get_last_lr() == expected.get_last_lr() == [group["lr"]]
    assert len(optimizer.state_dict()["param_groups"]) == 1
    assert optimizer.state_dict()["param_groups"][0]["params"] == list(range(6))
    model_twin = model_of()
    loaded = torch.optim.AdamW(model_twin.parameters(), lr=0.1)
    loaded.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert len(loaded.state) == 6


def test_groups_of_the_script_keep_their_ratio_within_each_part() -> None:
    model = model_of()
    body, head = [*model[0].parameters(), *model[1].parameters()], list(model[3].parameters())
    optimizer = torch.optim.SGD([{"params": body[:2], "lr": 0.1}, {"params": [*body[2:], *head], "lr": 0.2}])
    assert groups_within(optimizer, Splitting(), {"body": 0.5}) == [(2, 0.05), (2, 0.1), (2, 0.2)]


def test_a_rate_that_is_one_tensor_for_several_groups_is_scaled_once() -> None:
    model, rate = model_of(), torch.tensor(0.5)
    groups = [{"params": list(model[0].parameters())}, {"params": list(model[3].parameters())}]
    optimizer = torch.optim.AdamW(groups, lr=rate)
    for group in optimizer.param_groups:
        group["lr"] = rate
    assert groups_within(optimizer, Splitting(), {"body": 0.5, "head": 0.25}) == [(2, 0.25), (2, 0.125)]
    assert all(group["lr"] is rate for group in optimizer.param_groups)
    assert float(rate) == 0.5


def test_an_optimizer_within_another_one_s_step_shares_its_parts() -> None:
    model = model_of()
    inner, outer = (torch.optim.SGD(model.parameters(), lr=0.1) for _ in range(2))
    outer.param_groups = inner.param_groups
    splitting = Splitting()
    splitting.meet(inner)
    splitting.split(outer, {"body": 0.1})
    splitting.split(inner, {"body": 0.1})
    assert inner.param_groups[0] is outer.param_groups[0]
    assert [len(group["params"]) for group in inner.param_groups] == [4, 2]
    assert [group["lr"] for group in inner.param_groups] == pytest.approx([0.01, 0.1])
    splitting.join()
    assert inner.param_groups is outer.param_groups
    assert [len(group["params"]) for group in inner.param_groups] == [6]


def test_an_optimizer_that_keeps_a_sum_in_its_group_is_refused_and_left_whole() -> None:
    class Summing(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                group["weight_sum"] = group.get("weight_sum", 0.0) + group["lr"] ** 2
            super().step(closure)

    with pytest.raises(InvalidInput, match="weight_sum"):
        train(lambda p: Summing(p, lr=0.1), {"body": 0.1})
    train(lambda p: Summing(p, lr=0.1), {"body": 1.0})  # where both have the same there is nothing to get wrong
    train(lambda p: Summing(p, lr=0.1), {"body": 0.0})


def test_what_was_not_loaded_is_the_head_and_stays_it_when_all_is_loaded_again() -> None:
    model = model_of()
    mark_loaded(model[3].parameters())
    splitting = Splitting()
    mark_loaded([*model[1].parameters()])
    splitting.meet(torch.optim.SGD(model.parameters(), lr=0.1))
    found = splitting.found()
    assert (found.head, found.found_by) == (("0.weight", "0.bias"), "loaded")
    assert (found.head_values, found.body_values) == (40, 43)
    mark_loaded(model.parameters())
    assert splitting.found() == found


def test_the_user_s_word_comes_first() -> None:
    model = model_of()
    splitting = Splitting("0, 1.*")
    splitting.meet(torch.optim.SGD(model.parameters(), lr=0.1))
    found = splitting.found()
    assert (found.head, found.found_by) == (("0.weight", "0.bias", "1.weight", "1.bias"), "told")


@pytest.mark.parametrize("told", ["", "nowhere"])
def test_nothing_is_found_in_an_optimizer_of_one_vector_or_under_a_name_that_is_not_there(told: str) -> None:
    model = model_of()
    splitting = Splitting(told)
    make = torch.optim.SGD if told else torch.optim.LBFGS
    splitting.meet(make(model.parameters(), lr=0.1))
    assert splitting.found().head == ()


def test_what_does_not_train_counts_for_neither_part() -> None:
    model = model_of()
    model[0].requires_grad_(False)
    splitting = Splitting()
    splitting.meet(torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=0.1))
    assert (splitting.found().head_values, splitting.found().body_values) == (27, 16)
