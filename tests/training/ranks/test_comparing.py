"""Mirrors training/ranks/comparing.py and observing/each_rank: where ranks part is found, and only there."""

import pytest
from tests.training.ranks.parted import seen_of
from tests.training.ranks.parting_programs import PARTED, RIGHT

from ratecraft.diagnosis.diagnosing import diagnosis_of


def said_of(text: str) -> list[str]:
    """What is said of two real processes that run this."""
    return [finding.code for finding in diagnosis_of(seen_of(text)).findings]


@pytest.mark.parametrize(("code", "text"), PARTED.values(), ids=PARTED)
def test_ranks_that_part_are_found(code: str, text: str) -> None:
    assert said_of(text) == [code]


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_ranks_that_rightly_differ_are_let_be(text: str) -> None:
    assert said_of(text) == []
