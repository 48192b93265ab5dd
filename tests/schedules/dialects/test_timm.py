"""Mirrors ratecraft/schedules/dialects/timm.py: every curve beside the installed timm's own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.peers import Peer

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects import timm as dialect
from ratecraft.schedules.trees.nodes import Schedule

peer = Peer("timm.scheduler")

TOLERANCE = 1e-12  # docs/reference/dialects.md, "Tolerance"
LR = st.floats(1e-3, 1.0)

both_horizons = pytest.mark.parametrize("horizon", [100, 250])
randomly = settings(max_examples=min(25, settings().max_examples))

WARMUP: dict[str, st.SearchStrategy[Any]] = {
    "warmup_t": st.integers(0, 10),
    "warmup_lr_init": st.floats(0, 1e-3),
    "warmup_prefix": st.booleans(),
}
CYCLES: dict[str, st.SearchStrategy[Any]] = {
    "lr_min": st.just(0.0) | st.floats(0, 1e-3),
    "cycle_mul": st.sampled_from([1.0, 1.5, 1.7, 2.0]),
    "cycle_decay": st.sampled_from([1.0, 0.5, 0.7]),
    "cycle_limit": st.integers(1, 4),
}


def rates_of(make: Callable[[torch.optim.Optimizer], Any], steps: int, lr: float) -> Any:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    rates: list[float] = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        scheduler.step(step + 1)
    return np.array(rates)


def assert_same(
    ours: Schedule, make: Callable[[torch.optim.Optimizer], Any], steps: int, lr: float, skipped: frozenset[int]
) -> None:
    """Where cycles grow, timm's logarithm takes the wrong one at the first step of some (see `differences`)."""
    kept = [step for step in range(steps) if step not in skipped]
    assert_allclose(ours.curve(steps)[kept], rates_of(make, steps, lr)[kept], rtol=0, atol=TOLERANCE)


def first_steps(length: int, arguments: dict[str, Any]) -> frozenset[int]:
    begin = arguments["warmup_t"] if arguments["warmup_prefix"] else 0
    growth = arguments["cycle_mul"]
    if growth == 1:
        return frozenset()
    starts = [begin + length * (growth**cycle - 1) / (growth - 1) for cycle in range(1, 12)]
    return frozenset(round(start) for start in starts if abs(start - round(start)) < 1e-6)


@both_horizons
@randomly
@given(
    length=st.integers(1, 60), more=st.fixed_dictionaries(WARMUP | CYCLES), k_decay=st.sampled_from([1.0, 1.5]), lr=LR
)
def test_cosine(horizon: int, length: int, more: dict[str, Any], k_decay: float, lr: float) -> None:
    ours = dialect.CosineLRScheduler(length, **more, k_decay=k_decay, lr=lr)
    theirs: Any = lambda o: peer.CosineLRScheduler(o, length, **more, k_decay=k_decay)  # noqa: E731
    assert_same(ours, theirs, horizon, lr, first_steps(length, more))


@both_horizons
@randomly
@given(
    length=st.integers(1, 60), more=st.fixed_dictionaries(WARMUP | CYCLES), power=st.floats(0.4, 3),
    k_decay=st.sampled_from([1.0, 1.5]), lr=LR,
)  # fmt: skip
def test_poly(horizon: int, length: int, more: dict[str, Any], power: float, k_decay: float, lr: float) -> None:
    ours = dialect.PolyLRScheduler(length, power, **more, k_decay=k_decay, lr=lr)
    theirs: Any = lambda o: peer.PolyLRScheduler(o, length, power, **more, k_decay=k_decay)  # noqa: E731
    assert_same(ours, theirs, horizon, lr, first_steps(length, more))


