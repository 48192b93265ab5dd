"""Trained searches are held against a reference that knows their seeds, and all search the same rates."""

import pytest
from methods import WAYS, rates, reference_for
from scoring import Reference
from searches import SEARCHES

from ratecraft.controllers.search.methods import METHODS


def test_a_seed_that_the_oracle_trained_keeps_its_reference() -> None:
    found = reference_for(Reference({0: 1.0, 1: 3.0}, 0.1), (0, 4))
    assert (dict(found.losses), found.sd) == ({0: 1.0, 1: 3.0, 4: 2.0}, 0.1)


def test_every_method_stands_beside_tune() -> None:
    asked = {command[command.index("--method") + 1] for command in WAYS.values() if "--method" in command}
    assert asked == set(METHODS)
    assert "tune" in WAYS


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("tune", "grid of 4")])
def test_all_ranges_are_those_of_the_searches_by_replay(way: str) -> None:
    option, spread = rates(way, 0.01)
    assert (option, spread) == ("--rate", "0.0001..1")


def test_the_grid_is_that_of_the_searches_by_replay() -> None:
    assert "grid of 4" in SEARCHES
    assert rates("grid of 4", 0.01)[1].split(",") == ["0.000316228", "0.00316228", "0.0316228", "0.316228"]
