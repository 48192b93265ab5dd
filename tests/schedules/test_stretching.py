"""Mirrors ratecraft/schedules/stretching.py."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import inverse_sqrt, noam, step, wsd
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, function, linear, warmup
from ratecraft.schedules.builders.cyclic import cosine_restarts, onecycle
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import UNIT_HORIZON, Epochs
from ratecraft.schedules.stretching import rebind, stretched
from ratecraft.schedules.trees.nodes import Schedule

HORIZON = 200
TREES = st.from_type(Schedule)
BOUND = TREES.map(lambda tree: bind(tree, HORIZON))


@given(BOUND, st.integers(1, 5), st.integers(0, HORIZON))
def test_a_stretched_schedule_is_the_schedule_in_slow_motion(tree: Schedule, factor: int, at: int) -> None:
    assert stretched(tree, Fraction(factor)).at(at * factor) == pytest.approx(tree.at(at), rel=1e-9, abs=1e-9)


@given(TREES, st.integers(0, HORIZON), st.integers(0, 3 * HORIZON))
def test_rebinding_keeps_the_past_step_for_step(tree: Schedule, done: int, more: int) -> None:
    planned = bind(tree, HORIZON)
    end = planned.extent(UNIT_HORIZON)
    assume(end is None or end > done)
    try:
        longer = rebind(tree, HORIZON, done=done, new_horizon=done + more)
    except InvalidInput as error:
        assert done == 0
        assert error.code == "schedule-beyond-horizon"  # noqa: PT017
        return
    assert longer.curve(done).tolist() == planned.curve(done).tolist()


@pytest.mark.parametrize("new_horizon", [60, 100, 145, 1000])
def test_what_is_left_of_a_curve_is_stretched_to_what_is_left_of_the_run(new_horizon: int) -> None:
    tree = warmup(10) >> cosine(1, 0)
    longer, planned = rebind(tree, 100, done=55, new_horizon=new_horizon), bind(tree, 100)
    assert longer.at(55) == planned.at(55)
    assert longer.at(new_horizon) == 0.0
    share = Fraction(new_horizon - 55, 45)
    for old in range(55, 101):
        new = 55 + share * (old - 55)
        if new.denominator == 1:
            assert longer.at(int(new)) == pytest.approx(planned.at(old), abs=1e-12)


def test_a_stable_phase_grows_and_the_decay_keeps_its_length_where_lengths_are_in_steps() -> None:
    assert rebind(wsd(10, 20), 100, done=50, new_horizon=200) == bind(wsd(10, 20), 200)


def test_a_decay_that_has_begun_is_stretched() -> None:
    longer = rebind(wsd(10, 20), 100, done=90, new_horizon=110)
    assert [round(longer.at(at), 3) for at in (89, 90, 100, 110)] == [0.55, 0.5, 0.25, 0.0]


def test_stairs_that_are_not_reached_yet_move() -> None:
    assert rebind(step(0.5, 0.1, 1), 100, done=20, new_horizon=200) == bind(step(0.5, 0.1, 1), 200)


def test_epochs_stay_epochs() -> None:
    tree = warmup(Epochs(2)) >> constant(1)
    assert rebind(tree, 100, done=30, new_horizon=200, steps_per_epoch=10) == bind(tree, 200, steps_per_epoch=10)


def test_nothing_changes_where_the_horizon_does_not() -> None:
    assert rebind(cosine(), 100, done=40, new_horizon=100) == bind(cosine(), 100)


def test_a_run_that_ends_here_holds_its_value() -> None:
    assert rebind(linear(), 100, done=50, new_horizon=50).at(60) == 0.5


def test_an_exponential_becomes_slower() -> None:
    longer = rebind(exponential(0.5, 0.1), 100, done=50, new_horizon=150)
    assert longer.at(150) == pytest.approx(0.5**10)


@pytest.mark.parametrize(
    ("tree", "done", "new_horizon", "message"),
    [
        (cosine(), 50, 40, r"50 steps are done, so the run can't have 40 steps"),
        (cosine(1, 0, 30), 50, 200, r"ended at step 30, before the 50 steps that are done"),
        (function("mine", abs, 100), 50, 200, "only you know how it continues in a longer run"),
        (cosine(), 101, 200, "`done` must be a whole number from 0 to 100"),
        (cosine(), 50, 1.5, "`new_horizon` must be a whole number"),
    ],
)
def test_where_stretching_means_nothing_it_says_so(tree: Schedule, done: int, new_horizon: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rebind(tree, 100, done=done, new_horizon=new_horizon)


@pytest.mark.parametrize(
    ("tree", "done", "new_horizon", "keep", "message"),
    [
        (cosine(), 50, 200, "everything", "`keep` is 'everything'; allowed are: position, shape, tail"),
        (cosine(), 50, 200, "tail", r"`cosine\(1, 0, 100\)` is not a join of parts"),
        (wsd(0.1, 0.2), 90, 200, "tail", r"`linear\(1, 0, 20\)`, begins at step 80: after 90 steps that are done"),
        (wsd(0.1, 0.2), 50, 60, "tail", "it can't keep its length in a run of 60 steps"),
        (bind(cosine(), 100), 50, 200, "shape", "is already bound to its first horizon"),
    ],
)
def test_what_cannot_be_kept_is_said(tree: Schedule, done: int, new_horizon: int, keep: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rebind(tree, 100, done=done, new_horizon=new_horizon, keep=keep)


@pytest.mark.parametrize("tree", [constant(0.3), inverse_sqrt(10), noam(64, 10), cosine_restarts(30), step(20, 0.5)])
def test_what_has_no_end_and_asks_for_no_horizon_goes_on_as_it_is(tree: Schedule) -> None:
    assert rebind(tree, 100, done=50, new_horizon=200) == tree


@given(TREES, st.integers(1, HORIZON), st.integers(0, 3 * HORIZON))
def test_with_its_shape_kept_a_run_goes_on_as_a_run_of_the_new_length(tree: Schedule, done: int, more: int) -> None:
    assume(tree.needs_horizon and done + more != HORIZON)
    planned = bind(tree, HORIZON)
    try:
        anew = bind(tree, done + more)
    except InvalidInput:
        assume(False)
        raise
    changed = rebind(tree, HORIZON, done=done, new_horizon=done + more, keep="shape")
    assert changed.curve(done).tolist() == planned.curve(done).tolist()
    assert changed.curve(more, done).tolist() == pytest.approx(anew.curve(more, done).tolist(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("new_horizon", [60, 81, 150, 1000])
@pytest.mark.parametrize("done", [5, 40])
@pytest.mark.parametrize("tree", [0.1 * wsd(0.1, 0.2), warmup(0.1) >> linear(1, 0.5, 0.7) >> cosine(0.5, 0)])
def test_a_tail_keeps_its_length_and_what_lies_before_it_is_stretched(
    tree: Schedule, done: int, new_horizon: int
) -> None:
    planned = bind(tree, 100)
    changed = rebind(tree, 100, done=done, new_horizon=new_horizon, keep="tail")
    assert changed.curve(done).tolist() == planned.curve(done).tolist()
    tail = changed.curve(21, new_horizon - 20).tolist()
    assert tail == pytest.approx(planned.curve(21, 80).tolist(), rel=1e-12, abs=1e-15)
    middle = changed.curve(new_horizon - 20 - done, done)
    low, high = planned.curve(81 - done, done).min(), planned.curve(81 - done, done).max()
    assert middle.size == 0 or (middle.min() >= low - 1e-12 and middle.max() <= high + 1e-12)


def test_just_before_the_tail_the_value_there_is_held() -> None:
    changed = rebind(linear(1, 0.5, 80) >> cosine(0.5, 0), 100, done=80, new_horizon=130, keep="tail")
    assert set(changed.curve(31, 80).tolist()) == {0.5}
    assert changed.at(130) == 0.0


def test_a_set_is_rebound_as_a_whole() -> None:
    longer = onecycle().rebind(100, done=60, new_horizon=140)
    for name, schedule in onecycle().items():
        assert longer[name] == rebind(schedule, 100, done=60, new_horizon=140)


def test_an_unbound_schedule_is_not_stretched() -> None:
    with pytest.raises(InvalidInput, match="has no values yet"):
        stretched(linear(), Fraction(2))
