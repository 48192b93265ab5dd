"""Mirrors training/ranks/merging.py: what ranks tell is one voice."""

import math

from tests.conformance.run_suite import Heard

from ratecraft.records.outcome import Figure
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.training.ranks.merging import Merged, RankListener


def block(name: str, first: int, *values: float) -> SeriesBlock:
    return SeriesBlock(name, first, pack(values))


def told() -> tuple[Heard, Merged, list[RankListener]]:
    heard = Heard()
    merged = Merged(heard, 2)
    return heard, merged, [RankListener(merged, rank) for rank in (0, 1)]


def test_a_loss_is_told_once_every_rank_has_told_its_own() -> None:
    heard, _, (first, second) = told()
    first.block(block("loss", 0, 1.0, 2.0, 3.0))
    assert heard.blocks == []
    second.block(block("loss", 0, 3.0, 4.0))
    assert heard.series("loss") == [2.0, 3.0]
    second.block(block("loss", 2, 5.0, math.inf))
    first.block(block("loss", 3, 1.0))
    assert heard.series("loss") == [2.0, 3.0, 4.0, math.inf]


def test_of_other_series_the_first_rank_s_stands_for_all() -> None:
    heard, _, (first, second) = told()
    second.block(block("own_rate", 0, 9.0))
    first.block(block("own_rate", 0, 0.1))
    assert heard.series("own_rate") == [0.1]


def test_a_figure_of_another_rank_counts_where_the_first_one_never_tells_it() -> None:
    heard, merged, (first, second) = told()
    second.figure(Figure(4, "val_loss", 0.4))
    second.figure(Figure(4, "val_acc", 0.9))
    first.figure(Figure(4, "val_loss", 0.5))
    assert heard.figures == [Figure(4, "val_loss", 0.5)]
    merged.passage_ends()
    assert heard.figures == [Figure(4, "val_loss", 0.5), Figure(4, "val_acc", 0.9)]
    merged.passage_ends()
    assert len(heard.figures) == 2


def test_lines_of_all_ranks_are_passed_on() -> None:
    heard, _, (first, second) = told()
    second.line("two")
    first.line("one")
    assert heard.lines == ["two", "one"]
