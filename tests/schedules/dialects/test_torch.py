"""Mirrors ratecraft/schedules/dialects/torch.py: every curve beside the installed torch's own, step by step."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch.optim import lr_scheduler as peer

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects import torch as dialect
from ratecraft.schedules.trees.nodes import Schedule

HORIZONS = [60, 500]
TOLERANCE = 1e-12  # docs/reference/dialects.md, "Tolerance"

LR = st.floats(1e-4, 1.0)
STEPS = st.integers(1, 80)
FACTOR = st.floats(0.01, 1.0)

both_horizons = pytest.mark.parametrize("horizon", HORIZONS)
randomly = settings(max_examples=min(25, settings().max_examples))


def curves_of(make: Callable[[torch.optim.Optimizer], Any], steps: int, lr: float = 0.1) -> dict[str, list[float]]:
    """The rate and momentum that each step uses."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    optimizer.step()  # pyright: ignore[reportUnknownMemberType]
    curves: dict[str, list[float]] = {"rate": [], "momentum": []}
    for step in range(steps):
        curves["rate"].append(optimizer.param_groups[0]["lr"])
        curves["momentum"].append(optimizer.param_groups[0]["momentum"])
        if step < steps - 1:
            scheduler.step()
    return curves


def assert_same(
    ours: Schedule, make: Callable[[torch.optim.Optimizer], Any], steps: int, lr: float, tolerance: float = TOLERANCE
) -> None:
    assert_allclose(ours.curve(steps), curves_of(make, steps, lr)["rate"], rtol=0, atol=tolerance)


@both_horizons
@randomly
@given(step_size=STEPS, gamma=FACTOR, lr=LR)
@example(step_size=30, gamma=0.1, lr=0.1)
@example(step_size=7, gamma=0.5, lr=0.1)
def test_step_lr(horizon: int, step_size: int, gamma: float, lr: float) -> None:
    assert_same(dialect.StepLR(step_size, gamma, lr=lr), lambda o: peer.StepLR(o, step_size, gamma), horizon, lr)


@both_horizons
@randomly
@given(milestones=st.lists(st.integers(1, 300), max_size=6), gamma=FACTOR, lr=LR)
@example(milestones=[10, 10, 40, 80], gamma=0.3, lr=0.1)
def test_multi_step_lr(horizon: int, milestones: list[int], gamma: float, lr: float) -> None:
    ours = dialect.MultiStepLR(milestones, gamma, lr=lr)
    assert_same(ours, lambda o: peer.MultiStepLR(o, milestones, gamma), horizon, lr)


@both_horizons
@randomly
@given(factor=FACTOR, total_iters=STEPS, lr=LR)
@example(factor=0.3, total_iters=8, lr=0.1)
def test_constant_lr(horizon: int, factor: float, total_iters: int, lr: float) -> None:
    ours = dialect.ConstantLR(factor, total_iters, lr=lr)
    assert_same(ours, lambda o: peer.ConstantLR(o, factor, total_iters), horizon, lr)


@both_horizons
@randomly
@given(start=FACTOR, end=st.floats(0, 1), total_iters=STEPS, lr=LR)
@example(start=0.1, end=0.7, total_iters=20, lr=0.1)
def test_linear_lr(horizon: int, start: float, end: float, total_iters: int, lr: float) -> None:
    ours = dialect.LinearLR(start, end, total_iters, lr=lr)
    assert_same(ours, lambda o: peer.LinearLR(o, start, end, total_iters), horizon, lr)


@both_horizons
@randomly
@given(gamma=st.floats(0.9, 1.0), lr=LR)
@example(gamma=0.97, lr=0.1)
def test_exponential_lr(horizon: int, gamma: float, lr: float) -> None:
    assert_same(dialect.ExponentialLR(gamma, lr=lr), lambda o: peer.ExponentialLR(o, gamma), horizon, lr)


@both_horizons
@randomly
@given(total_iters=STEPS, power=st.floats(0.2, 4), lr=LR)
@example(total_iters=50, power=0.5, lr=0.1)
@example(total_iters=50, power=2.0, lr=0.1)
def test_polynomial_lr(horizon: int, total_iters: int, power: float, lr: float) -> None:
    ours = dialect.PolynomialLR(total_iters, power, lr=lr)
    assert_same(ours, lambda o: peer.PolynomialLR(o, total_iters, power), horizon, lr)


