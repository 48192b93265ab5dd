"""Mirrors ratecraft/training/loss_graph.py: of a cross-entropy it is known among how many classes it decides."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional

from ratecraft.training.loss_graph import classes_of

SCORES, LABELS = torch.randn(6, 5, requires_grad=True), torch.randint(5, (6,))
IMAGE = torch.randn(2, 5, 4, 4, requires_grad=True)

KNOWN: dict[str, Callable[[], torch.Tensor]] = {
    "function": lambda: functional.cross_entropy(SCORES, LABELS),
    "module": lambda: nn.CrossEntropyLoss()(SCORES, LABELS),
    "weighted classes": lambda: functional.cross_entropy(SCORES, LABELS, weight=torch.rand(5)),
    "log-softmax": lambda: functional.nll_loss(SCORES.log_softmax(1), LABELS),
    "own log-probabilities": lambda: functional.nll_loss(SCORES, LABELS),
    "an image": lambda: functional.cross_entropy(IMAGE, torch.randint(5, (2, 4, 4))),
    "one sample": lambda: functional.cross_entropy(SCORES[0], LABELS[0]),
    "accumulated": lambda: functional.cross_entropy(SCORES, LABELS) / 4,
}

UNKNOWN: dict[str, Callable[[], torch.Tensor]] = {
    "a sum": lambda: functional.cross_entropy(SCORES, LABELS, reduction="sum"),
    "each alone": lambda: functional.cross_entropy(SCORES, LABELS, reduction="none").mean(),
    "a term beside it": lambda: functional.cross_entropy(SCORES, LABELS) + SCORES.square().mean(),
    "a factor": lambda: 100 * functional.cross_entropy(SCORES, LABELS),
    "over a batch's own mean": lambda: functional.cross_entropy(SCORES, LABELS) / SCORES.mean(),
    "squares": lambda: functional.mse_loss(SCORES, torch.zeros(6, 5)),
    "a leaf": lambda: torch.ones((), requires_grad=True),
    "no graph": lambda: torch.ones(()),
}


@pytest.mark.parametrize("kind", KNOWN)
def test_a_mean_cross_entropy_tells_its_classes(kind: str) -> None:
    assert classes_of(KNOWN[kind]()) == 5


@pytest.mark.parametrize("kind", UNKNOWN)
def test_every_other_loss_tells_nothing(kind: str) -> None:
    assert classes_of(UNKNOWN[kind]()) is None
