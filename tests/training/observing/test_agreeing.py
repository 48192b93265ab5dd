"""Mirrors training/observing/agreeing.py: what ranks read is one reading, the same on all of them."""

import math
from collections.abc import Sequence

import pytest

from ratecraft.records.watching.guarding import Validated
from ratecraft.training.observing.agreeing import Agreeing, Values


def agreed(*own: Values, steps: Sequence[int] = (), sharded: bool = False) -> list[Values | None]:
    """What each of the ranks makes of what all of them read."""
    rows: list[list[float]] = []

    def first(row: Sequence[float]) -> list[list[float]]:
        rows.append(list(row))
        return [list(row)]

    numbers = steps or [3] * len(own)
    for step, values in zip(numbers, own, strict=True):
        Agreeing(first).agreed(step, values, sharded=sharded)
    each = zip(numbers, own, strict=True)
    return [Agreeing(lambda row: rows).agreed(step, values, sharded=sharded) for step, values in each]


def test_a_loss_is_the_mean_and_the_worst_norm_growth_and_state_count_on_every_rank() -> None:
    first = Values(loss=1.0, norm=0.5, growth=2.0)
    second = Values(loss=2.0, norm=0.75, growth=math.inf, broken=True)
    assert agreed(first, second) == [Values(1.5, 0.75, math.inf, broken=True)] * 2


def test_what_is_no_number_on_one_rank_is_none_on_all() -> None:
    for each in agreed(Values(1.0, 0.5), Values(math.nan, math.nan)):
        assert each is not None
        assert each.loss is not None
        assert each.norm is not None
        assert math.isnan(each.loss)
        assert math.isnan(each.norm)


def test_a_loss_that_one_rank_alone_has_is_that_of_all() -> None:
    assert agreed(Values(norm=1.0), Values(loss=4.0, norm=1.0)) == [Values(4.0, 1.0)] * 2


def test_equal_values_stay_what_they_are_to_the_last_digit() -> None:
    own = Values(loss=0.1, norm=0.3)
    assert agreed(own, own, own) == [own] * 3


def test_the_norm_of_parts_is_that_of_the_whole() -> None:
    assert agreed(Values(norm=3.0), Values(norm=4.0), sharded=True) == [Values(norm=5.0)] * 2


def test_a_figure_is_that_of_the_lowest_rank_that_tells_one() -> None:
    told = Validated(8, -0.9, reacts=True)
    assert agreed(Values(), Values(figure=told), Values(figure=Validated(8, -0.1))) == [Values(figure=told)] * 3


def test_ranks_at_different_steps_agree_on_nothing_any_more() -> None:
    assert agreed(Values(loss=1.0), Values(loss=1.0), steps=(3, 4)) == [None, None]


@pytest.mark.parametrize("leaves", [False, True])
def test_after_a_rank_has_gone_or_left_there_is_no_further_exchange(leaves: bool) -> None:
    def exchange(row: Sequence[float]) -> list[Sequence[float]]:
        if leaves:
            return [row, [-1.0, *[0.0] * (len(row) - 1)]]
        raise RuntimeError("Connection closed by peer")

    agreeing = Agreeing(exchange)
    assert agreeing.agreed(3, Values()) is None
    assert agreeing.is_off


def test_a_rank_that_leaves_says_so_once() -> None:
    rows: list[Sequence[float]] = []

    def exchange(row: Sequence[float]) -> list[Sequence[float]]:
        rows.append(row)
        return [row, row]

    agreeing = Agreeing(exchange)
    agreeing.leave()
    agreeing.leave()
    assert [row[0] for row in rows] == [-1.0]
