"""Mirrors ratecraft/controllers/search/settings.py."""

import math
from typing import Any

import pytest

from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Condition, Parameter, Space
from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import Metric
from ratecraft.records.storage.codec import from_plain, to_plain

LISTED = Space((Parameter(name="rate", choices=(0.1, 0.01)),))
RANGE = Space((Parameter(name="rate", low=0.01, high=0.1, is_log=True),))


@pytest.mark.parametrize(
    ("given", "most"),
    [
        ({}, 16),
        ({"trials": 5}, 5),
        ({"method": "grid"}, 16),
        ({"method": "grid", "space": LISTED}, None),
        ({"method": "grid", "space": RANGE}, 16),
        ({"method": "grid", "space": RANGE, "budget": 9, "seeds": 2}, 4),
        ({"method": "random", "budget": 7.5}, 7),
        ({"method": "tpe", "budget": 7.5}, None),
        ({"method": "hyperband"}, None),
        ({"method": "asha"}, 16),
    ],
)
def test_what_ends_a_search_where_no_number_of_trials_is_given(given: dict[str, Any], most: int | None) -> None:
    assert SearchSettings(**given).most_trials == most


def test_settings_come_back_from_the_record_as_they_were() -> None:
    depth = Parameter(name="depth", choices=(1, "deep"), argument="--depth", when=(Condition("rate", (0.1,)),))
    space = Space((*LISTED.parameters, depth))
    settings = SearchSettings(method="tpe", space=space, metric=Metric("acc", "max"), budget=8, arguments=("-v",))
    assert from_plain(SearchSettings, to_plain(settings)) == settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": "bayes"}, r"no method `bayes`"),
        ({"trials": 0}, r"`trials` must be at least 1, but 0"),
        ({"seeds": 0}, r"`seeds` must be at least 1, but 0"),
        ({"steps": -3}, r"`steps` must be at least 1, but -3"),
        ({"budget": 0.0}, r"above 0, but 0"),
        ({"budget": math.inf}, r"above 0, but inf"),
        ({"method": "gp", "trials": 301}, r"at most 300 trials, but 301"),
        ({"space": Space((Parameter(name="schedule", choices=("linear(1, -1)",)),))}, r"falls below 0"),
        ({"space": Space((Parameter(name="schedule", choices=("warmup(tokens(9))",)),))}, r"a length in tokens"),
    ],
)
def test_settings_of_no_search_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        SearchSettings(**given)
