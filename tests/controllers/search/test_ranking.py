"""Mirrors ratecraft/controllers/search/ranking.py."""

import math

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.search.ranking import Ranked, Ranking

RANKED = st.tuples(st.floats(-3, 3, width=16) | st.just(math.inf), st.integers(0, 400))


@given(st.lists(RANKED, max_size=400), st.data())
def test_a_ranking_is_what_sorting_gives(many: list[Ranked], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(many))) if many else set[Ranked]()
    ranking = Ranking()
    for each in many:
        ranking = ranking.having(each)
    whole = ranking
    for each in gone:
        ranking = ranking.without(each)
    assert [*whole] == sorted(set(many))
    assert [*ranking] == sorted(set(many) - gone)
    assert len(ranking) == len(set(many) - gone)


def test_places_count_who_is_better_over_many_blocks() -> None:
    ranking, scores = Ranking(), [(math.sin(number), number) for number in range(1500)]
    for each in scores:
        ranking = ranking.having(each)
    assert [ranking.place(each) for each in sorted(scores)] == [*range(1500)]
    assert ranking.place((-2.0, 0)) == 0
    assert ranking.place((2.0, 0)) == 1500


def test_what_was_never_there_changes_nothing_when_it_is_taken_away() -> None:
    ranking = Ranking().having((0.5, 1))
    assert ranking.without((0.5, 2)) == ranking
    assert Ranking().without((0.5, 2)) == Ranking()
