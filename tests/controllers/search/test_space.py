"""Mirrors ratecraft/controllers/search/space.py."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.search.space import Condition, Parameter, Space
from ratecraft.errors import InvalidInput

RATE = Parameter(name="rate", low=1e-4, high=1e-1, is_log=True)
DEPTH = Parameter(name="depth", low=2, high=5, is_integer=True, argument="--depth")
KIND = Parameter(name="kind", choices=("sgd", "adam"), argument="--optimizer")
MOMENTUM = Parameter(name="momentum", low=0.5, high=0.9, when=(Condition("kind", ("sgd",)),))
SHARES = st.floats(0, 1, exclude_max=True)


@given(share=SHARES)
def test_a_log_range_is_even_in_the_logarithm(share: float) -> None:
    assert math.log10(RATE.at(share)) == pytest.approx(-4 + 3 * share, abs=1e-5)
    assert 1e-4 <= RATE.at(share) <= 1e-1


@given(share=SHARES, low=st.integers(-5, 5), more=st.integers(1, 9), log=st.booleans())
def test_a_whole_number_lies_within_its_range(share: float, low: int, more: int, log: bool) -> None:
    low = max(low, 1) if log else low
    value = Parameter(name="n", low=low, high=low + more, is_integer=True, is_log=log, argument="-n").at(share)
    assert isinstance(value, int)
    assert low <= value <= low + more


def test_every_whole_number_has_the_same_share_of_a_linear_range() -> None:
    drawn = [DEPTH.at(place / 400) for place in range(400)]
    assert [drawn.count(depth) for depth in (2, 3, 4, 5)] == [100, 100, 100, 100]


def test_a_grid_of_a_range_has_both_ends_and_is_even() -> None:
    assert RATE.places(4) == (1e-4, 1e-3, 1e-2, 1e-1)
    assert DEPTH.places(9) == (2, 3, 4, 5)


@given(first=SHARES, second=SHARES)
def test_a_parameter_is_there_only_where_its_condition_holds(first: float, second: float) -> None:
    values = Space((KIND, MOMENTUM)).values((first, second))
    assert ("momentum" in values) == (values["kind"] == "sgd")


def test_a_grid_has_a_combination_once_however_many_values_of_an_absent_parameter_there_are() -> None:
    cells = Space((KIND, MOMENTUM)).grid(9)
    assert [cell for cell in cells if cell["kind"] == "adam"] == [{"kind": "adam"}]
    assert len(cells) == len({tuple(cell.items()) for cell in cells})


@given(most=st.integers(4, 60), parameters=st.permutations([RATE, DEPTH, KIND]))
def test_a_grid_has_no_more_cells_than_trials(most: int, parameters: list[Parameter]) -> None:
    space = Space(tuple(parameters[:2]))
    if most >= math.prod(each.size(2) for each in space.parameters):
        assert len(space.grid(most)) <= most


def test_a_grid_takes_as_many_places_as_there_are_trials() -> None:
    assert len(Space((RATE,)).grid(7)) == 7
    assert len(Space((RATE, KIND)).grid(9)) == 8
    assert len(Space((KIND,)).grid(None)) == 2


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown name": ({"name": "lr", "choices": (1,)}, r"no `lr` that could be planned"),
    "neither range nor choices": ({"name": "rate"}, r"rate needs either"),
    "one end": ({"name": "rate", "low": 0.1}, r"rate needs either"),
    "range and choices": ({"name": "rate", "low": 0.1, "high": 1.0, "choices": (1,)}, r"rate needs either"),
    "a range of schedules": ({"name": "schedule", "low": 0.1, "high": 1.0}, r"schedule needs either"),
    "an inverted range": ({"name": "rate", "low": 1.0, "high": 0.1}, r"rate cannot go from 1\S* to 0\.1"),
    "an empty range": ({"name": "rate", "low": 1.0, "high": 1.0}, r"rate cannot go from 1"),
    "an endless range": ({"name": "weight_decay", "low": 0.0, "high": math.inf}, r"weight_decay cannot go"),
    "a logarithm of 0": (
        {"name": "weight_decay", "low": 0.0, "high": 1.0, "is_log": True},
        r"over its logarithm from 0",
    ),
    "a choice twice": ({"name": "rate", "choices": (0.1, 0.1)}, r"a choice twice: 0\.1, 0\.1"),
    "a rate of 0": ({"name": "rate", "choices": (0, 0.1)}, r"rate cannot be 0"),
    "a negative rate": ({"name": "rate", "low": -0.1, "high": 0.1}, r"rate cannot be -0\.1"),
    "a momentum of 1": ({"name": "momentum", "choices": (1.0,)}, r"momentum cannot be 1"),
    "a text for a number": ({"name": "rate", "choices": ("fast",)}, r"rate cannot be fast"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_parameter_that_cannot_be_is_refused(name: str) -> None:
    fields, said = BAD[name]
    with pytest.raises(InvalidInput, match=said):
        Parameter(**fields)


def test_a_space_with_one_name_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"rate is given twice"):
        Space((RATE, RATE))


@pytest.mark.parametrize(
    "parameters",
    [
        (MOMENTUM,),
        (MOMENTUM, KIND),
        (KIND, Parameter(name="momentum", choices=(0.9,), when=(Condition("kind", ("x",)),))),
    ],
)
def test_a_condition_on_what_is_not_there_is_refused(parameters: tuple[Parameter, ...]) -> None:
    with pytest.raises(InvalidInput, match=r"momentum depends on kind being"):
        Space(parameters)


def test_a_list_that_is_longer_than_the_trials_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"2 combinations, but there may be 1 trials"):
        Space((KIND,)).grid(1)
