"""Mirrors ratecraft/controllers/find/controller.py, on whole searches of formulas."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.controllers.worlds import FAILED, Followed, Formula, follow, is_annealed

from ratecraft.controllers.find.settings import FindSettings
from ratecraft.errors import InvalidInput, NoAnswer, ScriptFailed
from ratecraft.records.metrics import parse_metric
from ratecraft.records.outcome import Ending

WORLD = Formula(horizon=1000, slope=0.0)
SHORT = {"ending": Ending.ENDED_EARLY, "steps": 2}


def rates(found: Followed) -> list[float]:
    return sorted({round(each.rate, 6) for each in found.answer.probes})


def test_a_search_is_a_first_look_and_five_annealed_probes() -> None:
    found = follow(WORLD, FindSettings())
    assert [len(found.scored(phase)) for phase in ("baseline", "census", "bracket", "branch", "final")] == [
        0,
        1,
        5,
        0,
        0,
    ]
    assert {(job.stop, is_annealed(job)) for job in found.scored("bracket")} == {(39, True)}
    assert found.answer.verdict == "found"
    assert rates(found) == [0.0025, 0.005, 0.01, 0.02, 0.04]


@pytest.mark.parametrize(
    ("world", "settings", "stop"),
    [
        (Formula(horizon=1000), FindSettings(), 39),
        (Formula(horizon=100_000), FindSettings(), 320),
        (Formula(horizon=100_000), FindSettings(thorough=True), 3906),
        (Formula(horizon=100), FindSettings(), 32),
        (Formula(told=False), FindSettings(), 80),
        (Formula(told=False), FindSettings(steps=3200), 125),
    ],
)
def test_probes_are_as_long_as_the_length_of_a_run_wants(world: Formula, settings: FindSettings, stop: int) -> None:
    found = follow(world, settings)
    assert {job.stop for job in found.scored("bracket")} == {stop}
    assert found.answer.verdict == "found"


@given(st.floats(-7.5, 7.5), st.booleans(), st.integers(0, 5))
def test_the_bottom_of_the_valley_is_found_wherever_it_lies(bottom: float, loader: bool, order: int) -> None:
    world = Formula(horizon=1000, bottom=bottom, slope=0.0, told=False, edge=99, loader=loader, width=0.2)
    answer = follow(world, FindSettings(), free=3, order=order).answer
    assert answer.rate is not None
    assert abs(math.log2(answer.rate / world.own_rate) - bottom) < 0.5
    assert answer.interval is not None
    assert answer.interval[0] <= answer.rate <= answer.interval[1]


def test_the_rate_moves_with_the_length_of_a_run_by_the_usual_slope() -> None:
    octaves = [
        math.log2((follow(Formula(horizon=3200, slope=0.0, passes=passes), FindSettings()).answer.rate or 0) / 0.01)
        for passes in (10.0, 1.0)
    ]
    away = math.log2(3200 / 125)
    assert octaves == pytest.approx([-0.2 * away, -0.3 * away], abs=0.25)


def test_of_a_run_of_unknown_length_the_rate_is_that_of_the_probes_and_so_is_marked() -> None:
    found = follow(Formula(told=False, slope=0.0), FindSettings())
    assert found.answer.horizon == 0
    assert "length-unknown" in found.answer.marks
    assert "horizon-none" in found.codes()
    assert found.answer.rate == pytest.approx(0.01, rel=0.2)
    assert "moved" in follow(WORLD, FindSettings()).answer.marks


def test_the_order_of_the_outcomes_changes_nothing() -> None:
    answers = [follow(WORLD, FindSettings(seeds=2), free=free, order=free).answer for free in (1, 2, 5)]
    assert answers[0] == answers[1] == answers[2]


# ---- the user's range


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((5e-3, 2e-2), [5e-3, 1e-2, 2e-2]),
        ((2.5e-3, 4e-2), [2.5e-3, 5e-3, 1e-2, 2e-2, 4e-2]),
        ((1e-4, 1.0), [2.5e-3, 5e-3, 1e-2, 2e-2, 4e-2]),
    ],
)
def test_only_rates_within_the_given_range_are_tried(given: tuple[float, float], expected: list[float]) -> None:
    assert rates(follow(WORLD, FindSettings(rates=given))) == pytest.approx(expected, rel=0.02)


def test_a_bottom_outside_the_given_range_is_said_to_lie_at_its_end() -> None:
    found = follow(Formula(horizon=1000, bottom=5.0, slope=0.0), FindSettings(rates=(1e-3, 1e-2)))
    assert max(rates(found)) <= 1e-2
    assert "at-edge" in found.answer.marks


# ---- seeds


def test_seeds_repeat_every_probe_and_measure_the_noise() -> None:
    found = follow(Formula(horizon=1000, slope=0.0, noise=0.02), FindSettings(seeds=3))
    assert {each.seed for each in found.answer.probes} == {0, 1, 2}
    assert len(found.answer.probes) == 15
    assert not found.answer.rough
    assert "repeated" in found.codes()


def test_of_a_script_that_seeds_itself_nothing_is_repeated() -> None:
    found = follow(Formula(horizon=1000, slope=0.0, seeded=True), FindSettings(seeds=3))
    assert {each.seed for each in found.answer.probes} == {0}
    assert "seeds-change-nothing" in found.codes()


def test_the_answers_of_several_seeds_lie_within_the_interval_of_one() -> None:
    world = Formula(horizon=1000, slope=0.0, noise=0.01)
    answers = [follow(world, FindSettings(seed=seed)).answer for seed in range(8)]
    first = next(answer for answer in answers if answer.interval)
    assert first.interval is not None
    low, high = first.interval
    inside = [low * 0.8 <= (answer.rate or 0) <= high * 1.25 for answer in answers]
    assert sum(inside) >= 6


# ---- the edge, and scripts without a rate


def test_the_edge_is_the_lowest_rate_that_blew_up() -> None:
    assert follow(Formula(horizon=1000, edge=1.5, slope=0.0), FindSettings()).answer.edge == 0.04
    assert follow(Formula(horizon=1000, edge=99, slope=0.0), FindSettings()).answer.edge is None


def test_a_script_without_a_rate_gets_a_ramp_first() -> None:
    found = follow(Formula(horizon=1000, silent=True, edge=5.0, slope=0.0), FindSettings())
    assert [each.phase for each in found.proposed][:2] == ["census", "ramp"]
    assert found.answer.verdict == "found"
    assert found.answer.edge == pytest.approx(0.32, rel=0.4)
    assert found.answer.own_rate is None


# ---- a ramp alone


def test_a_ramp_alone_gives_an_edge_and_suggestions_and_no_rate() -> None:
    found = follow(Formula(horizon=1000, silent=True, edge=5.0), FindSettings(ramp_only=True))
    assert [each.phase for each in found.proposed] == ["census", "ramp"]
    answer = found.answer
    assert (answer.verdict, answer.rate, answer.interval, answer.probes) == ("suggested", None, None, ())
    assert answer.ramp is not None
    assert answer.ramp.edge_interval is not None
    low, high = answer.ramp.edge_interval
    assert low <= (answer.edge or 0) <= high
    assert set(answer.ramp.suggestions) == {"before_rise", "steepest", "valley", "minimum_tenth"}
    assert answer.ramp.suggestions["before_rise"] == low


@pytest.mark.parametrize(("horizon", "steps"), [(1000, 100), (4800, 200), (10**6, 400), (60, 60)])
def test_a_ramp_alone_is_a_hundred_steps_or_more_of_a_long_run(horizon: int, steps: int) -> None:
    found = follow(Formula(horizon=horizon), FindSettings(ramp_only=True))
    assert found.of("ramp")[0].stop == steps


def test_a_ramp_goes_through_the_given_range() -> None:
    (job,) = follow(WORLD, FindSettings(ramp_only=True, rates=(1e-4, 1.0))).of("ramp")
    assert (job.schedules["rate"].at(0), job.schedules["rate"].at(99)) == pytest.approx((1e-4, 1.0))


def test_a_ramp_that_tells_nothing_gives_no_suggestion() -> None:
    answer = follow(Formula(horizon=1000, learns=False), FindSettings(ramp_only=True)).answer
    assert answer.verdict == "no-information"
    assert answer.ramp is not None
    assert (answer.ramp.empty, answer.ramp.suggestions) == ("flat", {})


# ---- what allows no search


@pytest.mark.parametrize(
    ("world", "settings", "error", "text"),
    [
        (Formula(horizon=20), FindSettings(), NoAnswer, "A run of 20 steps is shorter than one probe, which takes 32"),
        (WORLD, FindSettings(metric=parse_metric("val_acc")), NoAnswer, r"`val_acc` was never printed. Seen: val_loss"),
        (
            Formula(horizon=1000, overrides=dict.fromkeys(range(-10, 3), FAILED)),
            FindSettings(),
            ScriptFailed,
            "KeyError",
        ),
        (
            Formula(horizon=1000, overrides=dict.fromkeys((-2, 0, 2), SHORT)),
            FindSettings(steps=1000),
            InvalidInput,
            "ended by itself at step 33, though a full run was taken to have 1000",
        ),
        (
            Formula(told=False, overrides=dict.fromkeys((-2, 0, 2), SHORT)),
            FindSettings(),
            NoAnswer,
            "A run of 66 steps is shorter than one probe, which takes 80",
        ),
    ],
)
def test_what_allows_no_search_is_told(
    world: Formula, settings: FindSettings, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        follow(world, settings)
