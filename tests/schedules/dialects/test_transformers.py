"""Mirrors ratecraft/schedules/dialects/transformers.py: every curve beside the installed transformers' own."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.peers import Peer

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects import transformers as dialect
from ratecraft.schedules.trees.nodes import Schedule

peer = Peer("transformers.optimization")

TOLERANCE = 1e-12  # docs/reference/dialects.md, "Tolerance"
LR = st.floats(1e-4, 1.0)
WARMUP = st.integers(0, 30)
CYCLES = st.floats(0.1, 4) | st.sampled_from([0.5, 1.0, 1.7])

both_horizons = pytest.mark.parametrize("total", [100, 387])
randomly = settings(max_examples=min(25, settings().max_examples))


def optimizer_of(lr: float) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)


def curve_of(make: Callable[[torch.optim.Optimizer], Any], steps: int, lr: float) -> list[float]:
    optimizer = optimizer_of(lr)
    scheduler = make(optimizer)
    optimizer.step()  # pyright: ignore[reportUnknownMemberType]
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps - 1):
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def assert_same(ours: Schedule, make: Callable[[torch.optim.Optimizer], Any], total: int, lr: float) -> None:
    steps = 2 * total + 2
    assert_allclose(ours.curve(steps), curve_of(make, steps, lr), rtol=0, atol=TOLERANCE)


@both_horizons
@randomly
@given(warmup=WARMUP, lr=LR)
def test_constant(total: int, warmup: int, lr: float) -> None:
    assert_same(dialect.get_constant_schedule(lr=lr), peer.get_constant_schedule, total, lr)
    ours = dialect.get_constant_schedule_with_warmup(warmup, lr=lr)
    assert_same(ours, lambda o: peer.get_constant_schedule_with_warmup(o, warmup), total, lr)


@both_horizons
@randomly
@given(warmup=WARMUP, lr=LR)
@example(warmup=400, lr=0.1)
@example(warmup=100, lr=0.1)
def test_linear(total: int, warmup: int, lr: float) -> None:
    ours = dialect.get_linear_schedule_with_warmup(warmup, total, lr=lr)
    assert_same(ours, lambda o: peer.get_linear_schedule_with_warmup(o, warmup, total), total, lr)


@both_horizons
@randomly
@given(warmup=WARMUP, cycles=CYCLES, lr=LR)
@example(warmup=400, cycles=0.5, lr=0.1)
def test_cosine(total: int, warmup: int, cycles: float, lr: float) -> None:
    ours = dialect.get_cosine_schedule_with_warmup(warmup, total, cycles, lr=lr)
    assert_same(ours, lambda o: peer.get_cosine_schedule_with_warmup(o, warmup, total, cycles), total, lr)


@pytest.mark.parametrize("total", [100, 101, 87, 387])
@randomly
@given(warmup=WARMUP, cycles=st.sampled_from([1, 3, 4, 7, 11, 1.5, 2.7]), lr=LR)
def test_cosine_with_restarts(total: int, warmup: int, cycles: float, lr: float) -> None:
    ours = dialect.get_cosine_with_hard_restarts_schedule_with_warmup(warmup, total, cycles, lr=lr)
    theirs = curve_of(
        lambda o: peer.get_cosine_with_hard_restarts_schedule_with_warmup(o, warmup, total, cycles), 2 * total, lr
    )
    # Its floats miss a restart now and then (see `differences`): there it has 0 where it should have lr.
    exact = Fraction(str(cycles)) / (total - warmup)
    restarts = [step for step in range(warmup + 1, total) if ((step - warmup) * exact).denominator == 1]
    assert ours.curve(2 * total)[restarts].tolist() == [lr] * len(restarts)
    kept = np.setdiff1d(np.arange(2 * total), restarts)
    assert_allclose(ours.curve(2 * total)[kept], np.array(theirs)[kept], rtol=0, atol=TOLERANCE)


@both_horizons
@randomly
@given(warmup=WARMUP, share=st.floats(0, 0.9), power=st.floats(0.2, 4), lr=LR)
def test_polynomial(total: int, warmup: int, share: float, power: float, lr: float) -> None:
    end = share * lr
    ours = dialect.get_polynomial_decay_schedule_with_warmup(warmup, total, end, power, lr=lr)
    assert_same(ours, lambda o: peer.get_polynomial_decay_schedule_with_warmup(o, warmup, total, end, power), total, lr)


@both_horizons
@randomly
@given(warmup=WARMUP, timescale=st.integers(1, 100) | st.none(), lr=LR)
def test_inverse_sqrt(total: int, warmup: int, timescale: int | None, lr: float) -> None:
    ours = dialect.get_inverse_sqrt_schedule(warmup, timescale, lr=lr)
    assert_same(ours, lambda o: peer.get_inverse_sqrt_schedule(o, warmup, timescale), total, lr)


@both_horizons
@randomly
@given(warmup=WARMUP, cycles=CYCLES, lowest=st.floats(0, 1), as_rate=st.booleans(), lr=LR)
def test_cosine_with_min_lr(total: int, warmup: int, cycles: float, lowest: float, as_rate: bool, lr: float) -> None:
    low = {"min_lr_rate": lowest} if as_rate else {"min_lr": lowest * lr}
    ours = dialect.get_cosine_with_min_lr_schedule_with_warmup(warmup, total, cycles, **low, lr=lr)
    assert_same(
        ours, lambda o: peer.get_cosine_with_min_lr_schedule_with_warmup(o, warmup, total, cycles, **low), total, lr
    )


@both_horizons
@randomly
@given(warmup=WARMUP, cycles=CYCLES, lowest=st.floats(0, 1), first=st.floats(0, 1) | st.none(), lr=LR)
@example(warmup=1, cycles=0.5, lowest=0.1, first=0.2, lr=0.1)
def test_cosine_warmup_with_min_lr(
    total: int, warmup: int, cycles: float, lowest: float, first: float | None, lr: float
) -> None:
    rest: dict[str, Any] = {"num_cycles": cycles, "min_lr_rate": lowest, "warmup_lr_rate": first}
    ours = dialect.get_cosine_with_min_lr_schedule_with_warmup_lr_rate(warmup, total, **rest, lr=lr)
    assert_same(
        ours, lambda o: peer.get_cosine_with_min_lr_schedule_with_warmup_lr_rate(o, warmup, total, **rest), total, lr
    )


TYPES = st.sampled_from(["linear", "cosine", "1-sqrt"])


@both_horizons
@given(
    warmup=WARMUP, decay=st.integers(0, 120), stable=st.integers(0, 80) | st.none(), up=TYPES, down=TYPES,
    lowest=st.sampled_from([0.0, 0.1]) | st.floats(0, 1), cycles=CYCLES, lr=LR,
)  # fmt: skip
def test_warmup_stable_decay(
    total: int, warmup: int, decay: int, stable: int | None, up: Any, down: Any, lowest: float, cycles: float, lr: float
) -> None:
    rest: dict[str, Any] = {"warmup_type": up, "decay_type": down, "min_lr_ratio": lowest, "num_cycles": cycles}
    given = {"num_training_steps": total} if stable is None else {"num_stable_steps": stable}
    ours = dialect.get_wsd_schedule(warmup, decay, **given, **rest, lr=lr)
    assert_same(ours, lambda o: peer.get_wsd_schedule(o, warmup, decay, **given, **rest), total, lr)


SPECIFIC: dict[str, dict[str, Any]] = {
    "constant": {},
    "constant_with_warmup": {},
    "linear": {},
    "cosine": {"num_cycles": 0.7},
    "cosine_with_restarts": {"num_cycles": 3},
    "polynomial": {"power": 2.0, "lr_end": 1e-5},
    "inverse_sqrt": {"timescale": 20},
    "cosine_with_min_lr": {"min_lr": 1e-3},
    "cosine_warmup_with_min_lr": {"min_lr_rate": 0.1, "warmup_lr_rate": 0.3},
    "warmup_stable_decay": {"num_decay_steps": 30},
}


def test_every_name_that_is_a_function_of_the_step_is_there() -> None:
    feedback = {"reduce_lr_on_plateau", "greedy"}
    assert {kind.value for kind in peer.TYPE_TO_SCHEDULER_FUNCTION} - feedback == set(SPECIFIC)


@pytest.mark.parametrize("name", SPECIFIC)
@pytest.mark.parametrize("warmup", [0, 10])
def test_a_name_gives_the_schedule_of_the_trainer(name: str, warmup: int) -> None:
    rest = SPECIFIC[name]
    ours = dialect.get_scheduler(name, warmup, 100, rest, lr=0.1)
    # `constant` passes over what it doesn't take there; here only the lengths are passed over.
    assert_same(ours, lambda o: peer.get_scheduler(name, o, warmup, 100, rest), 100, 0.1)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: dialect.get_scheduler("quadratic", 1, 2), "`name` .* 'quadratic'; allowed: constant, "),
        (lambda: dialect.get_scheduler("linear", 1), "`linear` can't be called like this: .*num_training_steps"),
        (lambda: dialect.get_cosine_with_min_lr_schedule_with_warmup(1, 2), "just one of `min_lr` and `min_lr_rate`"),
        (lambda: dialect.get_wsd_schedule(1, 2), "`num_training_steps`"),
        (lambda: dialect.get_wsd_schedule(1, 2, 3, decay_type="exp"), "`decay_type` .* 'exp'"),  # pyright: ignore
        (lambda: dialect.get_linear_schedule_with_warmup(-1, 2), "`num_warmup_steps`"),
    ],
)
def test_bad_arguments_are_refused_by_name(call: Callable[[], object], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        call()