@both_horizons
@randomly
@given(t_max=STEPS, eta_min=st.floats(0, 0.05), lr=st.floats(0.05, 1))
@example(t_max=37, eta_min=0.01, lr=0.1)
@example(t_max=1, eta_min=0.0, lr=0.1)
def test_cosine_annealing_lr(horizon: int, t_max: int, eta_min: float, lr: float) -> None:
    ours = dialect.CosineAnnealingLR(t_max, eta_min, lr=lr)
    # Its recurrence drifts beyond T_max, the more the shorter the wave: 1e-10 there.
    assert_same(ours, lambda o: peer.CosineAnnealingLR(o, t_max, eta_min), min(horizon, t_max + 1), lr)
    assert_same(ours, lambda o: peer.CosineAnnealingLR(o, t_max, eta_min), horizon, lr, 1e-10)


@both_horizons
@randomly
@given(t_0=STEPS, t_mult=st.integers(1, 4), eta_min=st.floats(0, 0.05), lr=st.floats(0.05, 1))
@example(t_0=10, t_mult=2, eta_min=1e-3, lr=0.1)
@example(t_0=1, t_mult=3, eta_min=0.0, lr=0.1)
def test_cosine_annealing_warm_restarts(horizon: int, t_0: int, t_mult: int, eta_min: float, lr: float) -> None:
    ours = dialect.CosineAnnealingWarmRestarts(t_0, t_mult, eta_min, lr=lr)
    assert_same(ours, lambda o: peer.CosineAnnealingWarmRestarts(o, t_0, t_mult, eta_min), horizon, lr)


CYCLIC: dict[str, st.SearchStrategy[Any]] = {
    "base_lr": st.floats(1e-4, 0.1),
    "max_lr": st.floats(0.1, 1),
    "step_size_up": STEPS,
    "step_size_down": STEPS | st.none(),
    "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
    "gamma": st.floats(0.99, 1),
    "base_momentum": st.floats(0.5, 0.85),
    "max_momentum": st.floats(0.85, 0.99),
}


@both_horizons
@randomly
@given(arguments=st.fixed_dictionaries(CYCLIC), cycle_momentum=st.booleans())
def test_cyclic_lr(horizon: int, arguments: dict[str, Any], cycle_momentum: bool) -> None:
    ours = dialect.CyclicLR(**arguments, cycle_momentum=cycle_momentum)
    curves = curves_of(lambda o: peer.CyclicLR(o, **arguments, cycle_momentum=cycle_momentum), horizon)
    assert set(ours) == ({"rate", "momentum"} if cycle_momentum else {"rate"})
    for name, schedule in ours.items():
        assert_allclose(schedule.curve(horizon), curves[name], rtol=0, atol=TOLERANCE)


ONE_CYCLE: dict[str, st.SearchStrategy[Any]] = {
    "max_lr": LR,
    "pct_start": st.floats(0.0, 0.95),
    "anneal_strategy": st.sampled_from(["cos", "linear"]),
    "base_momentum": st.floats(0.5, 0.85),
    "max_momentum": st.floats(0.85, 0.99),
    "div_factor": st.floats(2, 100),
    "final_div_factor": st.floats(1, 1e5),
    "three_phase": st.booleans(),
}


