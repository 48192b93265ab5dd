"""Mirrors ratecraft/records/printed/tables.py: tables as others print them."""

import pytest

from ratecraft.records.printed.tables import PrintedHeader, read_line

SKORCH = """
  epoch    train_loss    valid_acc    valid_loss    cp     dur
-------  ------------  -----------  ------------  ----  ------
      1        \x1b[36m0.6905\x1b[0m       \x1b[32m0.5150\x1b[0m        \x1b[35m0.6894\x1b[0m     +  0.0195
      2        0.6823       0.5450        0.6994        0.0195
"""
BOXES = """
      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size
        1/3         0G      1.208      2.886      1.376         17        640: 100%|██████████| 1/1 [00:01<00:00]
                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100%|██████| 1/1 [00:00<00:00]
                   all          4         17      0.687      0.567      0.664       0.47
                person          3         10      0.187      0.167      0.164       0.17
"""
CLASSES = """
               classes   top1_acc   top5_acc: 100%|██████████| 1/1 [00:00<00:00,  5.02it/s]
                   all      0.333          1
"""
RICH = """
┏━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━━━━┓
┃ Epoch ┃ Train Loss ┃ Val Loss ┃ Val Accuracy ┃
┡━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━━━━┩
│     1 │     0.6905 │   0.5150 │         0.93 │
└───────┴────────────┴──────────┴──────────────┘
"""
LOGGED = """
2026-12-02 10:00:00,123 INFO epoch  train_loss  valid_loss
2026-12-02 10:00:01,123 INFO 1      0.5         0.4
INFO:root:2      0.5         0.3
"""
PARTS = """
Step      Train loss              Test loss               Test metric
0         [4.32e+01, 1.29e-03]    [4.88e+01, 1.29e-03]    [9.74e-01]
100       [4.59e+00, 1.55e+00]    [4.94e+00, 1.55e+00]    []
"""


def told(text: str, *, evaluated: bool = False) -> list[tuple[str, float]]:
    table, found = PrintedHeader(), list[tuple[str, float]]()
    for line in text.splitlines():
        table, figures = read_line(table, line, evaluated=evaluated)
        found += [(each.name, each.value) for each in figures]
    return found


def test_the_table_of_skorch_is_read_with_its_colours_and_its_empty_cells() -> None:
    first, second = [("valid_acc", 0.515), ("valid_loss", 0.6894)], [("valid_acc", 0.545), ("valid_loss", 0.6994)]
    assert told(SKORCH) == [*first, *second]


def test_of_a_table_of_classes_the_row_of_all_is_read() -> None:
    expected = [("box_p", 0.687), ("r", 0.567), ("map50", 0.664), ("map50_95", 0.47)]
    assert told(BOXES, evaluated=True) == expected
    assert told(CLASSES, evaluated=True) == [("top1_acc", 0.333), ("top5_acc", 1.0)]
    assert told(BOXES) == []


def test_headings_of_a_framed_table_may_have_several_words() -> None:
    assert told(RICH) == [("val_loss", 0.515), ("val_accuracy", 0.93)]


def test_headings_of_two_words_stand_in_wide_columns_and_a_loss_told_in_parts_is_their_sum() -> None:
    assert told(PARTS) == [("test_loss", pytest.approx(48.80129)), ("test_loss", pytest.approx(6.49))]
    assert told(PARTS, evaluated=True)[1] == ("test_metric", 0.974)


def test_what_logging_puts_before_a_row_is_no_cell() -> None:
    assert told(LOGGED) == [("valid_loss", 0.4), ("valid_loss", 0.3)]


def test_a_line_of_json_is_read_with_what_lies_in_inner_objects() -> None:
    line = (
        '{"epoch": 1, "train_loss": 0.5, "val_loss": 0.30000000000000004, "val": {"dice": 0.4, "ok": true}, "acc": 0.9}'
    )
    assert told(line) == [("val_loss", 0.30000000000000004), ("val_dice", 0.4)]
    assert told(line, evaluated=True)[-1] == ("acc", 0.9)


@pytest.mark.parametrize("line", ["{", "{]}", "{" * 3000 + "}" * 3000, "{'val': None}"])
def test_what_only_looks_like_json_is_read_as_text(line: str) -> None:
    assert told(line) == []
