"""What a run between two frozen ones would have come to."""

import math
from itertools import accumulate

import pytest
from frozen import Frozen, between
from hypothesis import given
from hypothesis import strategies as st
from monotone import monotone_at
from scipy.interpolate import PchipInterpolator
from tests.benchmarks.valley import STEPS, valley

LOSSES = st.dictionaries(st.integers(-6, 6), st.floats(0.01, 100), min_size=2)


@given(LOSSES, st.floats(-8, 8))
def test_a_loss_between_two_runs_lies_between_their_losses(known: dict[float, float], octave: float) -> None:
    below = max((place for place in known if place <= octave), default=min(known))
    above = min((place for place in known if place >= octave), default=max(known))
    low, high = sorted((known[below], known[above]))
    assert low * (1 - 1e-9) <= between(octave, known) <= high * (1 + 1e-9)


@given(LOSSES)
def test_a_trained_run_is_given_back_as_it_is(known: dict[float, float]) -> None:
    assert all(between(octave, known) == loss for octave, loss in known.items())


def test_nothing_is_promised_next_to_a_run_without_a_number() -> None:
    known = {0: 1.0, 1: 2.0, 2: math.inf}
    assert between(1.5, known) == math.inf
    assert between(0.5, known) == pytest.approx(math.sqrt(2), rel=0.1)


def tree(octave: float, loss: float | None, *, kind: str = "full", seed: int = 0, blown_at: int | None = None) -> dict:
    run = {"losses": [], "ended": loss is None, "blown_at": blown_at}
    before = {**run, "name": "constant", "figures": [[40, 3.0], [60, 2.5], [100, loss]]}
    linear = {**run, "name": "linear", "figures": [[60, 2.0], [100, loss]]}
    probe = {**run, "name": "probe-8", "figures": [[15, loss]]}
    return {"kind": kind, "octave": octave, "seed": seed, "runs": [before, linear, probe]}


def test_a_linear_run_has_the_figures_of_its_trunk_first() -> None:
    task = Frozen("x", 0.1, 100, [tree(0, 1.0), tree(1, 2.0)])
    assert task.curve("linear", 0, 0) == ((40, 3.0), (60, 2.0), (100, 1.0))
    assert task.figures("linear", 1, 0)[-1] == (100, 2.0)


def test_a_seed_without_a_run_has_that_of_seed_0() -> None:
    task = Frozen("x", 0.1, 100, [tree(0, 1.0), tree(4, 5.0), tree(0, 1.5, seed=1)])
    assert [task.final("linear", octave, 1) for octave in (0, 4)] == [1.5, 5.0]


def test_a_probe_that_blew_up_has_no_score() -> None:
    task = Frozen("x", 0.1, 100, [tree(0, 1.0), tree(1, 2.0, blown_at=7)])
    assert math.isfinite(task.final("linear", 1, 0))
    assert task.score(1, 15, 0) == math.inf
    assert task.blew_up("linear", 0.5, 0)
    assert not task.blew_up("linear", 0, 0)


def test_the_score_of_a_length_between_the_probes_and_the_whole_run_lies_between_theirs() -> None:
    task = valley()
    probe, between_them, whole = (task.score(1.0, stop, 0) for stop in (STEPS // 4 * 5 // 4, STEPS // 2, STEPS))
    assert whole == task.final("linear", 1.0, 0)
    assert whole < between_them < probe


@given(st.lists(st.tuples(st.floats(0.1, 3), st.integers(-9, 9).map(float)), min_size=2, max_size=8), st.floats(0, 1))
def test_the_curve_is_that_of_scipy(steps: list[tuple[float, float]], share: float) -> None:
    xs, ys = list(accumulate(width for width, _ in steps)), [value for _, value in steps]
    place = xs[0] + share * (xs[-1] - xs[0])
    assert monotone_at(place, xs, ys) == pytest.approx(float(PchipInterpolator(xs, ys)(place)), rel=1e-6, abs=1e-9)
