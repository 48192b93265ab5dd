"""Mirrors ratecraft/schedules/dialects/fastai.py: every curve beside the installed fastai's own."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.peers import Peer

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects import fastai as dialect
from ratecraft.schedules.horizon import bind

peer = Peer("fastai.callback.schedule")

EXACT, FLOAT32 = 1e-12, 1e-7  # docs/reference/dialects.md, "Tolerance"; its shares are summed up in float32
RATE = st.floats(1e-4, 0.1)

both_horizons = pytest.mark.parametrize("batches", [100, 977])
randomly = settings(max_examples=min(25, settings().max_examples))


def some(batches: int) -> list[int]:
    """fastai takes a share at a time, and its time for it."""
    return [*range(0, batches, 1 + batches // 100), batches - 1]


def values_of(schedule: Callable[[float], Any], batches: int, chosen: list[int]) -> Any:
    return np.array([float(schedule(batch / batches)) for batch in chosen])


@both_horizons
@randomly
@given(start=RATE, end=RATE, power=st.floats(0.3, 4))
def test_annealers(batches: int, start: float, end: float, power: float) -> None:
    for name in ("SchedLin", "SchedCos", "SchedNo", "SchedExp"):
        ours, theirs = getattr(dialect, name)(start, end), getattr(peer, name)(start, end)
        assert_annealed(ours, theirs, batches)
    assert_annealed(dialect.SchedPoly(start, end, power), peer.SchedPoly(start, end, power), batches)


def assert_annealed(ours: Any, theirs: Any, batches: int) -> None:
    chosen = some(batches)
    assert_allclose(bind(ours, batches).curve(batches)[chosen], values_of(theirs, batches, chosen), rtol=0, atol=EXACT)


def assert_same(ours: Any, theirs: Any, batches: int, knots: list[Fraction]) -> None:
    """At a knot float32 may take either side."""
    near = {int(knot) + by for knot in knots for by in (-1, 0, 1) if 0 <= int(knot) + by < batches}
    kept = [batch for batch in {*some(batches), *near} if all(abs(batch - knot) > 1e-3 for knot in knots)]
    assert_allclose(ours.curve(batches)[kept], values_of(theirs, batches, kept), rtol=0, atol=FLOAT32)


@both_horizons
@randomly
@given(pct=st.floats(0.05, 0.95) | st.sampled_from([0.25, 0.3, 0.75]), start=RATE, middle=RATE, end=RATE)
def test_combined_cos(batches: int, pct: float, start: float, middle: float, end: float) -> None:
    ours = dialect.combined_cos(pct, start, middle, end, batches=batches)
    assert_same(ours, peer.combined_cos(pct, start, middle, end), batches, [Fraction(pct) * batches])


@both_horizons
@randomly
@given(parts=st.lists(st.integers(1, 15), min_size=3, max_size=3), values=st.lists(RATE, min_size=4, max_size=4))
def test_combine_scheds(batches: int, parts: list[int], values: list[float]) -> None:
    # Sixteenths, of which fastai's own check of the sum is sure.
    shares = [parts[0] / 64, parts[1] / 64, 1 - (parts[0] + parts[1]) / 64]
    ways = list(pairwise(values))
    kinds = ("SchedLin", "SchedCos", "SchedExp")
    ours = [getattr(dialect, kind)(*way) for kind, way in zip(kinds, ways, strict=True)]
    theirs = [getattr(peer, kind)(*way) for kind, way in zip(kinds, ways, strict=True)]
    knots = [Fraction(parts[0] * batches, 64), Fraction((parts[0] + parts[1]) * batches, 64)]
    assert_same(
        dialect.combine_scheds(shares, ours, batches=batches), peer.combine_scheds(shares, theirs), batches, knots
    )


@both_horizons
@randomly
@given(lr=RATE, div=st.floats(2, 100), div_final=st.floats(10, 1e6), pct=st.floats(0.05, 0.95))
def test_the_fits(batches: int, lr: float, div: float, div_final: float, pct: float) -> None:
    knot = [Fraction(pct) * batches]
    cycle = dialect.fit_one_cycle(lr, div, div_final, pct, (0.95, 0.85, 0.9), batches=batches)
    assert_same(cycle.rate, peer.combined_cos(pct, lr / div, lr, lr / div_final), batches, knot)
    assert_same(cycle["momentum"], peer.combined_cos(pct, 0.95, 0.85, 0.9), batches, knot)
    flat = dialect.fit_flat_cos(lr, div_final, pct, batches=batches)
    assert_same(flat, peer.combined_cos(pct, lr, lr, lr / div_final), batches, knot)


@both_horizons
@randomly
@given(lr=RATE, cycles=st.integers(1, 4), length=st.integers(1, 3), longer=st.integers(2, 3))
def test_fit_sgdr(batches: int, lr: float, cycles: int, length: int, longer: int) -> None:
    epochs = length * (longer**cycles - 1) // (longer - 1)
    per_epoch = max(1, batches // epochs)
    shares = [length * longer**cycle / epochs for cycle in range(cycles)]
    if sum(shares) != 1.0:
        return  # fastai refuses these sums (see `differences`)
    ours = dialect.fit_sgdr(cycles, length, lr, longer, batches_per_epoch=per_epoch)
    theirs = peer.combine_scheds(shares, [peer.SchedCos(lr, 0)] * cycles)
    knots = [Fraction(per_epoch * length * (longer**cycle - 1), longer - 1) for cycle in range(1, cycles)]
    assert_same(ours, theirs, per_epoch * epochs, knots)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: dialect.combine_scheds([0.5], [dialect.SchedLin(0, 1)] * 2, batches=9),
            "1 shares for 2 schedules",
        ),
        (
            lambda: dialect.combine_scheds([0.5, 0.6], [dialect.SchedLin(0, 1)] * 2, batches=9),
            "sum to 1; 0.5, 0.6 sum to 1.1",
        ),
        (lambda: dialect.fit_one_cycle(0.1, pct_start=30, batches=9), "sum to 1; 30, -29"),
        (lambda: dialect.fit_sgdr(2, 1, 0.1, 0, batches_per_epoch=9), "`growth`"),
    ],
)
def test_bad_arguments_are_refused_by_name(call: Callable[[], object], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        call()
