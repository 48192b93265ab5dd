"""Mirrors ratecraft/laws/rate_logs/identify.py: schedules are named through gaps and rounding; noise is not."""

import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from ratecraft.errors import InvalidInput
from ratecraft.laws.rate_logs.identify import Identified, identify
from ratecraft.schedules.builders.compositions import inverse_sqrt, multistep, piecewise, step, wsd
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, polynomial, warmup
from ratecraft.schedules.builders.cyclic import cosine_restarts, onecycle, triangular, triangular2
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.trees.nodes import Schedule

Draw = random.Random
PEAKS = (0.1, 3e-4, 1e-3, 0.05, 6e-4)
HORIZONS = (1000, 2000, 5000, 7813)


def warmed(draw: Draw, horizon: int, body: Callable[[int], Schedule]) -> Schedule:
    """A body, with or without a warm-up of either kind before it."""
    steps = draw.choice((0, 50, 100, horizon // 20, 137))
    if not steps:
        return body(horizon)
    return warmup(steps, start=draw.choice((None, 0.0))) >> body(horizon - steps)


def end(draw: Draw) -> float:
    return draw.choice((0.0, 0.1, 0.01))


KINDS: dict[str, Callable[[Draw, int], Schedule]] = {
    "constant": lambda draw, horizon: warmed(draw, horizon, lambda _: constant(1)),
    "linear": lambda draw, horizon: warmed(draw, horizon, lambda rest: linear(1, end(draw), rest)),
    "cosine": lambda draw, horizon: warmed(draw, horizon, lambda rest: cosine(1, end(draw), rest)),
    "exponential": lambda draw, horizon: warmed(
        draw, horizon, lambda rest: exponential(draw.choice((0.01, 0.1, 0.3)) ** (1 / rest))
    ),
    "polynomial": lambda draw, horizon: warmed(
        draw, horizon, lambda rest: polynomial(1, end(draw), rest, power=draw.choice((1.5, 2, 3)))
    ),
    "inverse-sqrt": lambda draw, horizon: inverse_sqrt(draw.choice((50, 100, horizon // 20))),
    "wsd": lambda draw, horizon: wsd(
        100, horizon // draw.choice((3, 5)), horizon // 2, end(draw), draw.choice(("linear", "cosine", "1-sqrt"))
    ),
    "one-cycle": lambda draw, horizon: bind(
        onecycle(draw.choice((0.2, 0.3, 0.4)), shape=draw.choice(("cosine", "linear"))).rate, horizon
    ),
    "step": lambda draw, horizon: step(horizon // draw.choice((3, 4, 5)), draw.choice((0.1, 0.3, 0.5))),
    "multi-step": lambda draw, horizon: warmed(
        draw,
        horizon,
        lambda rest: multistep([int(0.4 * rest), int(0.7 * rest), int(0.9 * rest)], draw.choice((0.1, 0.2))),
    ),
    "stages": lambda draw, horizon: piecewise([1, 0.7, 0.2, 0.15], [horizon // 4, horizon // 2 + 7, horizon * 4 // 5]),
    "cosine-restarts": lambda draw, horizon: cosine_restarts(
        horizon // draw.choice((4, 6, 8)), draw.choice((1, 2)), draw.choice((1.0, 0.7)), to=end(draw)
    ),
    "triangular": lambda draw, horizon: draw.choice((triangular, triangular2))(
        2 * (horizon // draw.choice((6, 10, 14))), draw.choice((0.1, 0.25))
    ),
}


def digits_of(rates: np.ndarray, digits: int) -> list[float]:
    return [float(f"{rate:.{digits - 1}e}") for rate in rates]


def found(schedule: Schedule, horizon: int, every: int = 1, digits: int = 3, first: int = 0) -> Identified:
    steps = range(first, horizon, every)
    result = identify(steps, digits_of(schedule.curve(horizon)[first::every], digits))
    assert result is not None, schedule
    return result


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_each_constructor_is_named_through_gaps_and_rounding(kind: str, seed: int) -> None:
    draw = Draw(f"{kind} {seed}")
    horizon = draw.choice(HORIZONS)
    schedule = draw.choice(PEAKS) * KINDS[kind](draw, horizon)
    every, digits = draw.choice((1, 5, 10, 25)), draw.choice((2, 3, 4))
    result = found(schedule, horizon, every, digits)
    assert result.kind == kind, (schedule, result)
    meant, told = schedule.curve(horizon)[::every], result.schedule.curve(horizon)[::every]
    place = 10.0 ** (np.floor(np.log10(np.maximum(meant, 1e-30))) - digits + 1)
    least = place[meant > 0].min()
    assert (np.abs(meant - told) <= 1.3 * np.maximum(place, least) + 3e-7 * meant.max()).all(), (schedule, result)
    assert result.residual < 10.0 ** (1 - digits)


def test_numbers_are_as_round_as_the_log_allows() -> None:
    schedule = 3e-4 * (warmup(500) >> cosine(1, 0, 9500))
    result = found(schedule, 10_000, every=50)
    assert result.schedule == schedule
    assert (result.parameters["warm_up"], result.parameters["peak"], result.parameters["until"]) == (500, 3e-4, 10_000)


def test_a_form_that_misses_points_beside_those_fitted_is_fitted_to_them_as_well() -> None:
    """Of 782 rounded rates 200 are fitted at first; what they give is off by more than the rounding elsewhere."""
    schedule = 0.1 * (warmup(100) >> constant(1, 3906) >> cosine(1, 0.01, 1562))
    assert found(schedule, 7813, every=10).schedule == schedule


@pytest.mark.parametrize("kind", ["cosine", "linear", "wsd", "step", "multi-step", "triangular", "cosine-restarts"])
def test_a_log_that_begins_late_is_named_as_well(kind: str) -> None:
    whole: dict[str, Schedule] = {
        "cosine": warmup(100) >> cosine(1, 0.1, 1900),
        "linear": warmup(100) >> linear(1, 0, 1900),
        "wsd": wsd(100, 400, 1500),
        "step": step(600, 0.1),
        "multi-step": multistep([900, 1500], 0.1),
        "triangular": triangular(400),
        "cosine-restarts": warmup(100) >> cosine_restarts(450),
    }
    schedule = 0.01 * whole[kind]
    result = found(schedule, 2000, every=7, first=203)
    assert result.kind == kind
    assert result.schedule.curve(1797, 203) == pytest.approx(schedule.curve(1797, 203), rel=0.02, abs=1e-5)


def test_a_schedule_that_moves_once_an_epoch_is_a_smooth_one_in_stairs() -> None:
    result = found(cosine(0.1, 0, 2000).quantise(50), 2000)
    assert (result.kind, result.parameters["every"]) == ("cosine", 50)


def test_a_cosine_that_climbs_again_is_a_wave() -> None:
    assert found(cosine(0.1, 0, 300, after="reflect"), 2200, every=10).kind == "cosine-waves"


def test_a_plateau_rule_is_stairs_by_a_factor_and_unequal_ones_are_stages() -> None:
    cut = piecewise([0.1, 0.05, 0.025, 0.0125], [410, 633, 1207])
    assert found(cut, 2000).kind == "multi-step"
    assert found(piecewise([0.1, 0.05, 0.02], [410, 633]), 2000).kind == "stages"


@pytest.mark.parametrize("seed", range(10))
def test_noise_has_no_schedule(seed: int) -> None:
    draw = np.random.default_rng(seed)
    smooth = cosine(0.1, 0.001, 500).curve(500)
    for rates in (
        draw.uniform(0, 1, 500),
        np.abs(np.cumsum(draw.normal(size=500))),
        smooth * draw.uniform(0.8, 1, 500),
    ):
        assert identify(range(500), digits_of(rates, 3)) is None


def test_what_is_not_finite_is_left_out_and_too_little_says_nothing() -> None:
    assert identify([0, 1], [0.1, 0.1]) is None
    assert identify([], []) is None
    result = identify(range(6), [0.1, math.nan, 0.1, math.inf, 0.1, 0.1])
    assert result is not None
    assert result.schedule == constant(0.1)


@pytest.mark.parametrize("idle", [4, 6, 12])
@pytest.mark.parametrize("way", [constant(1, 50), constant(1, 30) >> linear(1, 0, 20)])
def test_a_rate_that_stands_at_0_and_leaps_is_no_defect(idle: int, way: Schedule) -> None:
    rates = [0.0] * idle + way.curve(50).tolist()
    found = identify(range(len(rates)), rates)
    assert found is None or np.allclose(found.schedule.curve(len(rates)), rates, atol=1e-6)


def test_steps_that_fall_are_refused() -> None:
    with pytest.raises(InvalidInput, match="rate"):
        identify([2, 1, 0], [0.1, 0.1, 0.1])
