"""Mirrors training/instrument/loss_graph.py: the classes of a cross-entropy; where a loss comes from."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional

from ratecraft.training.instrument.loss_graph import classes_of, origin_of

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


def error() -> torch.Tensor:
    return functional.cross_entropy(SCORES, LABELS)


SCALED: dict[str, tuple[float, Callable[[], torch.Tensor]]] = {
    "as it is": (1.0, error),
    "divided": (0.25, lambda: error() / 4),
    "divided by a tensor": (0.25, lambda: error() / torch.tensor(4)),
    "divided in place": (0.25, lambda: error().div_(4)),
    "multiplied": (0.25, lambda: error() * 0.25),
    "multiplied from the left": (0.25, lambda: torch.mul(torch.tensor(0.25), error())),
    "a weight, then divided": (0.25, lambda: 0.1 * error() / 4),
    "by a value that is learned": (1.0, lambda: error() * SCORES.mean()),
    "by no number": (1.0, lambda: error() / 0),
    "no graph": (1.0, lambda: torch.ones(())),
}


@pytest.mark.parametrize("kind", SCALED)
def test_the_last_factor_of_a_loss_is_read_off_its_graph(kind: str) -> None:
    share, make = SCALED[kind]
    assert origin_of(make()).share == pytest.approx(share)


def test_two_losses_have_one_key_if_the_same_line_makes_them_by_the_same_operations() -> None:
    first, second = (origin_of(make() / count) for count in (1, 4) for make in [error])
    other, squares = (origin_of(loss) for loss in (error(), SCORES.square().mean()))
    assert first.key == second.key
    assert first.made == other.made != squares.made
    assert len({first.key, other.key, squares.key}) == 3
