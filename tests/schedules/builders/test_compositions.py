"""Mirrors ratecraft/schedules/builders/compositions.py, cyclic.py and names.py: each against a slow formula."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ratecraft.schedules
from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import (
    decay_to_zero,
    flat_cosine,
    inverse_sqrt,
    multistep,
    noam,
    piecewise,
    power_law,
    step,
    wsd,
)
from ratecraft.schedules.builders.constructors import k_decay, linear, polynomial, warmup
from ratecraft.schedules.builders.cyclic import (
    cosine_restarts,
    exp_range,
    onecycle,
    onecycle_three_phases,
    triangular,
    triangular2,
)
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.language.names import CONSTRUCTORS, METHODS, SET_CONSTRUCTORS, UNITS
from ratecraft.schedules.lengths import Epochs, steps
from ratecraft.schedules.trees.nodes import Schedule

HORIZON = 200
_LENGTHS = st.integers(1, 60)


def _agrees(schedule: Schedule, formula: Callable[[int], float], count: int = HORIZON) -> bool:
    curve = bind(schedule, HORIZON).curve(count).tolist()
    return curve == pytest.approx([formula(t) for t in range(count)], rel=1e-12, abs=1e-12)


@given(st.integers(1, 30), st.floats(0.1, 0.9))
def test_stairs_without_a_number_go_on_and_on(every: int, factor: float) -> None:
    assert _agrees(step(every, factor), lambda t: factor ** (t // every))


@given(st.lists(st.integers(1, 190), min_size=1, max_size=5, unique=True).map(sorted), st.floats(0.1, 0.9))
def test_multistep_falls_at_every_milestone(milestones: list[int], factor: float) -> None:
    assert _agrees(multistep(milestones, factor), lambda t: factor ** sum(each <= t for each in milestones))


def test_milestones_may_be_shares_epochs_or_fractions_of_steps() -> None:
    assert repr(multistep([0.3, 0.9], 0.1)) == "constant(1, 0.3) >> constant(0.1, 0.6) >> constant(0.01)"
    thirds = multistep([Epochs(1), Epochs(2.5)], 0.1)
    assert repr(thirds) == "constant(1, epochs(1)) >> constant(0.1, epochs(1.5)) >> constant(0.01)"
    assert multistep([1, steps(5, 2)], 0.1).curve(4).tolist() == [1.0, 0.1, 0.1, 0.01]


@pytest.mark.parametrize("milestones", [[30, 30], [30, 20], [10, 0.5], [Epochs(1), 30], [None]])
def test_milestones_that_overlap_or_are_of_several_kinds_are_refused(milestones: Any) -> None:
    with pytest.raises(InvalidInput, match=r"`milestones` must rise and be all of one kind .*; got .*\d|None"):
        multistep(milestones, 0.1)


@pytest.mark.parametrize("milestones", [[], "12", 3, None, [1] * 10_001])
def test_milestones_are_a_list(milestones: Any) -> None:
    with pytest.raises(InvalidInput, match="`milestones` must be a list of 1 to 10000 lengths"):
        multistep(milestones, 0.1)


def test_pieces_hold_or_lead_from_value_to_value() -> None:
    assert piecewise([0.1, 0.05, 0.2], [2, 3]).curve(5).tolist() == [0.1, 0.1, 0.05, 0.2, 0.2]
    led = piecewise([0.1, 0.05, 0.2], [20, 60], "cosine")
    half = (0.05 + 0.2) / 2
    assert (led.at(0), led.at(20), led.at(60), led.at(90)) == (0.1, 0.05, 0.2, 0.2)
    assert led.at(40) == pytest.approx(half)


@pytest.mark.parametrize("values", [[1, 2], [1, 2, 3, 4], "123", 5])
def test_pieces_are_one_more_than_their_boundaries(values: Any) -> None:
    with pytest.raises(InvalidInput, match="`values` must be a list of 3 numbers, one more than"):
        piecewise(values, [2, 3])


@pytest.mark.parametrize(
    ("decay", "fall"),
    [
        ("linear", lambda u: 1 - u),
        ("cosine", lambda u: (1 + math.cos(math.pi * u)) / 2),
        ("1-sqrt", lambda u: 1 - u**0.5),
    ],
)
def test_warmup_stable_decay_has_the_cool_down_that_is_asked_for(decay: str, fall: Callable[[float], float]) -> None:
    def formula(t: int) -> float:
        return min((t + 1) / 20, 1.0) if t < 150 else 0.1 + 0.9 * fall(min((t - 150) / 50, 1))

    assert _agrees(wsd(0.1, 0.25, to=0.1, decay=decay), formula)


@given(_LENGTHS)
def test_decay_to_zero_is_a_line_after_its_warmup(length: int) -> None:
    formula = lambda t: (t + 1) / length if t < length else (HORIZON - t) / (HORIZON - length)  # noqa: E731
    assert _agrees(decay_to_zero(length), formula)


def test_flat_cosine_is_constant_then_falls() -> None:
    assert _agrees(flat_cosine(0.75), lambda t: 1.0 if t < 150 else (1 + math.cos(math.pi * (t - 150) / 50)) / 2)


@given(_LENGTHS)
def test_inverse_sqrt_is_continuous_at_the_end_of_its_warmup(length: int) -> None:
    assert _agrees(inverse_sqrt(length), lambda t: (t + 1) / length if t < length else math.sqrt(length / t))


@given(st.integers(1, 4096), _LENGTHS)
def test_noam_is_the_papers_formula_and_never_zero(size: int, length: int) -> None:
    assert _agrees(noam(size, length), lambda t: size**-0.5 * min((t + 1) ** -0.5, (t + 1) * length**-1.5))


@given(_LENGTHS)
def test_power_law_falls_as_a_power_and_then_to_zero(length: int) -> None:
    def formula(t: int) -> float:
        rise = (t + 1) / length if t < length else (t / length) ** -0.51
        return rise * (1.0 if t < 180 else (HORIZON - t) / 20)

    assert _agrees(power_law(length), formula)


@given(_LENGTHS, st.sampled_from([1, 2]), st.floats(0.3, 1.0), st.sampled_from([0.0, 0.1]))
def test_restarts_have_one_floor_whatever_their_decay(period: int, growth: int, decay: float, to: float) -> None:
    def formula(t: int) -> float:
        cycle, length = 0, period
        while t >= length:
            t, cycle, length = t - length, cycle + 1, length * growth
        return to + (1 - to) * decay**cycle * (1 + math.cos(math.pi * t / length)) / 2

    assert _agrees(cosine_restarts(period, growth, decay, to=to), formula)


@given(st.integers(1, 60), st.floats(0, 1))
def test_triangles_are_those_of_the_paper(period: int, low: float) -> None:
    def height(t: int) -> float:
        return 1 - abs(2 * (t % period) / period - 1)

    assert _agrees(triangular(period, low), lambda t: low + (1 - low) * height(t))
    assert _agrees(triangular2(period, low), lambda t: low + (1 - low) * height(t) * 0.5 ** (t // period))
    assert _agrees(exp_range(period, 0.98, low), lambda t: low + (1 - low) * height(t) * 0.98**t)


def test_one_cycle_goes_up_holds_and_comes_down_with_the_momentum_the_other_way_round() -> None:
    bound = {name: bind(each, 100) for name, each in onecycle(0.3, hold=0.2, shape="linear").items()}
    rate, momentum = bound["rate"], bound["momentum"]
    assert (rate.at(0), rate.at(30), rate.at(49), rate.at(50), rate.at(100)) == (0.04, 1.0, 1.0, 1.0, 4e-6)
    assert (momentum.at(0), momentum.at(30), momentum.at(49), momentum.at(100)) == (0.95, 0.85, 0.85, 0.95)
    assert rate.at(75) == pytest.approx(0.5, abs=1e-5)
    assert momentum.at(15) == pytest.approx(0.9)


def test_one_cycle_of_three_phases_comes_down_as_it_went_up() -> None:
    bound = {name: bind(each, 100) for name, each in onecycle_three_phases(0.4).items()}
    rate, momentum = bound["rate"], bound["momentum"]
    assert [rate.at(step) for step in (0, 40, 80, 100)] == [0.04, 1.0, 0.04, 4e-6]
    assert rate.at(20) == pytest.approx(rate.at(60))
    assert [momentum.at(step) for step in (0, 40, 80, 99)] == [0.95, 0.85, 0.95, 0.95]


def test_k_decay_stays_up_longer() -> None:
    assert k_decay(1, 0, 100, k=2).at(50) > k_decay(1, 0, 100, k=1).at(50)
    assert k_decay(1, 0, 100, k=2).at(50) == pytest.approx((1 + math.cos(math.pi / 4)) / 2)


def test_a_warmup_has_other_ways_and_may_start_at_zero() -> None:
    assert warmup(4, "cosine").at(3) == 1.0
    assert warmup(4, "cosine").at(1) == pytest.approx(0.5)
    assert warmup(4, start=0) == linear(0, 1, 4)
    assert warmup(4, "1-sqrt", 0.2).at(0) == 0.2


@pytest.mark.parametrize(
    "build",
    [
        lambda: inverse_sqrt(0),
        lambda: inverse_sqrt(None),
        lambda: noam(0),
        lambda: noam(512, 0),
        lambda: noam(512, 0.5),  # pyright: ignore[reportArgumentType]
        lambda: triangular(None),
        lambda: triangular(-4),
        lambda: cosine_restarts(0.1, growth=0.5),
        lambda: onecycle(-0.3),
        lambda: onecycle(shape="round"),
        lambda: polynomial(power=0),
        lambda: wsd(0.1, 0.1, decay="down"),
        lambda: step(30, float("nan")),
        lambda: warmup(float("nan")),
        lambda: linear(float("nan"), 0),
    ],
)
def test_what_means_nothing_is_refused(build: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput, match=r"got|between|allowed"):
        build()


def test_every_public_constructor_can_be_called_in_an_expression() -> None:
    public = {
        name
        for name in ratecraft.schedules.__all__
        if name[0].islower()
        and "Schedule" in str(inspect.signature(getattr(ratecraft.schedules, name)).return_annotation)
    }
    takers = {
        "bind",
        "from_json",
        "from_torch",
        "parse",
        "parse_set",
        "rebind",
        "with_floor",
    }
    assert public - takers == {*CONSTRUCTORS, *SET_CONSTRUCTORS, "function"}
    assert not {*CONSTRUCTORS, *SET_CONSTRUCTORS} & {*METHODS, *UNITS}


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_every_constructor_says_in_its_help_what_it_does_with_an_example(name: str) -> None:
    text = CONSTRUCTORS[name].__doc__ or ""
    assert all(section in text for section in ("Args:", "Raises:", "Example:"))


@pytest.mark.parametrize("horizon", [0, 1, 2])
@pytest.mark.parametrize(
    "schedule",
    [
        decay_to_zero(),
        wsd(0.1, 0.2),
        flat_cosine(),
        inverse_sqrt(0.1),
        power_law(0.1),
        step(0.3, 0.1),
        multistep([0.3, 0.6], 0.1),
        cosine_restarts(0.2),
        cosine_restarts(None, cycles=3),
        triangular(0.2),
        onecycle().rate,
        onecycle_three_phases().rate,
        k_decay(),
    ],
    ids=repr,
)
def test_the_shortest_runs_have_values_between_zero_and_the_peak(schedule: Schedule, horizon: int) -> None:
    values = bind(schedule, horizon).curve(horizon + 3)
    assert ((values >= 0) & (values <= 1)).all()
    assert not horizon or values[:horizon].max() > 0
