"""Mirrors ratecraft/importers/text.py and ratecraft/importers/shapes.py: one test a printed style."""

import math

import pytest

from ratecraft.importers.rows import Row, RowBlock
from ratecraft.importers.text import TextReader

STYLES = [
    ("iter 250: loss 1.9041, time 103.21ms, mfu 1.20%", "nanogpt", {"loss": 1.9041}, (None, 250, None)),
    ("step 250: train loss 1.9, val loss 2.1", "nanogpt", {"train loss": 1.9, "val_loss": 2.1}, (None, 250, None)),
    (
        "Train: 3 [  50/1251 (  4%)]  Loss: 6.95 (6.96)  Time: 0.312s, 3282.05/s  LR: 1.000e-06  Data: 0.010 (0.2)",
        "timm",
        {"Loss": 6.95, "LR": 1e-6},
        (3, 50, 1251),
    ),
    (
        "Test: [  10/40]  Time: 0.1 (0.2)  Loss:   6.9 ( 6.8)  Acc@1:   0.1 ( 0.2)  Acc@5:   0.5 ( 0.6)",
        "text",
        {"test_loss": 6.8, "test_acc@1": 0.2, "test_acc@5": 0.6},
        (None, 10, 40),
    ),
    (
        "\x1b[1m313/1563\x1b[0m \x1b[32m━━\x1b[0m \x1b[1m4s\x1b[0m 3ms/step - accuracy: 0.43 - loss: 1.5",
        "keras",
        {"accuracy": 0.43, "loss": 1.5},
        (None, 313, 1563),
    ),
    (
        "1563/1563 ━━━━━━━━━━━━━━━━━━━━ 5s 3ms/step - loss: 1.6 - val_accuracy: 0.5 - val_loss: 1.4",
        "keras",
        {"loss": 1.6, "val_accuracy": 0.5, "val_loss": 1.4},
        (None, 1563, 1563),
    ),
    (" 45%|████▌     | 450/1000 [00:10<00:12, 44.9it/s, loss=2.3]", "tqdm", {"loss": 2.3}, (None, 450, 1000)),
    ("45%|####5     | 450/1000 [00:10<00:12, 44.9it/s, loss=2.3]", "tqdm", {"loss": 2.3}, (None, 450, 1000)),
    ("100it [00:03, 30.0it/s, loss=2.3]", "tqdm", {"loss": 2.3}, (None, 100, None)),
    (
        "Epoch 3:  45%|████▌     | 450/1000 [00:10<00:12, 44.90it/s, v_num=0, train_loss=2.300]",
        "tqdm",
        {"train_loss": 2.3},
        (3, 450, 1000),
    ),
    (
        "{'loss': 2.3, 'grad_norm': 1.5, 'learning_rate': 5e-05, 'epoch': 0.08}",
        "transformers",
        {"loss": 2.3, "grad_norm": 1.5, "learning_rate": 5e-5},
        (0.08, None, None),
    ),
    ("{'eval_loss': '2.0', 'eval_runtime': '1.2', 'epoch': '1'}", "transformers", {"eval_loss": 2.0}, (1, None, None)),
    ("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.300000", "text", {"Loss": 2.3}, (1, 640, 60000)),
    (
        "Test set: Average loss: 0.0500, Accuracy: 9850/10000 (98%)",
        "text",
        {"test_accuracy": 0.985, "test_set_average_loss": 0.05},
        (None, None, None),
    ),
    (
        "Epoch: [2][  10/5005]\tTime  0.3 ( 0.5)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   0.00 (  0.10)",
        "text",
        {"Loss": 6.9, "Acc@1": 0.0},
        (2, 10, 5005),
    ),
    (" *   Acc@1 10.0 Acc@5 20.0", "text", {"val Acc@1": 10.0}, (None, None, None)),
    ("[1,  2000] loss: 2.173", "text", {"loss": 2.173}, (1, 2000, None)),
    ("loss: 2.301  [   64/60000]", "text", {"loss": 2.301}, (None, 64, 60000)),
    (
        "Epoch(train)  [1][ 50/391]  lr: 1.0e-01  eta: 1:00:03  loss: 2.3",
        "text",
        {"lr": 0.1, "loss": 2.3},
        (1, 50, 391),
    ),
    (
        "2024-01-01 12:00:03,123 INFO root: step 10 loss 2.3 lr 3e-4",
        "text",
        {"loss": 2.3, "lr": 3e-4},
        (None, 10, None),
    ),
    (
        " iteration   50/  1000 | learning rate: 1.500E-04 | lm loss: 6.9E+00 | loss scale: 1.0 | grad norm: 2.3 |",
        "text",
        {"learning rate": 1.5e-4, "lm loss": 6.9, "loss scale": 1.0, "grad norm": 2.3},
        (None, 50, 1000),
    ),
    (
        "Epoch 1 | train loss 2.3 | val loss 2.4 | lr 0.001",
        "text",
        {"train loss": 2.3, "lr": 0.001, "val_loss": 2.4},
        (1, None, None),
    ),
    (
        "Adjusting learning rate of group 0 to 1.0000e-03.",
        "text",
        {"learning rate of group": 0.001},
        (None, None, None),
    ),
    (
        "Train: loss 0.3 acc 90% | Val: loss 0.4 acc 80%",
        "text",
        {"loss": 0.3, "acc": 0.9, "val acc": 0.8, "val_loss": 0.4},
        (None, None, None),
    ),
    ("Epoch [1/5], Step [100/600], Loss: 0.3", "text", {"Loss": 0.3}, (1, 100, 600)),
    ("[Epoch 1/5] [Batch 7/60] [D loss: 0.3] [G loss: 0.5]", "text", {"D loss": 0.3, "G loss": 0.5}, (1, 7, 60)),
    (
        "step 1,200 | loss: 2.1 | norm: 0.9 | dt: 100ms | tok/sec: 9",
        "text",
        {"loss": 2.1, "norm": 0.9},
        (None, 1200, None),
    ),
    ("loss: tensor(2.3, grad_fn=<NllLossBackward0>)", "text", {"loss": 2.3}, (None, None, None)),
    ("epoch: 5, average reward: 12.5", "text", {"average reward": 12.5}, (5, None, None)),
    ("Val loss: 2.3, best val loss: 2.0", "text", {"val_loss": 2.3}, (None, None, None)),
]


