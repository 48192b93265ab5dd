"""Mirrors ratecraft/records/printed/written_rows.py."""

import pytest

from ratecraft.records.printed.written_rows import last_values

HEAD = "                  epoch,             train/loss,  metrics/accuracy_top1,               val/loss,  lr/pg0\n"
ROWS = "                      1,                1.52407,                0.60278,                1.79201,   0.0007\n"


def test_of_each_column_the_last_value_is_told_and_none_of_the_training() -> None:
    assert last_values(HEAD, ROWS) == {
        "epoch": 1,
        "metrics/accuracy_top1": 0.60278,
        "val/loss": 1.79201,
        "lr/pg0": 7e-4,
    }
    assert last_values("step,val_loss,note\n", "10,0.5,a\n20,,b\n30,0.25\n") == {"step": 20, "val_loss": 0.5}


def test_a_plain_name_is_that_of_the_training_where_held_out_data_have_it_too() -> None:
    assert "accuracy" not in last_values("epoch;accuracy;val_accuracy\n", "1;0.5;0.25\n")
    assert "accuracy" in last_values("epoch\taccuracy\n", "1\t0.5\n")


def test_lines_of_json_are_read_with_what_lies_in_inner_objects() -> None:
    lines = '{"epoch": 1, "train": {"loss": 0.5}, "val": {"loss": 0.25}}\n{"epoch": 2, "val": {"lo'
    assert last_values(lines, lines) == {"epoch": 1, "val/loss": 0.25}


@pytest.mark.parametrize(
    ("head", "grown"),
    [
        ("id,prediction,score\n", "1,0.5,0.25\n"),
        ("1,0.5,0.25\n", "2,0.5,0.25\n"),
        ("epoch\n", "1\n"),
        ("", ""),
        ('{"text": "a", "score": 0.5}\n', '{"text": "b", "score": 0.25}\n'),
        ('{"epoch": 1\n', '{"epoch": 1\n'),
        ("epoch,val_loss\n", '"\n'),
    ],
)
def test_samples_and_what_is_no_table_tell_nothing(head: str, grown: str) -> None:
    assert last_values(head, grown) == {}
