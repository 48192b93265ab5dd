"""Mirrors training/observing/state.py: what a watched run's inputs, weights and gradients are like."""

import pytest
import torch
from torch import nn
from torch.optim import SGD

from ratecraft.records.watching.observed import ObservedRun
from ratecraft.training.instrument.loaded_weights import mark_loaded
from ratecraft.training.observing.sensor import Sensor
from ratecraft.training.observing.state import (
    FirstWeights,
    idle_values,
    is_loaded,
    is_recurrent,
    tables_of,
    zero_share,
)


def first_weights(*models: nn.Module) -> tuple[int, float]:
    weights = FirstWeights()
    weights.read(SGD([each for model in models for each in model.parameters()], lr=0.1))
    count, scale = weights.without(tables_of(models))
    return count, float(scale)


@pytest.mark.parametrize(("factor", "scale"), [(1.0, 0.577), (10.0, 5.77), (0.0, 0.0)])
def test_the_scale_of_weights_is_that_of_their_layers(factor: float, scale: float) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(300, 200), nn.Conv2d(8, 16, 3), nn.Linear(200, 100))
    with torch.no_grad():
        for each in net.parameters():
            each.mul_(factor)
    assert first_weights(net) == (3, pytest.approx(scale, rel=0.05))


def test_matrices_of_one_value_do_not_count_beside_others() -> None:
    torch.manual_seed(0)
    first, last = nn.Linear(100, 100), nn.Linear(100, 100)
    nn.init.zeros_(last.weight)
    assert first_weights(first, last) == (2, pytest.approx(0.577, rel=0.05))
    assert first_weights(nn.LayerNorm(4))[0] == 0


def test_tables_that_rows_are_looked_up_in_are_no_matrices_of_a_layer() -> None:
    torch.manual_seed(0)
    table, head = nn.Embedding(200, 16), nn.Linear(100, 100)
    nn.init.normal_(table.weight, std=0.001)
    assert first_weights(table, head) == (1, pytest.approx(0.577, rel=0.05))


def test_entries_of_gradients_that_are_zero_are_counted_and_sparse_ones_are_not_looked_at() -> None:
    weight, other = nn.Parameter(torch.ones(4)), nn.Parameter(torch.ones(4))
    optimizer = SGD([weight, other], lr=0.1)
    assert zero_share(optimizer) is None
    weight.grad = torch.tensor([0.0, 1.0, 0.0, 0.0])
    assert float(zero_share(optimizer) or 0) == 0.75
    assert idle_values(optimizer) == (8, 4)
    table = nn.Embedding(4, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    assert zero_share(SGD(table.parameters(), lr=0.1)) is None


def test_what_is_frozen_by_choice_is_not_idle() -> None:
    frozen = nn.Linear(2, 2).requires_grad_(False)
    assert idle_values(SGD([*frozen.parameters(), nn.Parameter(torch.ones(3))], lr=0.1)) == (3, 3)


def test_weights_count_as_loaded_where_most_are() -> None:
    body, head = nn.Linear(10, 10), nn.Linear(10, 2)
    optimizer = SGD([*body.parameters(), *head.parameters()], lr=0.1)
    assert not is_loaded(optimizer)
    mark_loaded(body.parameters())
    assert is_loaded(optimizer)


def test_a_net_with_a_cell_somewhere_is_recurrent() -> None:
    assert is_recurrent(nn.Sequential(nn.Linear(2, 2), nn.GRUCell(2, 2)))
    assert not is_recurrent(nn.Linear(2, 2))


def test_a_sensor_tells_them_of_the_run_it_follows() -> None:
    torch.manual_seed(0)
    model, pieces = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1)), list[ObservedRun]()
    mark_loaded(model.parameters())
    optimizer = SGD(model.parameters(), lr=0.1)
    sensor = Sensor(pieces.append, 1)
    sensor.follow(optimizer)
    for _ in range(12):
        optimizer.zero_grad()
        model[2](model[1](model[0](torch.ones(2, 4))).detach()).sum().backward()
        optimizer.step()
    sensor.close()
    series = {name: each.steps.tolist() for piece in pieces for name, each in piece.series.items()}
    facts = {name: value for piece in pieces for name, value in piece.facts.items()}
    assert (series["weight_scale"], series["zero_gradient"]) == ([0], [0, 10])
    assert (facts["parameters_in_optimizer"], facts["parameters_without_gradient"]) == (25.0, 20.0)
    assert facts["pretrained"] == 1.0
