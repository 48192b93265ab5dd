"""Mirrors training/observing/validation.py: one validation figure counts."""

import pytest
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ratecraft.training.observing.validation import ValidationFigure


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ([("val_loss", 2.0), ("val_accuracy", 0.5)], [2.0]),
        ([("val_accuracy", 0.5), ("val_loss", 2.0)], [2.0]),
        ([("val_accuracy", 0.5), ("val_accuracy", 0.75)], [-0.75]),  # when one comes again, all have come
        ([("loss", 2.0), ("accuracy", 0.5), ("loss", 1.0)], []),
    ],
)
def test_of_several_figures_a_validation_loss_counts_or_else_the_first(
    told: list[tuple[str, float]], counted: list[float]
) -> None:
    figure = ValidationFigure()
    scores = [figure.score(name, value) for name, value in told]
    assert [score for score in scores if score is not None] == counted


def test_a_training_that_lowers_its_rate_on_a_plateau_reacts_to_its_figure() -> None:
    optimizer, other = (SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1) for _ in range(2))
    scheduler = ReduceLROnPlateau(optimizer)
    assert ValidationFigure().is_reacted_to(scheduler.optimizer)
    assert not ValidationFigure().is_reacted_to(other)
