"""Mirrors ratecraft/controllers/settings/shape.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.settings.shape import check_shape, shape_of
from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import step
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.schedules.lengths import Horizon, epochs, samples, tokens
from ratecraft.schedules.sets import ScheduleSet, set_of
from ratecraft.schedules.sizes import NO_SIZES, Sizes
from ratecraft.schedules.trees.nodes import Schedule

shapes = st.sampled_from(
    [
        warmup(100) >> cosine(),
        cosine(1, 0.1),
        linear(0.003, 0),
        constant(),
        exponential(0.5, 0.1),
        step(0.3, 0.1, 2),
        0.3 * (warmup(0.1) >> linear()) + 0.01,
        -1.0 * linear(0, -2),
        2.0 * (0.5 * cosine()),
    ]
)


@given(shape=shapes, horizon=st.integers(320, 5000), rate=st.sampled_from([1e-5, 0.0123, 3.0]))
def test_the_largest_of_all_values_becomes_the_rate(shape: Schedule, horizon: int, rate: float) -> None:
    values = shape_of(set_of(shape), Horizon(horizon)).at_peak(rate)["rate"].curve(horizon)
    assert values.max() == pytest.approx(rate, rel=1e-14)
    assert values.min() >= 0


@given(shape=shapes, horizon=st.integers(320, 5000), factor=st.sampled_from([1e-6, 0.3, 7.0]))
def test_a_factor_around_all_of_it_says_nothing(shape: Schedule, horizon: int, factor: float) -> None:
    one, other = (
        shape_of(set_of(each), Horizon(horizon)).at_peak(0.1)["rate"].curve(horizon) for each in (shape, factor * shape)
    )
    assert other.tolist() == pytest.approx(one.tolist(), rel=1e-12, abs=1e-18)


def test_the_expression_of_a_shape_that_peaks_at_1_is_kept() -> None:
    shape = shape_of(set_of(0.1 * (warmup(50) >> cosine())), Horizon(1000))
    assert repr(shape.at_peak(0.02)) == "{'rate': 0.02 * (warmup(50) >> cosine(1, 0, 950))}"


@given(horizon=st.integers(320, 5000), rate=st.sampled_from([1e-5, 0.0123, 3.0]), factor=st.sampled_from([0.3, 7.0]))
def test_only_the_rate_is_relative_to_its_peak(horizon: int, rate: float, factor: float) -> None:
    planned = shape_of(factor * onecycle(), Horizon(horizon)).at_peak(rate)
    momentum = planned["momentum"].curve(horizon)
    assert planned["rate"].curve(horizon).max() == pytest.approx(rate, rel=1e-14)
    assert (momentum.min(), momentum[0]) == (0.85, 0.95)


def test_schedules_without_one_for_the_rate_are_no_shape() -> None:
    with pytest.raises(InvalidInput, match="for weight_decay only: a full run needs one for the rate"):
        shape_of(ScheduleSet(weight_decay=constant(0.1)), Horizon(1000))


@pytest.mark.parametrize(("name", "value"), [("momentum", 1.0), ("momentum", -0.1), ("beta2", 9.0)])
def test_a_momentum_that_is_no_share_is_refused_before_any_run(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=rf"`{name}` is {value:g} at step \d+; it must be at least 0 and below 1"):
        check_shape(ScheduleSet({"rate": cosine(), name: linear(0.5, value, 100)}), NO_SIZES)


def test_a_shape_that_is_bound_longer_than_the_run_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ends 200 steps too late: the run has 400 steps"):
        shape_of(set_of(warmup(500) >> constant(1, 100)), Horizon(400))


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (linear(1, -1), r"`linear\(1, -1\)` falls below 0: in a run of 1000 steps it is -0\.998 at step 999"),
        (-1.0 * cosine(), r"`-1 \* cosine\(1, 0\)` falls below 0: .* it is -1 at step 0"),
        (constant(0), r"`constant\(0\)` never rises above 0"),
    ],
)
def test_what_has_no_peak_is_refused(shape: Schedule, text: str) -> None:
    with pytest.raises(InvalidInput, match=text) as caught:
        shape_of(set_of(shape), Horizon(1000))
    assert "warmup(500) >> cosine()" in caught.value.hint()


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (linear(1, -1), "falls below 0"),
        (warmup(2000) >> linear(1, -0.5), "falls below 0"),
        (constant(0), "never rises"),
    ],
)
def test_what_is_the_shape_of_no_run_is_refused_before_any_is_made(shape: Schedule, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        check_shape(set_of(shape), NO_SIZES)


@pytest.mark.parametrize(
    "shape",
    [warmup(500) >> cosine(), warmup(10**6) >> linear(1, -1), exponential(0.5, 1000) + -0.1, exponential(2, 1)],
)
def test_what_may_be_the_shape_of_some_run_is_not_refused_before_its_length_is_known(shape: Schedule) -> None:
    check_shape(set_of(shape), NO_SIZES)


@pytest.mark.parametrize("shape", [step(epochs(30), 0.1), warmup(samples(10_000)) >> cosine(), warmup(epochs(5))])
def test_what_a_run_may_tell_of_epochs_and_samples_is_waited_for(shape: Schedule) -> None:
    check_shape(set_of(shape), NO_SIZES)


def test_lengths_in_epochs_and_samples_follow_the_run() -> None:
    run = Sizes(steps_per_epoch=20, batch_size=50).over(1000)
    shape = shape_of(set_of(warmup(epochs(2)) >> constant(1, samples(5000)) >> linear()), run)
    assert repr(shape.schedule) == "warmup(40) >> constant(1, 100) >> linear(1, 0, 860)"


def test_lengths_in_tokens_are_refused_before_any_run_unless_they_are_told() -> None:
    shape = set_of(warmup(tokens(1e6)) >> cosine())
    with pytest.raises(InvalidInput, match=r"length in tokens, but the number of tokens"):
        check_shape(shape, NO_SIZES)
    check_shape(shape, Sizes(tokens_per_step=4096))


def test_a_mistake_in_a_shape_with_epochs_is_found_before_any_run() -> None:
    with pytest.raises(InvalidInput, match="falls below 0"):
        check_shape(set_of(warmup(epochs(2)) >> linear(1, -1)), NO_SIZES)
