"""Mirrors training/scoring/figures.py."""

import numpy as np
import pytest
import torch

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.training.scoring.figures import Figures


def test_printed_lines_give_figures_with_their_source() -> None:
    figures = Figures()
    assert list(figures.read("epoch 1 val_loss 0.5")) == [("val_loss", 0.5, "printed")]
    assert list(figures.read("50%|##| 5/10 [00:01<00:01, 5it/s, val_loss=0.4]")) == [("val_loss", 0.4, "bar")]


def test_a_row_of_a_table_has_the_figures_of_its_header() -> None:
    figures = Figures()
    list(figures.read("epoch  train_loss  valid_loss  time"))
    assert list(figures.read("0      0.45        0.123       00:03")) == [("valid_loss", 0.123, "printed")]


@pytest.mark.parametrize("value", [np.array([0.5]), np.array(0.5), np.float32(0.5), torch.tensor([0.5])])
def test_an_array_of_one_number_is_a_figure(value: object) -> None:
    assert list(Figures().among({"val_loss": value, "val_acc": np.array([0.5, 0.6])})) == [("val_loss", 0.5)]


def test_a_figure_that_the_user_named_is_found() -> None:
    assert list(Figures("score").read("score: 0.7")) == [("score", 0.7, "printed")]


@pytest.mark.parametrize(
    ("direction", "best"), [("min", [True, True, False, False]), ("max", [True, False, True, False])]
)
def test_each_figure_that_beats_all_before_it_is_the_best(direction: str, best: list[bool]) -> None:
    figures = Figures(best_by=Evaluate("natural", "val_loss", direction=direction))  # type: ignore[arg-type]
    told = [figures.keep("val_loss", value, "printed") for value in (0.5, 0.4, 0.6, 0.6)]
    assert told == best


@pytest.mark.parametrize(("name", "value", "source"), [
    ("val_acc", 0.1, "printed"), ("val_loss", float("nan"), "printed"), ("val_loss", 0.1, "bar"),
])  # fmt: skip
def test_what_is_not_the_metric_s_own_number_is_never_the_best(name: str, value: float, source: str) -> None:
    assert not Figures(best_by=Evaluate("natural", "val_loss")).keep(name, value, source)


def test_the_last_figure_of_a_bar_counts_only_where_it_stood_nowhere_else() -> None:
    figures = Figures()
    figures.keep("val_loss", 0.3, "bar")
    assert figures.last("val_loss") == 0.3
    figures.keep("val_loss", 0.5, "logged")
    figures.keep("val_loss", 0.2, "bar")
    assert figures.last("val_loss") == 0.5
    assert figures.last("val_acc") is None


def test_metrics_of_a_framework_are_figures_by_the_names_that_printed_ones_have_and_unrounded() -> None:
    metrics = {"val/loss": torch.tensor(1 / 3, dtype=torch.float64), "train_loss": 0.2, "lr": 0.1, "val_acc": 1}
    odd = {"val_loss_table": [1.0], "val_mse": torch.ones(2), "val_f1": None, "val_auc": "0.75"}
    told = list(Figures().among({**metrics, **odd}))
    assert told == [("val_loss", 1 / 3), ("val_acc", 1.0), ("val_auc", 0.75)]
    assert list(Figures("lr").among(metrics))[1] == ("lr", 0.1)


def test_once_a_figure_is_told_in_full_precision_the_printed_ones_of_its_name_are_superfluous() -> None:
    figures = Figures()
    assert not figures.is_superfluous("val_loss", "printed")
    assert not figures.is_superfluous("val_loss", "lightning")
    assert figures.is_superfluous("val_loss", "printed")
    assert figures.is_superfluous("val_loss", "bar")
    assert not figures.is_superfluous("val_acc", "printed")
    assert not figures.is_superfluous("val_loss", "logged")


def test_whether_a_figure_or_any_was_told_is_known() -> None:
    figures = Figures()
    assert not figures.told("")
    figures.keep("val_loss", 0.3, "bar")
    assert (figures.told(""), figures.told("val_loss"), figures.told("val_acc")) == (True, True, False)


@pytest.mark.parametrize(("direction", "sign"), [("min", 1), ("max", -1)])
def test_a_run_has_turned_by_its_metric_alone_and_by_what_it_told_before_the_rule_came(
    direction: str, sign: int
) -> None:
    scores = [1.5, 1.2, 1.0, 1.0, 1.1, 1.3, 1.5, 1.7]
    figures = Figures()
    for step, score in enumerate(scores[:4]):
        figures.keep("val_loss", sign * score, "printed", step)
    figures.best_by = Evaluate("natural", "val_loss", direction=direction)  # type: ignore[arg-type]
    figures.rule = StopRule(turned_over=3, turned_since=-1, turned_after=4, turned_within=99)
    told: list[bool] = []
    for step, score in enumerate(scores[4:], 4):
        figures.keep("val_acc", -sign * score, "printed", step)
        figures.keep("val_loss", sign, "bar", step)
        figures.keep("val_loss", sign * score, "printed", step)
        told.append(figures.turned)
    assert told == [False, False, False, True]
