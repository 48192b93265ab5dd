"""Mirrors ratecraft/records/treatment.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.treatment import MEASURED, NONE, STANDARDISED, clip_norm_of, clipped, is_treatment


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_a_norm_is_read_back_to_the_last_bit(norm: float) -> None:
    assert clip_norm_of(clipped(norm)) == norm
    assert is_treatment(clipped(norm))


@pytest.mark.parametrize("name", [NONE, STANDARDISED, MEASURED])
def test_what_does_not_clip_has_no_norm(name: str) -> None:
    assert is_treatment(name)
    assert clip_norm_of(name) is None


@pytest.mark.parametrize("name", ["clip", "clip=", "clip=x", "clip=0", "clip=-1", "clip=nan", "clip=inf", "other"])
def test_what_is_none_is_told(name: str) -> None:
    assert not is_treatment(name)
