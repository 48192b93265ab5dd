"""Mirrors ratecraft/controllers/probing/rungs.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.probing.rungs import is_short, moved_rungs, rungs_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import Metric

SETTINGS = TunerSettings()
ACCURACY = Metric("val_acc", "max")
horizons = st.integers(320, 10**6)


@given(horizon=horizons)
def test_rungs_are_never_shorter_than_the_least_and_have_a_cool_down(horizon: int) -> None:
    for rung in rungs_of(horizon, SETTINGS):
        assert rung.trunk >= 24
        assert rung.stop - rung.trunk >= 8


@given(horizon=horizons)
def test_a_longer_rung_goes_on_where_the_shorter_trunk_ends(horizon: int) -> None:
    rungs = rungs_of(horizon, SETTINGS)
    assert len(rungs) == 2 or horizon < 400
    assert rungs[0].stop < rungs[-1].trunk or len(rungs) == 1
    assert rungs[-1].warm_up <= 0.8 * rungs[-1].trunk


@given(horizon=st.integers(192, 767))
def test_six_probes_and_three_longer_ones_leave_room_for_a_short_run(horizon: int) -> None:
    rungs = rungs_of(horizon, SETTINGS)
    probes = 6 * rungs[0].stop + (3 * rungs[1].stop if len(rungs) > 1 else 0)
    assert probes <= horizon


@pytest.mark.parametrize(
    ("horizon", "lengths"),
    [(192, [(24, 32)]), (320, [(26, 34)]), (767, [(24, 32), (95, 118)]), (768, [(24, 32), (96, 120)])],
)
def test_rungs_of_the_least_horizons(horizon: int, lengths: list[tuple[int, int]]) -> None:
    assert [(rung.trunk, rung.stop) for rung in rungs_of(horizon, SETTINGS)] == lengths


def test_from_ten_thousand_steps_on_both_rungs_are_a_smaller_share() -> None:
    long, vast = (rungs_of(horizon, SETTINGS) for horizon in (9999, 10_000))
    assert [rung.trunk for rung in long] == [312, 1249]
    assert [rung.trunk for rung in vast] == [156, 555]


@pytest.mark.parametrize("horizon", [2000, 20_000])
def test_cheap_leaves_the_second_rung_out_and_keeps_the_length_of_the_first(horizon: int) -> None:
    assert [rung.trunk for rung in rungs_of(horizon, SETTINGS, cheap=True)] == [horizon // 32]


def test_a_run_below_the_least_horizon_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"A run of 191 steps is too short.* at least 192 are needed") as caught:
        rungs_of(191, SETTINGS)
    assert "--steps" in caught.value.hint()
    assert "more epochs" in caught.value.hint()


@pytest.mark.parametrize(("horizon", "short"), [(767, True), (768, False)])
def test_a_run_is_short_below_768_steps(horizon: int, short: bool) -> None:
    assert is_short(horizon, SETTINGS) is short


@given(horizon=horizons, every=st.integers(20, 5000))
def test_a_rung_moves_to_an_evaluation_or_not_at_all(horizon: int, every: int) -> None:
    evaluations = range(0, horizon // 4, every)
    planned = rungs_of(horizon, SETTINGS)
    for before, after in zip(planned, moved_rungs(planned, evaluations, SETTINGS), strict=True):
        assert after == before or after.stop in evaluations
        assert abs(after.stop - before.stop) < 0.2 * before.stop
        assert after.trunk >= 24
        assert after.stop - after.trunk >= 8


def test_a_rung_moves_to_the_nearest_evaluation() -> None:
    assert [rung.stop for rung in moved_rungs(rungs_of(3200, SETTINGS), [110, 130, 480, 900], SETTINGS)] == [130, 480]


def test_a_moved_rung_keeps_its_share_of_cool_down() -> None:
    (_, long) = moved_rungs(rungs_of(3200, SETTINGS), [480], SETTINGS)
    assert (long.trunk, long.stop) == (384, 480)
