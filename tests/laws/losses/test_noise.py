"""Mirrors ratecraft/laws/losses/noise.py."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.losses.noise import margin, paired_noise

finite = st.floats(-1e3, 1e3)
tables = st.lists(st.lists(finite, min_size=8, max_size=8), min_size=2, max_size=4)


@given(best=finite, noise=st.floats(0, 10))
def test_margin_is_the_larger_of_share_and_noise(best: float, noise: float) -> None:
    assert margin(best, 0.01, noise) == max(0.01 * abs(best), noise)


@given(best=finite)
def test_margin_is_the_same_for_losses_and_for_their_negatives(best: float) -> None:
    assert margin(best, 0.01, None) == margin(-best, 0.01, None) >= 0


def test_paired_noise_is_the_sd_of_what_the_runs_do_not_share() -> None:
    draw = np.random.default_rng(0)
    found = []
    for _ in range(200):
        batches = draw.normal(0, 5.0, 64)
        found.append(paired_noise((batches + draw.normal(0, 0.8, (3, 64))).tolist()))
    assert np.sqrt(np.mean(np.square(np.array(found, dtype=float)))) == pytest.approx(0.8 / math.sqrt(64), rel=0.1)


@given(rows=tables, shift=st.lists(finite, min_size=8, max_size=8))
def test_paired_noise_is_blind_to_how_hard_the_batches_are(rows: list[list[float]], shift: list[float]) -> None:
    shifted = [[a + b for a, b in zip(row, shift, strict=True)] for row in rows]
    assert paired_noise(shifted) == pytest.approx(paired_noise(rows), abs=1e-6)


@given(rows=tables, offset=finite)
def test_paired_noise_is_blind_to_how_good_the_runs_are(rows: list[list[float]], offset: float) -> None:
    better = [[loss + place * offset for loss in row] for place, row in enumerate(rows)]
    assert paired_noise(better) == pytest.approx(paired_noise(rows), abs=1e-6)


@given(rows=tables, data=st.data())
def test_paired_noise_is_blind_to_the_order_of_the_runs(rows: list[list[float]], data: st.DataObject) -> None:
    assert paired_noise(data.draw(st.permutations(rows))) == pytest.approx(paired_noise(rows), abs=1e-9)


@pytest.mark.parametrize(
    "rows", [[], [[1.0, 2.0]], [[1.0], [2.0]], [[1.0, 2.0], [1.0, 2.0, 3.0]], [[1.0, math.nan], [1.0, 2.0]], [[], []]]
)
def test_paired_noise_is_none_where_it_cannot_be_measured(rows: list[list[float]]) -> None:
    assert paired_noise(rows) is None
