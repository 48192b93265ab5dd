"""Mirrors ratecraft/api/parameter_groups.py."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from ratecraft.api.parameter_groups import parameter_groups
from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import linear


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 2))


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad])
def test_the_groups_are_those_of_any_optimizer(kind: Any) -> None:
    optimizer = kind(parameter_groups(model(), 0.1, layer_decay=0.5))
    assert [group["lr"] for group in optimizer.param_groups] == [0.025, 0.025, 0.05, 0.05, 0.1, 0.1]
    assert [group["name"] for group in optimizer.param_groups] == ["0", "0", "3", "3", "head", "head"]


def test_a_model_trained_with_them_is_the_one_trained_with_groups_by_hand() -> None:
    ours, theirs = model(), copy.deepcopy(model())
    mine = torch.optim.SGD(parameter_groups(ours, 0.1, body=0.2, spare=False), momentum=0.9)
    hand = [{"params": theirs[:5].parameters(), "lr": 0.1 * 0.2}, {"params": theirs[5].parameters(), "lr": 0.1}]
    other = torch.optim.SGD(hand, momentum=0.9)
    for each, optimizer in ((ours, mine), (theirs, other)):
        for _ in range(5):
            optimizer.zero_grad()
            each(torch.ones(3, 4)).square().sum().backward()
            optimizer.step()
    assert all(torch.equal(*pair) for pair in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_gradual_unfreezing_moves_from_the_head_down_and_follows_the_common_factor() -> None:
    groups = parameter_groups(model(), 0.1, layer_decay=0.5)
    optimizer = torch.optim.SGD(groups)
    factors = groups.unfreezing(every=10, factor=linear(1, 0, 40))
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, [factor.at for factor in factors])
    seen: dict[int, list[float]] = {}
    for step in range(30):
        seen[step] = [group["lr"] for group in optimizer.param_groups[::2]]
        optimizer.step()
        scheduler.step()
    assert seen[0] == [0.0, 0.0, 0.1]
    assert seen[9] == [0.0, 0.0, pytest.approx(0.1 * 31 / 40)]
    assert seen[10] == [0.0, pytest.approx(0.05 * 30 / 40), pytest.approx(0.1 * 30 / 40)]
    assert seen[20] == [pytest.approx(0.025 / 2), pytest.approx(0.05 / 2), pytest.approx(0.1 / 2)]


def test_they_show_themselves_as_a_table_with_the_rate_by_depth() -> None:
    groups = parameter_groups(model(), 0.1, layer_decay=0.1)
    lines = str(groups).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["0", "0", "3", "3", "head", "head"]
    bars = [line.count("█") + line.count("#") for line in lines[1:]]
    assert bars == sorted(bars)
    assert len(set(bars)) == 3
    page = groups._repr_html_()
    assert page.count("<svg") == 6
    assert "<script" not in page
    assert "head: 0.1" in page


def test_a_head_alone_is_one_part() -> None:
    only = nn.Linear(2, 2)
    assert [group["lr"] for group in parameter_groups(only, 0.1)] == [0.1, 0.1]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"body": 0.1, "layer_decay": 0.5}, "exclude each"),
        ({"body": 0.0}, "body"),
        ({"layer_decay": 1.5}, "decay"),
        ({"head": " "}, "head"),
        ({"head": "nowhere"}, "nowhere"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], error: str) -> None:
    with pytest.raises(InvalidInput, match=error):
        parameter_groups(model(), 0.1, **given)


def test_a_frozen_model_and_one_without_a_head_are_refused() -> None:
    frozen = model().requires_grad_(False)
    with pytest.raises(InvalidInput, match="Sequential"):
        parameter_groups(frozen, 0.1)
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 1, 8), 3, enable_nested_tensor=False)
    with pytest.raises(InvalidInput, match="blocks"):
        parameter_groups(encoder, 0.1)
    assert [group["name"] for group in parameter_groups(encoder, 0.1, layer_decay=0.5, spare=False)] == [
        "layers.0",
        "layers.1",
        "layers.2",
    ]
