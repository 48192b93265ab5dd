"""Mirrors ratecraft/importers/names.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.names import meaning_of


@pytest.mark.parametrize(
    ("name", "kind", "normal"),
    [
        ("loss", "figure", "loss"),
        ("train/loss", "figure", "loss"),
        ("Loss/train", "figure", "loss"),
        ("train_loss_step", "figure", "loss"),
        ("epoch_loss", "figure", "loss"),
        ("lm loss", "figure", "loss"),
        ("val_loss", "figure", "val_loss"),
        ("eval/loss", "figure", "val_loss"),
        ("Loss/val", "figure", "val_loss"),
        ("val", "figure", "val_loss"),
        ("test_loss", "figure", "test_loss"),
        ("Acc@1", "figure", "accuracy"),
        ("eval_top1", "figure", "val_accuracy"),
        ("val_sparse_categorical_accuracy", "figure", "val_accuracy"),
        ("gnorm", "figure", "grad_norm"),
        ("train/grad_norm", "figure", "grad_norm"),
        ("box_loss", "figure", "box_loss"),
        ("average reward", "figure", "average_reward"),
        ("lr", "rate", "rate"),
        ("lr-Adam/pg1", "rate", "rate"),
        ("train/learning_rate", "rate", "rate"),
        ("lr-SGD-momentum", "figure", "lr_sgd_momentum"),
        ("trainer/global_step", "step", "trainer_global_step"),
        ("Iteration", "step", "iteration"),
        ("epoch", "epoch", "epoch"),
        ("num_train_epochs", "fact", "epochs"),
        ("max_iters", "fact", "total_steps"),
        ("train_samples_per_second", "clock", "train_samples_per_second"),
        ("best val loss", "clock", "best_val_loss"),
    ],
)
def test_name_means(name: str, kind: str, normal: str) -> None:
    assert (meaning_of(name).kind, meaning_of(name).name) == (kind, normal)


def test_plainest_name_of_a_loss_comes_first() -> None:
    names = ["train_loss_epoch", "loss", "train_loss", "train_loss_step"]
    assert sorted(names, key=lambda name: meaning_of(name).order) == [
        "loss",
        "train_loss",
        "train_loss_step",
        "train_loss_epoch",
    ]


@given(st.text(max_size=300))
def test_any_text_has_a_meaning(name: str) -> None:
    assert meaning_of(name).kind in {"figure", "rate", "step", "epoch", "fact", "clock"}