@pytest.mark.parametrize(("line", "style", "figures", "place"), STYLES, ids=[line[:40] for line, *_ in STYLES])
def test_style_is_read(line: str, style: str, figures: dict[str, float], place: tuple[object, ...]) -> None:
    ((row, found),) = TextReader().read([line])
    assert isinstance(row, Row)
    assert (dict(row.figures), found) == (pytest.approx(figures), style)
    assert (row.epoch, row.step, row.of_steps) == place


@pytest.mark.parametrize(
    "line",
    [
        "number of parameters: 10.65M",
        "compiling the model... (takes a ~minute)",
        "Saved checkpoint at iteration 100",
        "Resuming from epoch 3",
        "Processed 1000 images in 3.0 s",
        "best loss: 0.3",
    ],
)
def test_line_that_says_nothing_of_a_step_is_left_alone(line: str) -> None:
    assert list(TextReader().read([line])) == []


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("Namespace(batch_size=64, lr=0.1, epochs=10)", {"batch_size": 64.0, "epochs": 10.0}),
        ("Using optimizer: AdamW", {"optimizer": "adamw"}),
        ("optimizer = torch.optim.SGD", {"optimizer": "sgd"}),
        ("Overriding: batch_size = 32", {"batch_size": 32.0}),
        ("Epoch 3/10", {"epochs": 10.0}),
    ],
)
def test_settings_are_facts(line: str, facts: dict[str, object]) -> None:
    ((row, _),) = TextReader().read([line])
    assert isinstance(row, Row)
    assert (row.facts, row.figures) == (facts, ())


def test_lines_of_one_shape_are_read_together_as_one_by_one() -> None:
    lines = [f"Epoch 2: step {step}/90 loss={'nan' if step == 4 else step / 8} acc {step}%" for step in range(9)]
    ((block, _),) = TextReader().read(lines)
    assert isinstance(block, RowBlock)
    for place, line in enumerate(lines):
        ((row, _),) = TextReader().read([line])
        assert isinstance(row, Row)
        assert str(block.row(place)) == str(row)


def test_header_of_a_table_ends_the_reading_behind_it() -> None:
    reader = TextReader()
    assert list(reader.read(["Training", "epoch,step,loss", "0,1,2.5"])) == []
    assert (reader.lines_read, reader.table and reader.table.columns) == (2, ("epoch", "step", "loss"))


def test_values_that_are_not_finite_are_numbers() -> None:
    ((row, _),) = TextReader().read(["step 3 loss nan grad_norm inf"])
    assert isinstance(row, Row)
    assert math.isnan(dict(row.figures)["loss"])
    assert math.isinf(dict(row.figures)["grad_norm"])
