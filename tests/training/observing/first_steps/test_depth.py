"""Mirrors training/observing/first_steps/depth.py: a gradient that vanishes is told from one that is 0 on purpose."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional

from ratecraft.training.observing.first_steps.depth import Depth


def row(between: Callable[[], nn.Module], layers: int = 12) -> nn.Sequential:
    torch.manual_seed(0)
    hidden = [each for _ in range(layers) for each in (nn.Linear(16, 16), between())]
    return nn.Sequential(*hidden, nn.Linear(16, 4))


class Residual(nn.Module):
    """Blocks whose last layer begins at 0, as many do on purpose: nothing reaches the others at the first step."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 16)) for _ in range(6))
        self.head = nn.Linear(16, 4)
        for block in self.blocks:
            nn.init.zeros_(block[2].weight)  # pyright: ignore[reportIndexIssue, reportArgumentType]
        nn.init.zeros_(self.head.weight)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            inputs = inputs + block(inputs)
        return self.head(inputs)


def vanishes(model: nn.Module) -> bool | None:
    """Whether both shares are below a hundredth over eight steps; None if nothing is told."""
    torch.manual_seed(1)
    inputs, classes = torch.randn(32, 16), torch.arange(32) % 4
    optimizer, depth = torch.optim.SGD(model.parameters(), lr=0.05), Depth()
    for _ in range(8):
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), classes).backward()
        depth.stepping(optimizer)
        optimizer.step()
    facts = depth.facts()
    return float(facts["gradient_front"]) < 0.01 and float(facts["gradient_back"]) < 0.01 if facts else None


def normalised() -> nn.Module:
    return nn.Sequential(nn.BatchNorm1d(16), nn.ReLU())


def test_row_of_sigmoids_lets_no_gradient_through() -> None:
    assert vanishes(row(nn.Sigmoid)) is True


@pytest.mark.parametrize("between", [nn.ReLU, nn.Tanh, normalised])
def test_row_of_other_functions_lets_gradients_through(between: Callable[[], nn.Module]) -> None:
    assert vanishes(row(between)) is False


def test_layers_that_begin_at_zero_on_purpose_are_no_vanishing_gradient() -> None:
    assert vanishes(Residual()) is False


def test_nothing_is_told_of_a_few_layers() -> None:
    assert vanishes(row(nn.Sigmoid, layers=3)) is None
