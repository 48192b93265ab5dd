"""Mirrors ratecraft/records/metrics.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import Metric, choose_metric, direction_of, normal_name, parse_metric


@pytest.mark.parametrize("name", ["val_loss", "Val Loss", "val/loss", "val-loss", "valLoss", " VAL LOSS ", "val.loss:"])
def test_spellings_of_one_name_are_one_name(name: str) -> None:
    assert normal_name(name) == "val_loss"


@given(st.text(st.characters(codec="ascii"), max_size=20))
def test_normal_name_of_a_normal_name_is_itself(name: str) -> None:
    assert normal_name(normal_name(name)) == normal_name(name)


@pytest.mark.parametrize("name", ["acc", "val_acc", "Test Accuracy", "macro_f1", "f1_val", "roc-auc", "bleu"])
def test_larger_is_better_for_names_that_end_in_a_score(name: str) -> None:
    assert direction_of(name) == "max"


@pytest.mark.parametrize(
    "name", ["loss", "val", "val_loss", "loss_val", "eval/nll", "perplexity", "bpb", "top1_error", "dev-wer", "mse"]
)
def test_smaller_is_better_for_names_that_end_in_a_loss_or_an_error(name: str) -> None:
    assert direction_of(name) == "min"


@pytest.mark.parametrize("name", ["score", "val_score", "penalty", "test", ""])
def test_other_names_tell_no_direction(name: str) -> None:
    assert direction_of(name) is None


def test_direction_given_overrules_the_name() -> None:
    assert parse_metric("val_loss:max") == Metric("val_loss", "max", chosen_by="user")


def test_name_that_tells_its_direction_needs_none() -> None:
    assert parse_metric("Val Acc") == Metric("val_acc", "max", chosen_by="user")


def test_name_that_tells_no_direction_is_an_error_that_shows_the_form() -> None:
    with pytest.raises(InvalidInput, match="`score` does not tell whether larger or smaller") as caught:
        parse_metric("score")
    assert "--metric score:max or --metric score:min" in caught.value.hint()


@pytest.mark.parametrize("text", ["val_loss:down", ":max", "", "a:b:max"])
def test_other_forms_are_an_error_that_shows_the_form(text: str) -> None:
    with pytest.raises(InvalidInput, match=rf"`{text}` is not a metric: the form is NAME, NAME:min or NAME:max"):
        parse_metric(text)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["val_acc", "test_loss", "val_loss"], "val_loss"),
        (["val_acc", "test_loss"], "test_loss"),
        (["test_acc", "val_acc"], "val_acc"),
        (["epoch", "dev_f1"], "dev_f1"),
        (["val_mae", "val_rmse"], "val_mae"),
    ],
)
def test_loss_is_chosen_before_accuracy_and_validation_before_test(names: list[str], chosen: str) -> None:
    found = choose_metric(names)
    assert found is not None
    assert (found.name, found.chosen_by) == (chosen, "default")


def test_nothing_is_chosen_among_names_without_a_direction() -> None:
    assert choose_metric(["epoch", "lr", "score"]) is None


@pytest.mark.parametrize(("direction", "sign"), [("min", 1.0), ("max", -1.0)])
def test_smaller_is_better_once_a_score_is_multiplied_by_the_sign(direction: str, sign: float) -> None:
    assert parse_metric(f"score:{direction}").sign() == sign


SCORES = (
    "mAP50 mAP50-95 metrics/mAP50-95(B) top1_acc Acc@1 mIoU val_dice PSNR SSIM R2 r2_score mcc cohen_kappa NDCG@10 mrr "
    "hits@10 recall precision@5 AUROC f1-macro rouge_l hit_rate metrics/accuracy_top1"
)
ERRORS = (
    "dice_loss iou_loss FID wer cer sMAPE nRMSE pinball_loss crps error_rate word_error_rate top1_error bits_per_byte "
    "val/box_loss hausdorff brier_score"
)


def test_known_scores_are_better_when_larger() -> None:
    assert {name for name in SCORES.split() if direction_of(name) != "max"} == set()


def test_known_errors_are_better_when_smaller() -> None:
    assert {name for name in ERRORS.split() if direction_of(name) != "min"} == set()


@pytest.mark.parametrize("name", ["elbo", "penalty", "heatmap", "box_p", "r", "laptop", "epoch_time", "fitness"])
def test_what_is_not_known_stays_unknown(name: str) -> None:
    assert direction_of(name) is None


def test_parts_of_a_loss_come_after_any_score_and_a_whole_loss_before_its_parts() -> None:
    boxes = ["metrics_precision_b", "metrics_map50_b", "metrics_map50_95_b", "val_box_loss", "val_cls_loss"]
    assert (choose_metric(boxes) or parse_metric("none:min")).name == "metrics_map50_95_b"
    assert (choose_metric(["val_kl_loss", "val_loss"]) or parse_metric("none:min")).name == "val_loss"
    assert (choose_metric(["top5_acc", "top1_acc"]) or parse_metric("none:min")).name == "top1_acc"
