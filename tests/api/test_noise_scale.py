"""Mirrors ratecraft/api/noise_scale.py: the meter against the exact value, and what it leaves alone."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import ratecraft as rc
from ratecraft.errors import InvalidInput, NoAnswer

INPUTS, OUTPUTS = 6, 1
SAMPLES = 8192


def regression(noise: float = 1.0) -> TensorDataset:
    made = torch.Generator().manual_seed(3)
    inputs = torch.randn(SAMPLES, INPUTS, generator=made)
    return TensorDataset(inputs, inputs.sum(1, keepdim=True) + noise * torch.randn(SAMPLES, 1, generator=made))


def squared(model: Any, batch: Any) -> torch.Tensor:
    return nn.functional.mse_loss(model(batch[0]), batch[1])


def task_of(data: Any, *, rate: float = 1e-9, **how: Any) -> rc.Task:
    torch.manual_seed(0)
    model = nn.Linear(INPUTS, OUTPUTS, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    return rc.Task(model, optimizer, squared, data, **{"steps": 400, **how})


def exact(task: rc.Task, data: TensorDataset) -> float:
    """tr Σ / |G|² from the gradient of every sample, written out by hand."""
    inputs, targets = data.tensors
    with torch.no_grad():
        gradients = 2 * (task.model(inputs) - targets) * inputs
    mean = gradients.mean(0)
    return float((gradients - mean).square().sum(1).mean() / mean.square().sum())


@pytest.mark.parametrize("how", [{"batch_size": 16}, {"batch_size": 8, "accumulate": 4}])
def test_at_fixed_weights_it_is_the_exact_value_within_its_interval(how: dict[str, int]) -> None:
    data = regression()
    task = task_of(data, **how)
    result = rc.noise_scale(task, every=2)
    true = exact(task, data)
    assert result.value == pytest.approx(true, rel=0.15)
    low, high = result.interval
    assert high is not None
    assert low < true < high


@pytest.mark.soak
def test_the_interval_holds_the_exact_value_about_as_often_as_it_says() -> None:
    data = regression()
    task = task_of(data, batch_size=16)
    true = exact(task, data)
    results = [rc.noise_scale(task, steps=80, every=4, seed=seed) for seed in range(20)]
    held = [low < true < (math.inf if high is None else high) for low, high in (each.interval for each in results)]
    assert sum(held) >= 17  # 95 % of 20, less two standard deviations


def test_twice_the_noise_has_a_larger_scale() -> None:
    quiet, loud = (rc.noise_scale(task_of(regression(noise), batch_size=16), every=4) for noise in (0.5, 4.0))
    assert quiet.value is not None
    assert loud.value is not None
    assert loud.value > 2 * quiet.value


def test_it_grows_while_a_loss_falls() -> None:
    result = rc.noise_scale(task_of(regression(), rate=0.02, batch_size=16), every=4)
    first, second = result.course
    assert second.noise / max(second.gradient, 1e-12) > first.noise / first.gradient


def test_neither_the_task_nor_the_training_is_touched() -> None:
    task = task_of(regression(), rate=0.02, batch_size=16, steps=120)
    before = {name: value.clone() for name, value in task.model.state_dict().items()}
    state = torch.get_rng_state()
    rc.noise_scale(task)
    assert all(torch.equal(value, before[name]) for name, value in task.model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def test_its_passes_and_steps_are_counted_and_few() -> None:
    result = rc.noise_scale(task_of(regression(), batch_size=16))
    assert result.steps == 400
    assert result.passes <= 0.04 * result.steps


def test_the_plan_takes_its_figure() -> None:
    scale = rc.noise_scale(task_of(regression(), batch_size=16), every=4)
    plan = rc.plan("sgd", batch_size=64, base_batch_size=16, rate=0.02, noise_scale=scale.value)
    reasons = {reason.code: reason.values for reason in plan.plan.reasons}
    assert reasons["batch-noise"]["noise"] == scale.value
    assert scale.tradeoff is not None
    assert scale.tradeoff.samples == pytest.approx(1 + 16 / (scale.value or 1))


def test_sparse_gradients_are_measured_like_dense_ones() -> None:
    def scale(*, sparse: bool) -> float | None:
        torch.manual_seed(0)
        table = nn.Embedding(12, 1, sparse=sparse)
        rows = torch.randint(0, 12, (2048,), generator=torch.Generator().manual_seed(1))
        data = TensorDataset(rows, rows.float().unsqueeze(1) / 6)
        optimizer = torch.optim.SGD(table.parameters(), lr=1e-9)
        return rc.noise_scale(rc.Task(table, optimizer, squared, data, steps=80, batch_size=32), every=4).value

    assert scale(sparse=True) == pytest.approx(scale(sparse=False))


def test_a_training_that_blows_up_at_once_has_no_scale() -> None:
    with pytest.raises(NoAnswer, match="blew up by step"):
        rc.noise_scale(task_of(regression(), rate=1e6, batch_size=16))


class _Stream(IterableDataset[Any]):
    def __iter__(self) -> Any:
        yield from [(torch.randn(16, INPUTS), torch.randn(16, 1))] * 50


@pytest.mark.parametrize(
    ("given", "how", "said"),
    [
        (lambda: "train.py", {}, "takes a ratecraft.Task; got 'train.py'"),
        (
            lambda: task_of(regression(), batch_size=16),
            {"steps": 60},
            "60 steps are too few: two measurements take 100",
        ),
        (lambda: task_of(regression(), batch_size=16), {"every": 0}, "every"),
        (lambda: task_of(DataLoader(_Stream(), batch_size=None)), {}, "do not show the batch size"),
    ],
)
def test_what_cannot_be_measured_is_told(given: Callable[[], Any], how: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        rc.noise_scale(given(), **how)
