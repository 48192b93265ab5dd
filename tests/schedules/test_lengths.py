"""Mirrors ratecraft/schedules/lengths.py."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import (
    Horizon,
    epochs,
    exact_number,
    finite_number,
    length_of,
    measure,
    pace_of,
    positive_number,
    rounded,
    steps,
    tokens,
    whole_number,
)


@pytest.mark.parametrize("value", [0, 500, 0.05, 0.999, None])
def test_steps_shares_and_the_rest_are_lengths(value: int | float | None) -> None:
    assert length_of("length", value) == value


@pytest.mark.parametrize("value", [1.0, 500.0])
def test_a_whole_number_with_a_point_is_asked_to_be_steps_or_a_share(value: float) -> None:
    with pytest.raises(InvalidInput, match=f"`length` is {value}: a number with a decimal point is a share"):
        length_of("length", value)


def test_a_whole_number_of_something_counted_may_be_a_float() -> None:
    assert whole_number("horizon", 100.0) == 100


@pytest.mark.parametrize("value", [-1, 0.0, -0.5, 2.5, float("nan"), True, "8", 2**53 + 1])
def test_anything_else_is_no_length(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"whole number of steps \(500\), a share of the run between 0 and 1 .* got"):
        length_of("length", value)


def test_an_error_about_a_length_shows_what_was_given() -> None:
    with pytest.raises(InvalidInput, match=r"`length` is the length .* got -3\."):
        length_of("length", -3)


def test_a_number_too_long_to_be_written_out_is_shown_by_its_type() -> None:
    with pytest.raises(InvalidInput, match=r"got int\."):
        length_of("length", 10**5000)


def test_numbers_of_numpy_become_plain_numbers() -> None:
    checked = (
        length_of("length", np.int64(3)),
        length_of("length", np.float32(0.5)),
        finite_number("value", np.float32(2)),
    )
    assert checked == (3, 0.5, 2.0)
    assert [type(each) for each in checked] == [int, float, float]


def test_negative_zero_becomes_zero() -> None:
    assert repr(finite_number("value", -0.0)) == "0.0"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.1", None, True, 10**400, 1j])
def test_what_is_no_finite_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidInput, match="`scale` of a schedule must be a finite number; got"):
        finite_number("scale", value)


@pytest.mark.parametrize("value", [0, -0.1])
def test_a_factor_must_be_greater_than_zero(value: float) -> None:
    with pytest.raises(InvalidInput, match=f"`factor` must be greater than 0; got {value}"):
        positive_number("factor", value)


@pytest.mark.parametrize("value", [0, -1, 1.5, 11.0, True, "1"])
def test_a_whole_number_out_of_range_is_refused_with_the_range(value: object) -> None:
    with pytest.raises(InvalidInput, match="`times` must be a whole number from 1 to 10; got"):
        whole_number("times", value, least=1, most=10)


def test_a_share_counts_as_the_decimal_number_that_was_written() -> None:
    assert measure(0.15, Horizon(10)) == Fraction(3, 2)


@given(st.integers(0, 10**6))
def test_half_a_step_is_rounded_up(step: int) -> None:
    assert rounded(step + Fraction(1, 2)) == step + 1


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_steps_are_exact_fractions_and_whole_where_they_can_be(count: int, parts: int) -> None:
    length = steps(count, parts)
    assert length == Fraction(count, parts)
    assert isinstance(length, int) == (count % parts == 0)
    assert length_of("length", length) == length


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: steps(-1), "`steps` must be 0 or more; got -1"),
        (lambda: steps(3, 0), "`parts` must be a whole number from 1"),
        (lambda: steps("3"), "`steps` of a schedule must be a finite number"),
        (lambda: epochs(-2), "`epochs` must be 0 or more; got -2"),
        (lambda: tokens(float("inf")), "`tokens` of a schedule must be a finite number"),
        (lambda: Horizon(-1), "`horizon` must be a whole number from 0"),
        (lambda: exact_number("offset", 10**20), "`offset` of a schedule must be a finite number"),
    ],
)
def test_what_is_no_length_is_refused_by_name(build: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        build()


def test_whole_counts_of_epochs_are_equal_however_they_are_written() -> None:
    assert epochs(2.0) == epochs(2)
    assert (repr(epochs(2.0)), repr(epochs(0.5)), repr(tokens(1e9))) == (
        "epochs(2)",
        "epochs(0.5)",
        "tokens(1000000000)",
    )


@pytest.mark.parametrize("pace", [None, 0])
def test_a_pace_is_neither_the_rest_nor_nothing(pace: object) -> None:
    with pytest.raises(InvalidInput, match="`every` must be a whole number from 1"):
        pace_of("every", pace)
