"""Mirrors ratecraft/importers/thinning.py."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ratecraft.importers.thinning import kept

SERIES = arrays(np.float64, st.integers(1, 400), elements=st.floats(width=32))


@given(SERIES, st.integers(1, 4))
def test_ends_extremes_and_first_broken_value_survive_any_number_of_thinnings(values: np.ndarray, times: int) -> None:
    thinned = values
    for _ in range(times):
        thinned = thinned[kept(thinned)]
    finite, left = values[np.isfinite(values)], thinned[np.isfinite(thinned)]
    assert len(finite) == 0 or (left.min(), left.max()) == (finite.min(), finite.max())
    assert np.isfinite(values).all() == np.isfinite(thinned).all()
    assert str(thinned[0]) == str(values[0])
    assert str(thinned[-1]) == str(values[-1])


@given(SERIES)
def test_about_half_is_kept(values: np.ndarray) -> None:
    assert len(values) // 2 <= kept(values).sum() <= len(values) / 2 + 3 * len(values) / 64 + 5


def test_noise_from_point_to_point_stays_what_it_was() -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    thinned = values[kept(values)]
    assert abs(np.diff(thinned).std() / np.diff(values).std() - 1) < 0.1
