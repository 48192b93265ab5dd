"""Mirrors ratecraft/importers/tables.py."""

import pytest

from ratecraft.importers.tables import TornRow, block_in, header_of, row_in


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("epoch,loss,val_loss", ("epoch", "loss", "val_loss")),
        ("step\tloss\tlr", ("step", "loss", "lr")),
        ("Step;Loss", ("Step", "Loss")),
        ('"Step","brisk-sun-4 - train/loss","brisk-sun-4 - train/loss__MIN"', ("Step", "train/loss", "")),
        ('"Step","a - loss","b - loss"', ("Step", "loss", "b - loss")),
        (",epoch,train_loss", ("", "epoch", "train_loss")),
        ("epoch     train_loss  valid_loss  accuracy  time", ("epoch", "train_loss", "valid_loss", "accuracy", "time")),
        ("| epoch | loss | lr |", ("epoch", "loss", "lr")),
    ],
)
def test_header_is_known_by_the_figures_that_it_names(line: str, columns: tuple[str, ...]) -> None:
    table = header_of(line)
    assert table is not None
    assert table.columns == columns


@pytest.mark.parametrize(
    "line", ["", "epoch", "name,age", "Loading model, data and tokenizer", "1,2,3", "epoch,1,loss"]
)
def test_other_lines_are_no_header(line: str) -> None:
    assert header_of(line) is None


@pytest.mark.parametrize("line", ["0,2.5,9", "0", "0,2.x", '0,"2.5'])
def test_row_that_does_not_fit_is_torn_or_none(line: str) -> None:
    table = header_of("step,loss")
    assert table is not None
    try:
        assert row_in(table, line) is None
    except TornRow:
        assert line[0].isdigit()


def test_empty_cells_are_no_points() -> None:
    table = header_of("step,loss,val_loss,lr")
    assert table is not None
    row = row_in(table, '7,"2.5",,None')
    assert row is not None
    assert (row.step, row.figures) == (7, (("loss", 2.5),))


def test_rows_read_together_are_those_read_one_by_one() -> None:
    table = header_of("epoch,step,loss,lr")
    assert table is not None
    lines = [f"3,{step},{1 / (step + 1)},0.1" for step in range(20)]
    block, count = block_in(table, lines)
    assert block is not None
    assert count == 20
    assert [block.row(place) for place in range(20)] == [row_in(table, line) for line in lines]


@pytest.mark.parametrize("line", ["3,9,,0.1", "4,9,1.0,0.1", "3,9.0,1.0,0.1", "3,9,1_0,0.1", "torn"])
def test_rows_that_differ_in_more_than_numbers_are_read_one_by_one(line: str) -> None:
    table = header_of("epoch,step,loss,lr")
    assert table is not None
    assert block_in(table, ["3,1,1.0,0.1", line]) == (None, 0)
