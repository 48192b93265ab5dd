"""Mirrors training/instrument/hyperparameters.py."""

from collections.abc import Callable

import pytest
import torch
from torch.optim import Optimizer

from ratecraft.training.instrument.hyperparameters import decaying, hyperparameters, place_of, put

OPTIMIZERS: dict[str, tuple[Callable[..., Optimizer], tuple[str, int | None] | None]] = {
    "SGD": (torch.optim.SGD, ("momentum", None)),
    "RMSprop": (torch.optim.RMSprop, ("momentum", None)),
    **{
        name: (getattr(torch.optim, name), ("betas", 0))
        for name in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "SparseAdam")
    },
    "Adagrad": (torch.optim.Adagrad, None),
}


def groups_of(make: Callable[..., Optimizer]) -> list[dict[str, object]]:
    return make([torch.zeros(2, 2, requires_grad=True)], lr=0.1).param_groups


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_momentum_is_where_the_optimizer_keeps_it(name: str) -> None:
    make, place = OPTIMIZERS[name]
    (group,) = groups_of(make)
    assert place_of("momentum", group) == place
    assert ("momentum" in hyperparameters([group])) == (place is not None)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_name_that_is_allowed_has_a_place_and_no_rate_is_among_them(name: str) -> None:
    (group,) = groups_of(OPTIMIZERS[name][0])
    rate, *others = hyperparameters([group])
    assert rate == "rate"
    assert all(place_of(each, group) is not None for each in others)
    assert not {"lr", "params", "betas", "initial_lr"} & set(others)


def test_flags_and_what_is_not_set_are_no_hyperparameters() -> None:
    (group,) = groups_of(torch.optim.SGD)
    assert hyperparameters([group]) == ("rate", "dampening", "momentum", "weight_decay")


def test_what_a_scheduler_leaves_in_the_groups_is_no_hyperparameter() -> None:
    optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)], lr=0.1)
    before = hyperparameters(optimizer.param_groups)
    torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    assert hyperparameters(optimizer.param_groups) == before == ("rate", "beta2", "eps", "momentum", "weight_decay")


def test_names_of_fastai_are_known_too() -> None:
    group = {"params": [], "lr": 0.1, "mom": 0.9, "sqr_mom": 0.99, "wd": 0.01, "eps": 1e-5}
    assert hyperparameters([group]) == ("rate", "beta2", "eps", "momentum", "weight_decay")
    for name, entry in (("momentum", "mom"), ("beta2", "sqr_mom"), ("weight_decay", "wd")):
        place = place_of(name, group)
        assert place == (entry, None)
        put(group, *place, 0.5)
        assert group[entry] == 0.5


@pytest.mark.parametrize("tensors", [False, True])
def test_one_of_the_betas_is_replaced_and_the_other_kept(tensors: bool) -> None:
    first, second = (torch.tensor(0.9), torch.tensor(0.99)) if tensors else (0.9, 0.99)
    group = {"betas": (first, second)}
    put(group, "betas", 1, 0.5)
    assert group["betas"][0] is first
    assert group["betas"][1] == 0.5
    assert (group["betas"][1] is second) == tensors


@pytest.mark.parametrize(
    ("decays", "concerned"),
    [([0.1, 0.0], [True, False]), ([0.0, 0.0], [True, True]), ([0.1, 0.3], [True, True])],
)
def test_groups_without_weight_decay_beside_others_stay_without(decays: list[float], concerned: list[bool]) -> None:
    assert decaying([{"weight_decay": decay} for decay in decays]) == concerned
