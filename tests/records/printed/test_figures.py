"""Mirrors ratecraft/records/printed/figures.py: every row of the reference's table of printed styles, both columns."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.metrics import normal_name
from ratecraft.records.printed.figures import TextFigure, figures_in
from ratecraft.records.printed.tables import PrintedHeader, read_line


def told(line: str, wanted: str = "") -> list[tuple[str, float]]:
    return [(name, value) for name, value, _ in figures_in(line, wanted)]


@pytest.mark.parametrize(
    "line",
    [
        "val_loss 0.123",
        "val loss: 0.123",
        "val/loss=0.123",
        "Val. loss: 0.123",
        "avg_val_loss: 0.123",
        "valLoss: 0.123",
    ],
)
def test_every_spelling_of_val_loss_is_one_figure(line: str) -> None:
    assert told(line)[0][1] == 0.123
    assert told(line, "val_loss") == [("val_loss", 0.123)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("step 250: train loss 2.0, val loss 0.123", [("val_loss", 0.123)]),
        ("loss: 0.45 - val_loss: 0.123 - val_accuracy: 0.9", [("val_loss", 0.123), ("val_accuracy", 0.9)]),
        ("{'eval_loss': 0.123, 'eval_runtime': 1.5, 'epoch': 2.0}", [("eval_loss", 0.123)]),
        ("{'eval_loss': '0.123', 'eval_accuracy': '0.9'}", [("eval_loss", 0.123), ("eval_accuracy", 0.9)]),
        ("{'val_loss': np.float64(0.123)}", [("val_loss", 0.123)]),
        ("val_loss=[0.123]", [("val_loss", 0.123)]),
        ("val_loss: array([0.123])", [("val_loss", 0.123)]),
        ("val_loss: [0.123, 0.2], val_acc [3]", []),
        ("Validation Loss: tensor(0.123, device='cuda:0')", [("validation_loss", 0.123)]),
        ("│         val_loss          │    0.123    │", [("val_loss", 0.123)]),
        ("\x1b[1mval_loss\x1b[0m: \x1b[32m0.123\x1b[0m", [("val_loss", 0.123)]),
        ("val_loss 1.23E-1", [("val_loss", 0.123)]),
        ("val_acc: 12.5%", [("val_acc", 0.125)]),
        ("val_acc: 1230/10000 (12%)", [("val_acc", 0.123)]),
        ("val_ppl 1,234.5", [("val_ppl", 1234.5)]),
        ("Validation loss is -.5.", [("validation_loss", -0.5)]),
        (
            "Test set: Average loss: 0.12, Accuracy: 9840/10000 (98%)",
            [("test_set_average_loss", 0.12), ("test_accuracy", 0.984)],
        ),
        ("loss/val 0.1", [("loss_val", 0.1)]),
        ("Loss (val): 0.1", [("loss_val", 0.1)]),
        ("train 0.45 | val 0.12", [("val", 0.12)]),
        ("held-out perplexity -> 12.5", [("held_out_perplexity", 12.5)]),
    ],
)
def test_usual_styles_are_read_without_a_name(line: str, expected: list[tuple[str, float]]) -> None:
    assert told(line) == expected


@pytest.mark.parametrize("text", ["nan", "NaN"])
def test_a_figure_may_be_nan(text: str) -> None:
    assert math.isnan(told(f"val_loss: {text}")[0][1])


@pytest.mark.parametrize(("text", "value"), [("inf", math.inf), ("-inf", -math.inf), ("Infinity", math.inf)])
def test_a_figure_may_be_infinite(text: str, value: float) -> None:
    assert told(f"val_loss: {text}") == [("val_loss", value)]


@pytest.mark.parametrize(
    ("line", "wanted", "value"),
    [
        ("Accuracy: 64.9%, Avg loss: 0.123", "Avg loss", 0.123),
        ("Accuracy: 64.9%, Avg loss: 0.123", "accuracy", 0.649),
        ("Loss: 0.123 (0.68)", "loss", 0.123),
        ("Acc@1 71.2 Acc@5 90.1", "Acc@1", 71.2),
        ("Test set: Average loss: 0.12, Accuracy: 9840/10000 (98%)", "Accuracy", 0.984),
        ("metrics  mAP50: 0.5", "mAP50", 0.5),
    ],
)
def test_other_names_need_the_user_to_name_them(line: str, wanted: str, value: float) -> None:
    name = normal_name(wanted)
    assert name not in dict(told(line))
    assert dict(told(line, wanted))[name] == pytest.approx(value)


@pytest.mark.parametrize(
    "line",
    [
        "best val loss 0.1",
        "best_val_loss: 0.1",
        "Best (val_loss): 0.1",
        "lowest mean val loss 0.1",
        "val_loss improved from 0.2 to 0.1",
        "val_loss did not improve from 0.1",
        "val_loss0 0.1",
        "val_loss_7b 0.1",
        "interval loss 0.5",
        "eval cost 12.3s",
        "val_loss: None",
        "val_loss: info",
        "val_loss: 0,123",
        "val: 100%|██████████| 10/10 [00:01<00:00,  9.9it/s]",
        "train: 50000, val: 10000",
        "|    value_loss           | 116           |",  # of a critic
        "val 3/10",
        "devices: 2, loss 0.1",
        "",
    ],
)
def test_what_only_looks_like_a_figure_is_not_taken(line: str) -> None:
    assert told(line) == []
    assert told(line, "val_loss") == []


def test_the_best_of_before_does_not_hide_the_figure_beside_it() -> None:
    assert told("best 0.1, now val loss 0.2") == [("val_loss", 0.2)]


@pytest.mark.parametrize(
    "line",
    [
        "Epoch 1: 100%|███| 10/10 [00:01<00:00, 9.93it/s, loss=0.4, val_loss=0.123]",
        "12batch [00:01, 8.1batch/s, val_loss=0.123]",
        "Epoch 1 ━━━━ 10/10 0:00:01 • 0:00:00 9.9it/s val_loss: 0.123",
    ],
)
def test_figures_on_a_progress_bar_are_marked(line: str) -> None:
    assert figures_in(line) == (TextFigure("val_loss", 0.123, from_bar=True),)


def test_a_single_wanted_word_is_not_taken_from_a_longer_name() -> None:
    assert told("loss: 0.45 - val_loss: 0.123", "loss") == [("loss", 0.45), ("val_loss", 0.123)]


def test_a_wanted_usual_name_is_told_once() -> None:
    assert told("val_loss: 0.123, val acc: 0.9", "val_acc") == [("val_loss", 0.123), ("val_acc", 0.9)]


@pytest.mark.parametrize("padding", ["x" * 4096, " " * 65_536, "val " * 16_384, "val" + "_" * 65_536, "1" * 65_536])
def test_long_lines_are_read_to_their_end(padding: str) -> None:
    assert told(f"{padding} | val_loss 0.123")[-1:] == [("val_loss", 0.123)]


@given(st.text(max_size=200), st.sampled_from(["", "loss", "Acc@1", "val loss"]))
def test_any_text_is_read_without_an_error(line: str, wanted: str) -> None:
    for name, value, _ in figures_in(line, wanted):
        assert name == normal_name(name)
        assert isinstance(value, float)


@given(st.floats(allow_nan=False))
def test_the_number_is_read_back_exactly(value: float) -> None:
    assert told(f"epoch 3 val_loss={value!r}") == [("val_loss", value)]


FASTAI = (
    "epoch     train_loss  valid_loss  accuracy  time    ",
    "0         0.45        0.123       0.9       00:03   ",
)


def test_a_row_is_read_by_the_header_above_it() -> None:
    table, none = read_line(PrintedHeader(), FASTAI[0])
    assert none == ()
    assert read_line(table, FASTAI[1]) == (table, (TextFigure("valid_loss", 0.123, from_bar=False),))


def test_a_wanted_column_is_read_too() -> None:
    table, _ = read_line(PrintedHeader(), FASTAI[0], "accuracy")
    assert [tuple(f) for f in read_line(table, FASTAI[1], "accuracy")[1]] == [
        ("valid_loss", 0.123, False),
        ("accuracy", 0.9, False),
    ]


def test_a_header_outlives_lines_of_other_kinds() -> None:
    table, _ = read_line(PrintedHeader(), FASTAI[0])
    for line in ("", "saving the model", "1 2 3", "0 1 2 three 4"):
        table, figures = read_line(table, line)
        assert figures == ()
    assert read_line(table, "1\t0.4\tnan\t0.9\t1:00:03")[1][0].name == "valid_loss"


def test_a_framed_table_is_read() -> None:
    table, _ = read_line(PrintedHeader(), "| epoch | train_loss | val_loss |")
    assert read_line(table, "|     1 |       0.45 |    0.123 |")[1][0].value == 0.123
    table, _ = read_line(PrintedHeader(), "epoch,loss,val_loss")
    assert read_line(table, "0,0.45,None")[1] == ()


def test_prose_is_no_header() -> None:
    assert read_line(PrintedHeader(), "now we look at the loss")[0] == PrintedHeader()


def test_a_line_with_figures_of_its_own_needs_no_header() -> None:
    assert read_line(PrintedHeader(), "val_loss 0.123")[1] == figures_in("val_loss 0.123")


def test_a_return_in_an_array_of_one_number_is_read_after_an_evaluation() -> None:
    figures = figures_in("global_step=29572, episodic_return=[125.]", evaluated=True)
    assert [(figure.name, figure.value) for figure in figures] == [("episodic_return", 125.0)]
