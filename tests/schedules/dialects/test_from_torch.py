"""Mirrors ratecraft/schedules/dialects/from_torch.py: what is read of a live scheduler is what it then does."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from numpy.testing import assert_allclose
from tests.peers import Peer
from torch.optim import lr_scheduler as peer
from torch.optim import swa_utils

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects.from_torch import from_torch

timm = Peer("timm.scheduler")

STEPS = 120
_Make = Callable[[torch.optim.Optimizer], Any]


def optimizer_of(number: Callable[[float], Any] = float) -> torch.optim.Optimizer:
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": number(lr)} for lr in (0.1, 0.03)]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def _sequence(optimizer: torch.optim.Optimizer) -> Any:
    members = [peer.LinearLR(optimizer, 0.1, total_iters=10), peer.CosineAnnealingLR(optimizer, 50, 1e-3)]
    return peer.SequentialLR(optimizer, [*members, peer.CosineAnnealingWarmRestarts(optimizer, 9, 2)], [10, 60])


def _average(optimizer: torch.optim.Optimizer) -> Any:
    members = [peer.LinearLR(optimizer, 0.1, total_iters=10), peer.ExponentialLR(optimizer, 0.95)]
    return peer.SequentialLR(optimizer, [*members, swa_utils.SWALR(optimizer, 0.02, 20)], [10, 60])


def _chain(optimizer: torch.optim.Optimizer) -> Any:
    return peer.ChainedScheduler([peer.ConstantLR(optimizer, 0.5, 4), peer.ExponentialLR(optimizer, 0.97)], optimizer)


class _Own(peer.LRScheduler):
    """A scheduler of the user's own."""

    def get_lr(self) -> list[float | torch.Tensor]:
        return list(self.base_lrs)


SCHEDULERS: dict[str, _Make] = {
    "StepLR": lambda o: peer.StepLR(o, 30, 0.3),
    "MultiStepLR": lambda o: peer.MultiStepLR(o, [10, 10, 40], 0.3),
    "ConstantLR": lambda o: peer.ConstantLR(o, 0.3, 8),
    "LinearLR": lambda o: peer.LinearLR(o, 0.1, 0.7, 20),
    "ExponentialLR": lambda o: peer.ExponentialLR(o, 0.97),
    "PolynomialLR": lambda o: peer.PolynomialLR(o, 50, 2.0),
    "CosineAnnealingLR": lambda o: peer.CosineAnnealingLR(o, 70, 0.01),
    "CosineAnnealingWarmRestarts": lambda o: peer.CosineAnnealingWarmRestarts(o, 10, 2, 1e-3),
    "CyclicLR": lambda o: peer.CyclicLR(o, 0.01, [0.1, 0.3], 8, 31, "exp_range", 0.999),
    "CyclicLR, only the rate": lambda o: peer.CyclicLR(o, 0.01, 0.1, 20, mode="triangular2", cycle_momentum=False),
    "OneCycleLR": lambda o: peer.OneCycleLR(o, [0.2, 0.5], STEPS, pct_start=0.23),
    "OneCycleLR, three phases": lambda o: peer.OneCycleLR(
        o, 0.2, STEPS, three_phase=True, anneal_strategy="linear", base_momentum=0.7
    ),
    "SWALR": lambda o: swa_utils.SWALR(o, [0.02, 0.2], 30),
    "SWALR, a line": lambda o: swa_utils.SWALR(o, 0.02, 30, "linear"),
    "SWALR, at once": lambda o: swa_utils.SWALR(o, 0.02, 0),
    "SequentialLR": _sequence,
    "SequentialLR, an average at its end": _average,
    "ChainedScheduler": _chain,
}


def assert_read(make: _Make, group: int, before: int) -> None:
    """Whatever step it is at when it is read, and on its way from there."""
    optimizer = optimizer_of()
    scheduler = make(optimizer)
    optimizer.step()  # pyright: ignore[reportUnknownMemberType]
    read = from_torch(scheduler, group) if before == 0 else None
    used: list[dict[str, float]] = []
    for step in range(STEPS):
        used.append({name: optimizer.param_groups[group][key] for name, key in (("rate", "lr"), ("momentum",) * 2)})
        if step < STEPS - 1:
            scheduler.step()
            read = from_torch(scheduler, group) if step + 1 == before else read
    assert read is not None
    for name, curve in read.curve(STEPS).items():
        assert_allclose(curve, [each[name] for each in used], rtol=0, atol=1e-12)
    if "momentum" not in read:
        assert {each["momentum"] for each in used} == {0.9}


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("group", [0, 1])
@pytest.mark.parametrize("before", [0, 37])
def test_what_is_read_is_what_it_does(name: str, group: int, before: int) -> None:
    assert_read(SCHEDULERS[name], group, before)


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("group", [0, 1])
def test_of_rates_that_are_tensors_the_same_is_read(name: str, group: int) -> None:
    tensors = optimizer_of(lambda rate: torch.tensor(rate, dtype=torch.float64))
    read, wanted = (from_torch(SCHEDULERS[name](each), group) for each in (tensors, optimizer_of()))
    for step in (0, 5, 10, 61, STEPS):
        assert read.at(step) == pytest.approx(wanted.at(step), rel=1e-12, abs=1e-15)


