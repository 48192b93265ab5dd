"""Mirrors training/ranks/comparing.py and observing/each_rank: where ranks part is found, and only there."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.training.ranks.parted import seen_of
from tests.training.ranks.parting_programs import PARTED, RIGHT

from ratecraft.diagnosis.diagnosing import diagnosis_of


def said_of(text: str) -> list[str]:
    """What is said of two real processes that run this."""
    return [finding.code for finding in diagnosis_of(seen_of(text)).findings]


# Other ways to the same codes: each takes two processes.
SOAKED = {
    *("weights of their own, gradients joined", "a stream that is not split", "no loader", "shards, no sampler"),
    *("weights of rank 0, gradients joined", "a stream that is split", "no loader, own draws", "experts"),
    "a data set with an order of its own",
}


def rows(programs: Mapping[str, tuple[str, ...]]) -> list[Any]:
    return [
        pytest.param(*row, id=name, marks=[pytest.mark.soak] if name in SOAKED else [])
        for name, row in programs.items()
    ]


@pytest.mark.parametrize(("code", "text"), rows(PARTED))
def test_ranks_that_part_are_found(code: str, text: str) -> None:
    assert said_of(text) == [code]


@pytest.mark.parametrize("text", rows({name: (text,) for name, text in RIGHT.items()}))
def test_ranks_that_rightly_differ_are_let_be(text: str) -> None:
    assert said_of(text) == []
