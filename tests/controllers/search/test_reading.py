"""Mirrors ratecraft/controllers/search/reading.py."""

import tomllib
from typing import Any

import pytest

from ratecraft.controllers.search.reading import space_of, spoken
from ratecraft.controllers.search.space import Condition, Parameter
from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import cosine

TOML = """
[rate]
low = 1e-4
high = 1e-1

[momentum]
low = 0.8
high = 0.99
when = { optimizer = ["sgd", "nag"] }

[optimizer]
argument = "--optimizer"
choices = ["sgd", "nag", "adam"]

[layers]
argument = "--layers"
low = 2
high = 6

[dropout]
argument = "--dropout"
low = 0
high = 1
integer = false
"""


def test_a_toml_file_says_ranges_choices_conditions_and_arguments() -> None:
    space = {each.name: each for each in space_of(tomllib.loads(TOML)).parameters}
    assert space["rate"] == Parameter(name="rate", low=1e-4, high=1e-1, is_log=True)
    assert space["momentum"].when == (Condition("optimizer", ("sgd", "nag")),)
    assert list(space)[-1] == "momentum"
    assert space["optimizer"].choices == ("sgd", "nag", "adam")
    assert space["layers"].is_integer
    assert not space["dropout"].is_integer
    assert not space["dropout"].is_log


def test_python_and_the_command_line_say_the_same_as_a_table() -> None:
    table = {"rate": {"low": 1e-4, "high": 1e-1}, "momentum": {"choices": [0.8, 0.9]}}
    assert space_of({"rate": (1e-4, 1e-1), "momentum": [0.8, 0.9]}) == space_of(table)
    assert space_of({"rate": spoken("1e-4..1e-1"), "momentum": spoken("0.8,0.9")}) == space_of(table)


def test_one_value_is_a_list_of_one() -> None:
    assert space_of({"rate": 0.1}).parameters[0].choices == (0.1,)


def test_a_schedule_is_kept_as_its_expression() -> None:
    space = space_of({"schedule": [cosine(), "linear()"]})
    assert space.parameters[0].choices == ("cosine(1, 0)", "linear(1, 0)")


def test_a_rate_can_be_spread_evenly() -> None:
    (rate,) = space_of({"rate": {"low": 0.1, "high": 0.3, "scale": "linear"}}).parameters
    assert rate.at(0.5) == pytest.approx(0.2)


BAD: dict[str, tuple[Any, str]] = {
    "nothing": ({}, r"does not vary anything"),
    "no mapping": ([("rate", 1)], r"does not vary anything"),
    "three ends": ({"rate": (1, 2, 3)}, r"rate needs either"),
    "an unknown key": ({"rate": {"lo": 1e-4}}, r"`lo` is not a setting of rate"),
    "an unknown scale": ({"rate": {"low": 1, "high": 2, "scale": "square"}}, r"is not a setting of rate"),
    "a text as an end": ({"rate": ("slow", "fast")}, r"rate cannot go from 'slow' to 'fast'"),
    "choices as a text": ({"rate": {"choices": "0.1"}}, r"rate needs either"),
    "no schedule": ({"schedule": [3]}, r"schedule cannot be 3"),
    "a schedule with a mistake": ({"schedule": ["cosin()"]}, r"cosin"),
    "a condition that is no table": (
        {"rate": {"choices": [1], "when": "always"}},
        r"`'always'` is not a setting of when",
    ),
    "a text in a range of words": ({"rate": spoken("slow..fast")}, r"rate cannot go from 'slow' to 'fast'"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_space_that_says_something_else_is_refused(name: str) -> None:
    content, said = BAD[name]
    with pytest.raises(InvalidInput, match=said):
        space_of(content)
