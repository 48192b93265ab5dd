"""Mirrors ratecraft/laws/scaling/model_size.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.model_size import rate_of_size

TABLE = ((1e8, 6e-4), (1e9, 2e-4), (1e11, 6e-5))


@pytest.mark.parametrize(("size", "rate"), TABLE)
def test_the_table_itself_is_reproduced(size: float, rate: float) -> None:
    assert rate_of_size(TABLE, size) == (pytest.approx(rate), ())


@given(first=st.floats(1e8, 1e11), second=st.floats(1e8, 1e11))
def test_a_larger_model_never_gets_a_larger_rate(first: float, second: float) -> None:
    small, large = sorted((first, second))
    assert rate_of_size(TABLE, large)[0] <= rate_of_size(TABLE, small)[0] * (1 + 1e-9)


@pytest.mark.parametrize(("size", "rate"), [(1e6, 6e-4), (1e12, 6e-5)])
def test_outside_the_table_its_end_holds_and_is_told(size: float, rate: float) -> None:
    found, cautions = rate_of_size(TABLE, size)
    assert found == rate
    assert [caution.code for caution in cautions] == ["size-outside"]


def test_a_model_without_parameters_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`parameters` must be greater than 0; got 0"):
        rate_of_size(TABLE, 0)