@pytest.mark.parametrize("horizon", [50, 100, 101, 977])
@randomly
@given(arguments=st.fixed_dictionaries(ONE_CYCLE))
def test_one_cycle_lr(horizon: int, arguments: dict[str, Any]) -> None:
    if arguments["three_phase"]:
        arguments["pct_start"] /= 2  # beyond one half its third phase begins after the end
    ours = dialect.OneCycleLR(total_steps=horizon, **arguments)
    curves = curves_of(lambda o: peer.OneCycleLR(o, total_steps=horizon, **arguments), horizon)
    for name, schedule in ours.items():
        assert_allclose(schedule.curve(horizon), curves[name], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("total", [1, 3, 5, 10])
@pytest.mark.parametrize("pct_start", [0.0, 0.25, 0.5])  # where their product is 1, torch divides by 0
def test_one_cycle_lr_of_a_few_steps(total: int, pct_start: float) -> None:
    ours = dialect.OneCycleLR(0.2, total, pct_start=pct_start)
    curves = curves_of(lambda o: peer.OneCycleLR(o, 0.2, total, pct_start=pct_start), total)
    for name, schedule in ours.items():
        assert_allclose(schedule.curve(total), curves[name], rtol=0, atol=TOLERANCE)


_Pair = tuple[Callable[[float], Schedule], Callable[[torch.optim.Optimizer], Any]]

FACTORS: dict[str, Callable[[int, float], _Pair]] = {
    "linear": lambda n, x: (
        lambda lr: dialect.LinearLR(x, 0.9, n, lr=lr),
        lambda o: peer.LinearLR(o, x, 0.9, n),
    ),
    "constant": lambda n, x: (lambda lr: dialect.ConstantLR(x, n, lr=lr), lambda o: peer.ConstantLR(o, x, n)),
    "exponential": lambda _, x: (
        lambda lr: dialect.ExponentialLR(0.9 + x / 10, lr=lr),
        lambda o: peer.ExponentialLR(o, 0.9 + x / 10),
    ),
    "step": lambda n, x: (lambda lr: dialect.StepLR(n, x, lr=lr), lambda o: peer.StepLR(o, n, x)),
    "multi-step": lambda n, x: (
        lambda lr: dialect.MultiStepLR([n, 2 * n], x, lr=lr),
        lambda o: peer.MultiStepLR(o, [n, 2 * n], x),
    ),
    "polynomial": lambda n, x: (
        lambda lr: dialect.PolynomialLR(300 + n, 1 + x, lr=lr),
        lambda o: peer.PolynomialLR(o, 300 + n, 1 + x),
    ),
    "cosine": lambda n, _: (
        lambda lr: dialect.CosineAnnealingLR(500 + n, lr=lr),
        lambda o: peer.CosineAnnealingLR(o, 500 + n),
    ),
}
SETTING: dict[str, Callable[[int, float], _Pair]] = {
    "restarts": lambda n, x: (
        lambda lr: dialect.CosineAnnealingWarmRestarts(n, 2, x / 100, lr=lr),
        lambda o: peer.CosineAnnealingWarmRestarts(o, n, 2, x / 100),
    )
}
MEMBER = st.builds(
    lambda make, n, x: make(n, x), st.sampled_from([*FACTORS.values(), *SETTING.values()]), STEPS, st.floats(0.05, 0.95)
)
FACTOR_MEMBER = st.builds(
    lambda make, n, x: make(n, x), st.sampled_from(list(FACTORS.values())), STEPS, st.floats(0.05, 0.95)
)


@both_horizons
@randomly
@given(members=st.lists(MEMBER, min_size=1, max_size=4), gaps=st.lists(st.integers(1, 50), min_size=3), lr=LR)
def test_sequential_lr(horizon: int, members: Sequence[_Pair], gaps: list[int], lr: float) -> None:
    milestones = [sum(gaps[: index + 1]) for index in range(len(members) - 1)]
    ours = dialect.SequentialLR([ours(lr) for ours, _ in members], milestones)
    assert_same(
        ours, lambda o: peer.SequentialLR(o, [theirs(o) for _, theirs in members], milestones), horizon, lr, 1e-11
    )


@both_horizons
@randomly
@given(members=st.lists(FACTOR_MEMBER, min_size=1, max_size=4), lr=LR)
def test_chained_scheduler(horizon: int, members: Sequence[_Pair], lr: float) -> None:
    ours = dialect.ChainedScheduler([ours(1.0) for ours, _ in members]) * lr
    assert_same(ours, lambda o: peer.ChainedScheduler([theirs(o) for _, theirs in members], o), horizon, lr)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: dialect.CyclicLR(0.1, 1, mode="square"), "`mode` .* 'square'; allowed: triangular"),  # pyright: ignore
        (lambda: dialect.OneCycleLR(0.1, 10, anneal_strategy="sin"), "`anneal_strategy` .* 'sin'"),  # pyright: ignore
        (lambda: dialect.OneCycleLR(0.1, 10, pct_start=30), "`pct_start`"),
        (lambda: dialect.OneCycleLR(0.1), "`epochs`"),
        (lambda: dialect.OneCycleLR(0.1, 0), "`total_steps`"),
        (lambda: dialect.StepLR(0), "`every`"),
        (lambda: dialect.MultiStepLR([1, -2]), "`milestones`"),
        (lambda: dialect.SequentialLR([dialect.ConstantLR()], [3]), "1 steps at which the next .* 1 schedules"),
        (lambda: dialect.SequentialLR([dialect.ConstantLR()] * 3, [5, 2]), "must rise; got 5, 2"),
        (lambda: dialect.ChainedScheduler([]), "at least 2 schedules; got 0"),
    ],
)
def test_bad_arguments_are_refused_by_name(call: Callable[[], object], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        call()
