"""Mirrors ratecraft/controllers/find/settings.py."""

import math

import pytest

from ratecraft.controllers.find.settings import FindSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.storage.codec import from_plain, to_plain


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"rates": (1e-2, 1e-3)}, "at least 4 times the lowest; got 0.01 and 0.001"),
        ({"rates": (1e-2, 2e-2)}, "at least 4 times"),
        ({"rates": (0.0, 1.0)}, "must be above 0"),
        ({"rates": (1e-3, math.inf)}, "rates to try"),
        ({"rates": (math.nan, 1.0)}, "rates to try"),
        ({"seeds": 0}, "0 seeds were given"),
        ({"steps": 0}, "more than 0 steps"),
    ],
)
def test_what_is_not_allowed_is_refused(given: dict[str, object], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        FindSettings(**given)  # pyright: ignore[reportArgumentType]


def test_settings_come_back_from_a_record() -> None:
    settings = FindSettings(rates=(1e-4, 1e-1), seeds=3, thorough=True)
    assert from_plain(FindSettings, to_plain(settings)) == settings


def test_the_reach_lies_within_the_range() -> None:
    for low, high in [(1e-3, 4e-3), (1e-4, 1e-1), (3e-3, 0.7)]:
        settings = FindSettings(rates=(low, high))
        assert settings.middle is not None
        assert settings.reach is not None
        down, up = settings.reach
        assert low * 0.98 <= settings.middle * 2.0**down < low * 2.1
        assert high / 2.1 < settings.middle * 2.0**up <= high * 1.02


def test_the_ladder_is_never_longer_than_a_short_run() -> None:
    assert FindSettings().trunk(0) == 64
    assert FindSettings().ramp_length(0) == 100
    assert FindSettings().ramp_length(30) == 30
