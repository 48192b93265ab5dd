"""Mirrors ratecraft/records/printed/bare_figures.py."""

import pytest

from ratecraft.records.printed.figures import figures_in, name_as_figure


def told(line: str) -> list[tuple[str, float]]:
    assert figures_in(line) == () or "val" in line.lower() or line.startswith("Test")
    return [(each.name, each.value) for each in figures_in(line, evaluated=True)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("accuracy 0.93", [("accuracy", 0.93)]),
        ("loss 0.21", [("loss", 0.21)]),
        ("score 0.5", [("score", 0.5)]),
        (" Accuracy: 64.9%, Avg loss: 0.123 ", [("accuracy", 0.649), ("avg_loss", 0.123)]),
        (" *   Acc@1 71.200 Acc@5 90.100", [("acc@1", 71.2), ("acc@5", 90.1)]),
        ("Dice score: 0.812, mIoU: 0.5, IoU=0.4", [("dice_score", 0.812), ("miou", 0.5), ("iou", 0.4)]),
        ("2026-12-02 10:00:00,123 - INFO - accuracy: 0.91", [("accuracy", 0.91)]),
        ("INFO:root:f1 score: 0.8, R2: 0.5", [("f1_score", 0.8), ("r2", 0.5)]),
        ("Accuracy of the network on the 10000 test images: 54 %", [("accuracy", 0.54)]),
        ("Accuracy: 9340/10000 (93%)", [("accuracy", 0.934)]),
        ("mean reward 12.5", [("mean_reward", 12.5)]),
        ("MAE=0.12 MAPE=3.4%", [("mae", 0.12), ("mape", 0.034)]),
    ],
)
def test_after_an_evaluation_a_figure_needs_no_word_for_its_data(line: str, expected: list[tuple[str, float]]) -> None:
    assert [name for name, _ in told(line)] == [name for name, _ in expected]
    assert [value for _, value in told(line)] == pytest.approx([value for _, value in expected])


@pytest.mark.parametrize(
    "line",
    [
        "Train Epoch: 1 [0/60000 (0%)]\tLoss: 0.5",
        "Train: 0 [  50/78 ( 63%)]  Loss: 3.20 (3.30)  Time: 0.1s, 300.0/s  LR: 1.0e-03  Data: 0.01",
        "train loss 0.5, training acc: 0.9, train_acc=0.9",
        "best accuracy 0.95",
        "Epoch 3/10, lr 1e-3, time: 3.2, eta: 1.5, size 0.5, step 100",
        "Saved checkpoint to model_3.pt after 3.5 seconds",
        "Throughput: 1234.5 samples/s, 0.5 GB",
        "classes: 10, score: 3",
        "Accuracy for class: cat is 55.0 %",
        "",
    ],
)
def test_what_is_of_the_training_or_a_setting_is_no_figure(line: str) -> None:
    assert [name for name, _ in told(line)] == []


def test_a_line_that_has_both_gives_that_of_the_evaluation() -> None:
    assert told("Epoch 10 | train loss 0.4 | acc 0.9 | time 12.3s") == [("acc", 0.9)]


def test_of_a_value_and_its_mean_in_a_pass_the_mean_is_taken_and_only_the_last_line_ends_the_pass() -> None:
    line = "Test: [{}/78]  Time: 0.123 (0.150)  Loss:   1.610 ( 1.600)  Acc@1:  12.500 ( 11.200)"
    (middle, _), last = (figures_in(line.format(batch), evaluated=True) for batch in ("  50", "  78"))
    assert [tuple(each) for each in last] == [("test_loss", 1.6, False), ("test_acc@1", 11.2, False)]
    assert tuple(middle) == ("test_loss", 1.6, True)


def test_in_a_line_of_several_values_with_their_means_the_means_are_taken() -> None:
    line = "Test (EMA): 11 Loss:   1.475 ( 1.540) Acc@1:  85.000 ( 80.833)"
    assert told(line) == [("test_loss", 1.54), ("test_acc@1", 80.833)]
    assert told("Loss: 1.5 (2.5 in all)") == [("loss", 1.5)]


def test_a_line_that_begins_with_the_data_tells_it_of_all_its_figures_whenever_it_is_printed() -> None:
    line = "{} Results - Epoch[17] Avg accuracy: 0.94 Avg loss: 0.22"
    expected = [("validation_accuracy", 0.94), ("validation_loss", 0.22)]
    assert [(each.name, each.value) for each in figures_in(line.format("Validation"))] == expected
    assert told(line.format("2026-12-02 INFO: Validation")) == expected
    assert told(line.format("Training")) == []
    assert figures_in("Validation: 0.5 seconds, batch 3, foo 0.5") == ()


@pytest.mark.parametrize("line", ["epoch 3: 39.44", "Epoch [3/20] - 39.44%", "step 300 | 3.9e1"])
def test_a_number_that_is_printed_after_an_evaluation_with_a_count_alone_is_its_figure(line: str) -> None:
    assert [name for name, _ in told(line)] == ["evaluation"]
    assert figures_in(line) == ()


@pytest.mark.parametrize("line", ["epoch 3: 39", "epoch 3", "39.44", "epoch 3: took 3.5 s", "epoch 3 of 20.5"])
def test_a_count_or_a_number_without_one_is_no_figure(line: str) -> None:
    assert told(line) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("metrics/mAP50-95(B)", "metrics_map50_95_b"),
        ("Accuracy", "accuracy"),
        ("Loss/train", ""),
        ("epoch", ""),
        ("eval_runtime", ""),
    ],
)
def test_metrics_of_a_tracker_are_figures_by_the_same_rule(name: str, expected: str) -> None:
    assert name_as_figure(name) == ""
    assert name_as_figure(name, evaluated=True) == expected
    assert name_as_figure("lr", "lr") == "lr"
