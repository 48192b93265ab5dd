"""Mirrors ratecraft/watching/guard_gradients.py."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.watching.guarding import Update
from ratecraft.watching.guard_gradients import Recent, seen


def limits(norms: list[float], *, clips: bool = False) -> list[float | None]:
    state, found = Recent(), list[float | None]()
    for step, norm in enumerate(norms):
        state, limit, _ = seen(state, Update(step, norm=norm, clips=clips))
        found.append(limit)
    return found


def test_a_peak_is_shrunk_to_the_largest_of_the_last_128() -> None:
    norms = np.random.default_rng(0).uniform(0.5, 2.0, 300).tolist()
    norms[200] = 50.0
    found = limits(norms)
    assert [place for place, limit in enumerate(found) if limit is not None] == [200]
    assert found[200] == max(norms[72:200])


def test_heavy_tails_of_a_run_with_few_samples_are_let_through() -> None:
    draw = np.random.default_rng(1)
    norms = np.exp(np.cumsum(0.05 * draw.normal(size=2000)) + 0.5 * draw.normal(size=2000))
    assert max(norms) / np.median(norms) > 5
    assert set(limits(norms.tolist())) == {None}


def test_a_new_level_is_learned_after_eight() -> None:
    found = limits([1.0] * 100 + [10.0] * 100)
    assert [limit is not None for limit in found] == [False] * 100 + [True] * 7 + [False] * 93


def test_the_first_updates_and_those_that_the_training_clips_are_left_alone() -> None:
    assert set(limits([1.0] * 31 + [1e9])) == {None}
    assert set(limits([1.0] * 100 + [1e9], clips=True)) == {None}


@given(st.lists(st.floats().map(abs), max_size=300))
def test_what_is_no_number_is_said_and_never_remembered(norms: list[float]) -> None:
    state = Recent()
    for step, norm in enumerate(norms):
        state, limit, is_number = seen(state, Update(step, norm=norm))
        assert is_number == math.isfinite(norm)
        assert all(map(math.isfinite, state.values))
        assert len(state.values) <= 128
        assert limit is None or limit < norm
