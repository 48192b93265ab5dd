"""Mirrors ratecraft/records/treatment.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.treatment import (
    MEASURED,
    NONE,
    SAME_BATCH,
    STANDARDISED,
    after_rest,
    clip_norm_of,
    clipped,
    is_treatment,
    rest_of,
    rested,
)


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_a_norm_is_read_back_to_the_last_bit(norm: float) -> None:
    assert clip_norm_of(clipped(norm)) == norm
    assert is_treatment(clipped(norm))


@pytest.mark.parametrize("name", [NONE, STANDARDISED, MEASURED, SAME_BATCH])
def test_what_does_not_clip_has_no_norm(name: str) -> None:
    assert is_treatment(name)
    assert clip_norm_of(name) is None


@pytest.mark.parametrize(
    "name", ["clip", "clip=", "clip=x", "clip=0", "clip=-1", "clip=nan", "clip=inf", "other", "rest=x", "rest=-1"]
)
def test_what_is_none_is_told(name: str) -> None:
    assert not is_treatment(name)


@given(st.integers(0, 1000), st.sampled_from([NONE, STANDARDISED, MEASURED, SAME_BATCH, clipped(1.5)]))
def test_a_rest_comes_before_any_treatment_and_leaves_it(steps: int, treatment: str) -> None:
    name = rested(steps, treatment)
    assert is_treatment(name)
    assert (rest_of(name), after_rest(name)) == (steps, treatment)
    assert clip_norm_of(name) == clip_norm_of(treatment)
