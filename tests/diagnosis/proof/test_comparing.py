"""Mirrors ratecraft/diagnosis/proof/comparing.py."""

import pytest
from tests.diagnosis.proof.test_proven import row

from ratecraft.diagnosis.proof.comparing import CALMER, FACTORS, LADDERS, compared


def test_ladders_lead_away_from_the_rate() -> None:
    up, down = ([FACTORS[name] for name in ladder] for ladder in LADDERS)
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)
    assert min(up) > 1 > max(down)
    assert set(LADDERS[1]) <= CALMER
    assert not CALMER & set(LADDERS[0])


def test_arms_are_held_against_the_run_as_it_is_at_their_own_place() -> None:
    tried = row(0, as_it_is=1.0, higher=0.5) + row(300, as_it_is=0.4, higher=0.5)
    early, late = compared(tried)
    assert [(each.name, each.tried.start, each.gain.gain > 0) for each in (*early, *late)] == [
        ("higher", 0, True),
        ("higher", 300, False),
    ]


def test_of_a_rate_that_is_held_the_gain_is_that_of_the_one_that_cools_down() -> None:
    ((held,),) = compared(row(300, as_it_is=0.5, held=1.0))
    assert held.gain.gain > 0


@pytest.mark.parametrize(
    ("given", "shows"),
    [
        ({"lower": 0.9}, False),  # short branches favour it
        ({"lower": 0.6}, True),
        ({"lower": 0.9, "before": 1.0}, True),  # the run does not learn
        ({"lower": 0.9, "metric": "val_loss", "steps": 150}, False),
        ({"lower": 0.9, "metric": "val_loss", "steps": 150, "start": 0}, True),
        ({"higher": 0.9}, True),
        ({"higher": 0.99}, False),
    ],
)
def test_a_calmer_arm_needs_more_to_show_a_fault(given: dict[str, float], shows: bool) -> None:
    ((found,),) = compared(row(**{"start": 300, "as_it_is": 1.0, **given}))  # pyright: ignore[reportArgumentType]
    assert found.shows is shows