@both_horizons
@randomly
@given(
    length=st.integers(1, 60), more=st.fixed_dictionaries(WARMUP | CYCLES), lb=st.floats(-9, -1), ub=st.floats(0.5, 5),
    lr=LR,
)  # fmt: skip
def test_tanh(horizon: int, length: int, more: dict[str, Any], lb: float, ub: float, lr: float) -> None:
    ours = dialect.TanhLRScheduler(length, lb, ub, **more, lr=lr)
    theirs: Any = lambda o: peer.TanhLRScheduler(o, length, lb, ub, **more)  # noqa: E731
    skipped = first_steps(length, more)
    if not (more["warmup_t"] in skipped and not more["warmup_prefix"]):  # then its warm-up aims at the wrong value
        assert_same(ours, theirs, horizon, lr, skipped)


@both_horizons
@randomly
@given(length=st.integers(1, 60) | st.floats(1, 60), rate=st.floats(0.1, 1), more=st.fixed_dictionaries(WARMUP), lr=LR)
def test_step(horizon: int, length: float, rate: float, more: dict[str, Any], lr: float) -> None:
    ours = dialect.StepLRScheduler(length, rate, **more, lr=lr)
    assert_same(ours, lambda o: peer.StepLRScheduler(o, length, rate, **more), horizon, lr, frozenset())


@both_horizons
@randomly
@given(
    milestones=st.lists(st.integers(1, 120), max_size=5).map(sorted), rate=st.floats(0.1, 1),
    more=st.fixed_dictionaries(WARMUP), lr=LR,
)  # fmt: skip
@example(milestones=[1, 1, 5], rate=0.5, more={}, lr=0.1)
def test_multi_step(horizon: int, milestones: list[int], rate: float, more: dict[str, Any], lr: float) -> None:
    ours = dialect.MultiStepLRScheduler(milestones, rate, **more, lr=lr)
    assert_same(ours, lambda o: peer.MultiStepLRScheduler(o, milestones, rate, **more), horizon, lr, frozenset())


WSD: dict[str, st.SearchStrategy[Any]] = {
    "lr_min": st.just(0.0) | st.floats(0, 0.1),
    "stable_fn": st.sampled_from(["constant", "rsqrt", "power"]),
    "stable_timescale": st.floats(1, 50),
    "stable_power": st.floats(0.2, 2),
    "decay_fn": st.sampled_from(["linear", "1-sqrt", "cosine", "power", "exp"]),
    "decay_power": st.floats(0.3, 3),
    "decay_ratio": st.floats(0.01, 0.9),
    "warmup_t": st.integers(0, 10),
    "warmup_lr_init": st.floats(0, 1e-3),
}


@both_horizons
@given(length=st.integers(1, 90), share=st.floats(0.01, 1), more=st.fixed_dictionaries(WSD), lr=st.floats(0.1, 1))
def test_warmup_stable_decay(horizon: int, length: int, share: float, more: dict[str, Any], lr: float) -> None:
    decay = max(1, int(share * length))
    ours = dialect.WSDLRScheduler(length, decay, **more, lr=lr)
    assert_same(ours, lambda o: peer.WSDLRScheduler(o, length, decay, **more), horizon, lr, frozenset())


def test_every_public_scheduler_is_there() -> None:
    public = {
        name for name, each in vars(peer.loaded).items() if isinstance(each, type) and name.endswith("LRScheduler")
    }
    assert public - {"PlateauLRScheduler"} == set(dialect.__all__)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: dialect.WSDLRScheduler(10, 11), "`decay_t`"),
        (lambda: dialect.WSDLRScheduler(10, 5, decay_fn="square"), "`decay_fn` .* 'square'"),  # pyright: ignore
        (lambda: dialect.WSDLRScheduler(10, 5, stable_fn="flat"), "`stable_fn` .* 'flat'"),  # pyright: ignore
        (lambda: dialect.CosineLRScheduler(0), "`t_initial`"),
        (lambda: dialect.MultiStepLRScheduler([5, 2]), "must rise"),
    ],
)
def test_bad_arguments_are_refused_by_name(call: Callable[[], object], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        call()
