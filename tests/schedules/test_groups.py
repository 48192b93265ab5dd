"""Mirrors ratecraft/schedules/groups.py: gradual unfreezing; group schedules themselves are held by other tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import cosine, linear
from ratecraft.schedules.groups import GroupSchedule, unfreezing


@given(st.integers(1, 12), st.integers(0, 50), st.integers(0, 400))
def test_a_group_learns_from_its_own_step_on_and_then_follows_the_common_factor(
    groups: int, every: int, step: int
) -> None:
    common = linear(1, 0, 500)
    for place, factor in enumerate(unfreezing(groups, every, common)):
        begins = every * (groups - 1 - place)
        assert factor.at(step) == (common.at(step) if step >= begins else 0)


def test_the_factors_are_those_of_group_schedules() -> None:
    early, late = unfreezing(2, 10, cosine(1, 0, 100))
    assert GroupSchedule(early).at(5, base=0.3) == 0
    assert GroupSchedule(late).at(5, base=0.3) == GroupSchedule(cosine(1, 0, 100)).at(5, base=0.3)
    assert (early.curve(100) == [early.at(step) for step in range(100)]).all()


@pytest.mark.parametrize(("groups", "every"), [(0, 10), (2, -1)])
def test_numbers_that_cannot_be_are_refused(groups: int, every: int) -> None:
    with pytest.raises(InvalidInput):
        unfreezing(groups, every)