TIMM: dict[str, _Make] = {
    "CosineLRScheduler": lambda o: timm.CosineLRScheduler(o, 20, 1e-3, 2.0, 0.5, 3, warmup_t=5, warmup_lr_init=1e-4),
    "PolyLRScheduler": lambda o: timm.PolyLRScheduler(o, 50, 0.7, 1e-3, k_decay=1.5),
    "TanhLRScheduler": lambda o: timm.TanhLRScheduler(o, 60, warmup_t=4, warmup_lr_init=1e-4, warmup_prefix=True),
    "StepLRScheduler": lambda o: timm.StepLRScheduler(o, 7.3, 0.5, warmup_t=5),
    "MultiStepLRScheduler": lambda o: timm.MultiStepLRScheduler(o, [10, 50], 0.3),
    "WSDLRScheduler": lambda o: timm.WSDLRScheduler(o, 100, 30, 1e-3, "rsqrt", decay_fn="exp", warmup_t=10),
}


@pytest.mark.parametrize("name", TIMM)
@pytest.mark.parametrize("group", [0, 1])
def test_the_schedulers_of_timm_are_read(name: str, group: int) -> None:
    optimizer = optimizer_of()
    optimizer.param_groups[1]["lr_scale"] = 0.5
    scheduler = TIMM[name](optimizer)
    read = from_torch(scheduler, group).rate
    used: list[float] = []
    for step in range(STEPS):
        scheduler.step(step)
        used.append(optimizer.param_groups[group]["lr"])
    assert_allclose(read.curve(STEPS)[1:], used[1:], rtol=0, atol=1e-12)


FACTORIES: dict[str, dict[str, Any]] = {
    "constant": {},
    "constant_with_warmup": {},
    "linear": {},
    "cosine": {"num_cycles": 0.7},
    "cosine_with_restarts": {"num_cycles": 3},
    "polynomial": {"power": 2.0, "lr_end": 1e-3},
    "inverse_sqrt": {"timescale": 20},
    "cosine_with_min_lr": {"min_lr": 1e-3},
    "cosine_warmup_with_min_lr": {"min_lr_rate": 0.1, "warmup_lr_rate": 0.3},
    "warmup_stable_decay": {"num_decay_steps": 30},
}


@pytest.mark.parametrize("name", FACTORIES)
@pytest.mark.parametrize("group", [0, 1])
def test_the_factories_of_transformers_are_read(name: str, group: int) -> None:
    optimization: Any = pytest.importorskip("transformers.optimization")
    assert_read(lambda o: optimization.get_scheduler(name, o, 10, 100, FACTORIES[name]), group, 5)


def _cycle_in_a_sequence(optimizer: torch.optim.Optimizer) -> Any:
    members = [peer.LinearLR(optimizer), peer.CyclicLR(optimizer, 0.1, 0.2, 5)]
    return peer.SequentialLR(optimizer, members, [9])


REFUSED: dict[str, tuple[_Make, str]] = {
    "a function": (lambda o: peer.LambdaLR(o, lambda step: 0.9**step), "LambdaLR has a function of its own, <lambda>"),
    "a factor's function": (lambda o: peer.MultiplicativeLR(o, lambda _: 0.9), "MultiplicativeLR has a function"),
    "a scale function": (lambda o: peer.CyclicLR(o, 0.1, 0.2, 5, scale_fn=lambda _: 0.5), "of its own, scale_fn"),
    "losses": (lambda o: peer.ReduceLROnPlateau(o), "A ReduceLROnPlateau follows the losses"),
    "another kind": (lambda o: _Own(o), "The schedule of a _Own can't be read; known: Chained"),
    "noise": (lambda o: timm.StepLRScheduler(o, 3, noise_range_t=5), "This StepLRScheduler draws noise"),
    "a member that sets the rate": (
        lambda o: peer.ChainedScheduler([peer.ConstantLR(o), peer.CosineAnnealingWarmRestarts(o, 9)], o),
        "with a CosineAnnealingWarmRestarts is not a product",
    ),
    "a floor in a chain": (
        lambda o: peer.ChainedScheduler([peer.ConstantLR(o), peer.CosineAnnealingLR(o, 9, 0.01)], o),
        "with a CosineAnnealingLR is not a product",
    ),
    "momentum in a sequence": (_cycle_in_a_sequence, "CyclicLR sets the momentum, too"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_said(case: str) -> None:
    make, text = REFUSED[case]
    with pytest.raises(InvalidInput, match=text):
        from_torch(make(optimizer_of()))


def test_a_group_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no parameter group 2: the optimizer has 2"):
        from_torch(peer.StepLR(optimizer_of(), 3), group=2)


def test_something_that_is_no_scheduler_is_refused() -> None:
    with pytest.raises(InvalidInput, match="schedule of a int can't be read"):
        from_torch(3)


def test_an_attribute_that_is_missing_is_named() -> None:
    scheduler = peer.StepLR(optimizer_of(), 3)
    del scheduler.step_size
    with pytest.raises(InvalidInput, match="This StepLR has no `step_size`"):
        from_torch(scheduler)
