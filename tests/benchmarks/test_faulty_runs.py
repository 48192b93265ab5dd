"""Mirrors benchmarks/faulty_runs on a slice: runs of the frozen oracle, judged by their regret."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "faulty_runs"))

from curves import Judged, frozen_runs, logged
from score import TIERS, expected_of, warnings_of

from ratecraft.diagnosis.diagnosing import diagnosis_of


@pytest.fixture(scope="module")
def runs() -> list[Judged]:
    return list(frozen_runs(("digits_mlp", "source_gru", "diabetes_mlp")))


@pytest.mark.parametrize("tier", TIERS)
def test_no_healthy_run_is_warned_of(tier: str, runs: list[Judged]) -> None:
    healthy = [judged for judged in runs if judged.kind == "healthy"]
    false = {judged.name: warnings_of(judged, diagnosis_of(logged(judged.run, TIERS[tier]))) for judged in healthy}
    assert len(healthy) > 30
    assert {name: codes for name, codes in false.items() if codes} == {}


def test_a_rate_32_times_too_large_is_named_where_it_is_held(runs: list[Judged]) -> None:
    """Where over-fitting does not hide it."""
    far = [judged for judged in runs if judged.octave == 4 and judged.name.startswith("digits_mlp constant")]
    missed = [
        judged.name
        for judged in far
        if not expected_of(judged) & {finding.code for finding in diagnosis_of(judged.run).findings}
    ]
    assert len(far) == 3
    assert missed == []
