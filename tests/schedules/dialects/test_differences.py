"""Mirrors ratecraft/schedules/dialects/differences.py: each bug is run in the library, and beside it what we do.

Where one of these fails because a library has mended its bug, the row goes.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as peer

from ratecraft.schedules.dialects import fastai, keras, timm, transformers
from ratecraft.schedules.dialects import torch as dialect
from ratecraft.schedules.dialects.differences import DIFFERENCES


def rates_of(make: Callable[[torch.optim.Optimizer], Any], steps: int, lr: float = 1.0) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    optimizer.step()  # pyright: ignore[reportUnknownMemberType]
    rates: list[float] = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        if step < steps - 1:
            scheduler.step()
    return rates


def torch_linear_of_no_steps() -> None:
    assert rates_of(lambda o: peer.LinearLR(o, 0.5, 1.0, 0), 3) == [0.5] * 3
    assert dialect.LinearLR(0.5, 1.0, 0).curve(3).tolist() == [1.0] * 3


def torch_constant_of_no_steps() -> None:
    assert rates_of(lambda o: peer.ConstantLR(o, 0.5, 0), 3) == [0.5] * 3
    assert dialect.ConstantLR(0.5, 0).curve(3).tolist() == [1.0] * 3


def torch_constant_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        rates_of(lambda o: peer.ConstantLR(o, 0.0, 2), 4)
    assert dialect.ConstantLR(0.0, 2).curve(4).tolist() == [0.0, 0.0, 1.0, 1.0]


def torch_polynomial_of_no_steps() -> None:
    assert rates_of(lambda o: peer.PolynomialLR(o, 0), 3) == [1.0] * 3
    assert dialect.PolynomialLR(0).curve(3).tolist() == [0.0] * 3


def torch_cosine_of_no_steps() -> None:
    with pytest.raises(ZeroDivisionError):
        rates_of(lambda o: peer.CosineAnnealingLR(o, 0, 0.1), 3)
    assert dialect.CosineAnnealingLR(0, 0.1).curve(3).tolist() == [0.1] * 3


def torch_one_cycle_past_its_end() -> None:
    arguments: dict[str, Any] = {"max_lr": 0.2, "total_steps": 100, "anneal_strategy": "linear"}
    assert rates_of(lambda o: peer.OneCycleLR(o, **arguments), 101)[100] == pytest.approx(-2.9e-3, rel=0.02)
    with pytest.raises(ValueError, match="Tried to step 101 times"):
        rates_of(lambda o: peer.OneCycleLR(o, **arguments), 102)
    assert dialect.OneCycleLR(**arguments).rate.at(100) == dialect.OneCycleLR(**arguments).rate.at(99) > 0


def torch_one_cycle_without_a_rise() -> None:
    with pytest.raises(ZeroDivisionError):
        rates_of(lambda o: peer.OneCycleLR(o, 0.2, 10, pct_start=0.1), 10)
    assert dialect.OneCycleLR(0.2, 10, pct_start=0.1).rate.at(0) == 0.2


def torch_sequence_in_a_sequence() -> None:
    def theirs(optimizer: torch.optim.Optimizer) -> Any:
        members = [peer.LinearLR(optimizer, 0.5, 1.0, 4), peer.ExponentialLR(optimizer, 0.5)]
        inner = peer.SequentialLR(optimizer, members, [4])
        return peer.SequentialLR(optimizer, [inner, peer.ConstantLR(optimizer, 0.1)], [8])

    inner = dialect.SequentialLR([dialect.LinearLR(0.5, 1.0, 4), dialect.ExponentialLR(0.5)], [4])
    ours = dialect.SequentialLR([inner, dialect.ConstantLR(0.1)], [8])
    assert ours.curve(5).tolist() == [0.5, 0.625, 0.75, 0.875, 1.0]
    assert rates_of(theirs, 4)[3] == 1.0


def torch_chain_with_a_setting_member() -> None:
    def theirs(optimizer: torch.optim.Optimizer) -> Any:
        members = [peer.ConstantLR(optimizer, 0.1, 50), peer.CosineAnnealingWarmRestarts(optimizer, 10)]
        return peer.ChainedScheduler(members, optimizer)

    ours = dialect.ChainedScheduler([dialect.ConstantLR(0.1, 50), dialect.CosineAnnealingWarmRestarts(10)])
    assert rates_of(theirs, 11)[10] == 1.0
    assert ours.at(10) == 0.1


def torch_restarts_by_epoch() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = peer.CosineAnnealingWarmRestarts(optimizer, 1, 3)
    optimizer.step()  # pyright: ignore[reportUnknownMemberType]
    scheduler.step(121)
    assert optimizer.param_groups[0]["lr"] == 0.0
    assert dialect.CosineAnnealingWarmRestarts(1, 3).at(121) == 1.0


def transformers_restarts() -> None:
    optimization: Any = pytest.importorskip("transformers.optimization")
    rates = rates_of(lambda o: optimization.get_cosine_with_hard_restarts_schedule_with_warmup(o, 0, 101, 101), 101)
    assert rates.count(1.0) < 101
    ours = transformers.get_cosine_with_hard_restarts_schedule_with_warmup(0, 101, 101)
    assert ours.curve(101).tolist() == [1.0] * 101


def transformers_polynomial_without_decay() -> None:
    optimization: Any = pytest.importorskip("transformers.optimization")
    with pytest.raises(ZeroDivisionError):
        rates_of(lambda o: optimization.get_polynomial_decay_schedule_with_warmup(o, 4, 4), 6)
    assert transformers.get_polynomial_decay_schedule_with_warmup(4, 4).at(4) == 1e-7


def timm_restarts() -> None:
    scheduler: Any = pytest.importorskip("timm.scheduler")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = scheduler.CosineLRScheduler(optimizer, 1, cycle_mul=3.0, cycle_limit=9)
    theirs.step(121)
    assert optimizer.param_groups[0]["lr"] < 1e-3
    assert timm.CosineLRScheduler(1, cycle_mul=3.0, cycle_limit=9).at(121) == 1.0


def keras_restarts() -> None:
    library: Any = pytest.importorskip("keras")
    theirs = library.optimizers.schedules.CosineDecayRestarts(1.0, 1, 2.0)
    # One step past these boundaries of 2^n - 1 steps its logarithm in float32 is still in the cycle before, or not.
    missed = [step for step in (2**power - 1 for power in range(1, 20)) if float(theirs(step)) < 0.999]
    assert missed
    assert {keras.CosineDecayRestarts(1.0, 1, 2.0).at(step) for step in missed} == {1.0}


def fastai_shares() -> None:
    library: Any = pytest.importorskip("fastai.callback.schedule")
    with pytest.raises(AssertionError):
        library.combine_scheds([0.7, 0.2, 0.1], [library.SchedLin(0, 1)] * 3)
    ours = fastai.combine_scheds([0.7, 0.2, 0.1], [fastai.SchedLin(0, 1)] * 3, batches=10)
    assert [ours.at(batch) for batch in (0, 7, 8, 9)] == [0.0, 0.0, 0.5, 0.0]


SHOWN = [
    torch_linear_of_no_steps,
    torch_constant_of_no_steps,
    torch_constant_zero,
    torch_polynomial_of_no_steps,
    torch_cosine_of_no_steps,
    torch_one_cycle_past_its_end,
    torch_one_cycle_without_a_rise,
    torch_sequence_in_a_sequence,
    torch_chain_with_a_setting_member,
    torch_restarts_by_epoch,
    transformers_restarts,
    transformers_polynomial_without_decay,
    timm_restarts,
    keras_restarts,
    fastai_shares,
]


@pytest.mark.parametrize("show", SHOWN, ids=lambda show: show.__name__)
def test_the_library_has_the_bug_and_the_dialect_has_not(show: Callable[[], None]) -> None:
    show()


def test_every_row_of_the_table_is_shown() -> None:
    assert [each.library for each in DIFFERENCES] == [show.__name__.partition("_")[0] for show in SHOWN]
