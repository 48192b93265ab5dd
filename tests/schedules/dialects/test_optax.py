"""Mirrors ratecraft/schedules/dialects/optax.py: every curve beside the installed optax's own, in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.peers import Peer

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects import optax as dialect
from ratecraft.schedules.trees.nodes import Schedule

jax, peer = Peer("jax"), Peer("optax")

TOLERANCE = 1e-12  # docs/reference/dialects.md, "Tolerance"
RATE = st.floats(1e-4, 1.0)
STEPS = st.integers(1, 80)
BEGIN = st.integers(-3, 30)

both_horizons = pytest.mark.parametrize("horizon", [60, 300])
randomly = settings(max_examples=min(25, settings().max_examples))


def assert_same(ours: Schedule, theirs: Callable[[], Callable[[Any], Any]], steps: int) -> None:
    with jax.enable_x64(True):
        values = np.asarray(jax.vmap(theirs())(jax.numpy.arange(steps)), np.float64)
    assert_allclose(ours.curve(steps), np.broadcast_to(values, steps), rtol=0, atol=TOLERANCE)


@both_horizons
@randomly
@given(value=RATE)
def test_constant_schedule(horizon: int, value: float) -> None:
    ours = dialect.constant_schedule(value)
    with jax.enable_x64(True):
        assert float(peer.constant_schedule(value)(3)) == ours.at(3) == ours.at(horizon)


@both_horizons
@randomly
@given(init=RATE, end=st.floats(0, 1), power=st.floats(0.2, 4), steps=st.integers(-1, 80), begin=BEGIN)
@example(init=0.1, end=0.01, power=2.0, steps=30, begin=20)
def test_polynomial_schedule(horizon: int, init: float, end: float, power: float, steps: int, begin: int) -> None:
    arguments = (init, end, power, steps, begin)
    assert_same(
        dialect.polynomial_schedule(*arguments), lambda: _of_array(peer.polynomial_schedule(*arguments)), horizon
    )


@both_horizons
@randomly
@given(init=RATE, end=st.floats(0, 1), steps=st.integers(0, 80), begin=BEGIN)
def test_linear_schedule(horizon: int, init: float, end: float, steps: int, begin: int) -> None:
    ours = dialect.linear_schedule(init, end, steps, begin)
    assert_same(ours, lambda: _of_array(peer.linear_schedule(init, end, steps, begin)), horizon)


SCALES = st.dictionaries(st.integers(1, 200), st.floats(0, 3), max_size=5)
# For each other number of them jax would compile anew.
THREE_SCALES = st.dictionaries(st.integers(1, 200), st.floats(0, 3), min_size=3, max_size=3)


@both_horizons
@randomly
@given(init=RATE, scales=SCALES | st.none())
def test_piecewise_constant_schedule(horizon: int, init: float, scales: dict[int, float] | None) -> None:
    ours = dialect.piecewise_constant_schedule(init, scales)
    assert_same(ours, lambda: _of_array(peer.piecewise_constant_schedule(init, scales)), horizon)


@both_horizons
@randomly
@given(kind=st.sampled_from(["linear", "cosine"]), init=RATE, scales=THREE_SCALES)
@example(kind="linear", init=0.1, scales={0: 0.5, 10: 0.5, 30: 2.0})
def test_piecewise_interpolate_schedule(horizon: int, kind: Any, init: float, scales: dict[int, float]) -> None:
    ours = dialect.piecewise_interpolate_schedule(kind, init, scales)
    assert_same(ours, lambda: peer.piecewise_interpolate_schedule(kind, init, scales), horizon)


DECAY: dict[str, st.SearchStrategy[Any]] = {
    "transition_steps": st.integers(0, 80),
    "decay_rate": st.sampled_from([0.0, 1.0]) | st.floats(0.1, 1.5),
    "transition_begin": BEGIN,
    "staircase": st.booleans(),
    "end_value": st.none() | st.floats(1e-3, 2),
}


@both_horizons
@given(init=RATE, arguments=st.fixed_dictionaries(DECAY))
def test_exponential_decay(horizon: int, init: float, arguments: dict[str, Any]) -> None:
    horizon = min(horizon, 100)  # a growing one leaves the range where 1e-12 means something
    ours = dialect.exponential_decay(init, **arguments)
    if arguments["decay_rate"] > 1 and 0 < arguments["transition_steps"] < 20:
        arguments["transition_steps"] = 20
        ours = dialect.exponential_decay(init, **arguments)
    assert_same(ours, lambda: _of_array(peer.exponential_decay(init, **arguments)), horizon)


@both_horizons
@randomly
@given(init=RATE, steps=STEPS, alpha=st.floats(0, 1), exponent=st.floats(0.5, 3))
@example(init=0.1, steps=50, alpha=0.1, exponent=1.5)
def test_cosine_decay_schedule(horizon: int, init: float, steps: int, alpha: float, exponent: float) -> None:
    ours = dialect.cosine_decay_schedule(init, steps, alpha, exponent)
    assert_same(ours, lambda: peer.cosine_decay_schedule(init, steps, alpha, exponent), horizon)


@both_horizons
@randomly
@given(init=RATE, peak=RATE, warmup=st.integers(1, 50))
def test_warmup_constant_schedule(horizon: int, init: float, peak: float, warmup: int) -> None:
    ours = dialect.warmup_constant_schedule(init, peak, warmup)
    assert_same(ours, lambda: peer.warmup_constant_schedule(init, peak, warmup), horizon)


@both_horizons
@randomly
@given(
    init=RATE, peak=RATE | st.just(0.0), warmup=st.integers(0, 50), decay=STEPS, end=st.floats(0, 1),
    exponent=st.sampled_from([1.0, 1.5, 2.0]),
)  # fmt: skip
def test_warmup_cosine_decay_schedule(
    horizon: int, init: float, peak: float, warmup: int, decay: int, end: float, exponent: float
) -> None:
    arguments = (init, peak, warmup, warmup + decay, end, exponent)
    ours = dialect.warmup_cosine_decay_schedule(*arguments)
    assert_same(ours, lambda: peer.warmup_cosine_decay_schedule(*arguments), horizon)


@both_horizons
@randomly
@given(init=RATE, peak=RATE, warmup=st.integers(0, 50), arguments=st.fixed_dictionaries(DECAY))
def test_warmup_exponential_decay_schedule(
    horizon: int, init: float, peak: float, warmup: int, arguments: dict[str, Any]
) -> None:
    arguments = {**arguments, "decay_rate": min(arguments["decay_rate"], 1.0)}
    ours = dialect.warmup_exponential_decay_schedule(init, peak, warmup, **arguments)
    assert_same(ours, lambda: peer.warmup_exponential_decay_schedule(init, peak, warmup, **arguments), horizon)


ONE_CYCLE: dict[str, st.SearchStrategy[Any]] = {
    "peak_value": RATE,
    "pct_start": st.floats(0.05, 0.6) | st.just(0.29),
    "div_factor": st.floats(2, 100),
    "final_div_factor": st.floats(1, 1e5),
}


@pytest.mark.parametrize("total", [20, 301])
@randomly
@given(arguments=st.fixed_dictionaries(ONE_CYCLE), pct_final=st.floats(0.61, 1))
def test_one_cycle_schedules(total: int, arguments: dict[str, Any], pct_final: float) -> None:
    ours = dialect.linear_onecycle_schedule(total, pct_final=pct_final, **arguments)
    assert_same(ours, lambda: peer.linear_onecycle_schedule(total, pct_final=pct_final, **arguments), 2 * total)
    ours = dialect.cosine_onecycle_schedule(total, **arguments)
    assert_same(ours, lambda: peer.cosine_onecycle_schedule(total, **arguments), 2 * total)


CYCLE = st.builds(
    lambda init, peak, warmup, decay, end: {
        "init_value": init, "peak_value": peak, "warmup_steps": warmup, "decay_steps": warmup + decay, "end_value": end
    },
    RATE, RATE, st.integers(0, 20), STEPS, st.floats(0, 1),
)  # fmt: skip


@both_horizons
@randomly
@given(cycles=st.lists(CYCLE, min_size=1, max_size=3))
def test_sgdr_schedule(horizon: int, cycles: list[dict[str, Any]]) -> None:
    assert_same(dialect.sgdr_schedule(cycles), lambda: peer.sgdr_schedule(cycles), horizon)


@both_horizons
@randomly
@given(first=RATE, second=RATE, boundaries=st.lists(st.integers(0, 60), min_size=2, max_size=2).map(sorted))
def test_join_schedules(horizon: int, first: float, second: float, boundaries: list[int]) -> None:
    def joined(library: Any) -> Any:
        members = [
            library.cosine_decay_schedule(first, 30),
            library.exponential_decay(second, 5, 0.9),
            library.linear_schedule(first, second, 20),
        ]
        return library.join_schedules(members, boundaries)

    assert_same(joined(dialect), lambda: joined(peer), horizon)


def test_every_public_schedule_is_there() -> None:
    schedules: Any = pytest.importorskip("optax.schedules")
    # Those are no schedules of their own: they wrap an optimizer, or name a type.
    others = {"inject_hyperparams", "inject_stateful_hyperparams"}
    public = {name for name in vars(schedules) if name.islower() and not name.startswith("_")} - others
    assert {name for name in public if callable(getattr(schedules, name))} == set(dialect.__all__)


def _of_array(schedule: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Some of them give a plain number, which `vmap` doesn't take."""
    return lambda count: jax.numpy.asarray(schedule(count)) + 0 * count


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: dialect.piecewise_interpolate_schedule("cubic", 1.0), "`interpolate_type` .* 'cubic'"),  # pyright: ignore
        (lambda: dialect.warmup_cosine_decay_schedule(0, 1, 5, 5), "`decay_steps`"),
        (lambda: dialect.cosine_decay_schedule(1.0, 0), "`decay_steps`"),
        (lambda: dialect.piecewise_constant_schedule(1.0, {-1: 0.5}), "`boundaries_and_scales`"),
        (lambda: dialect.sgdr_schedule([{"peak": 1.0}]), "`sgdr_schedule` can't be called like this: .*peak"),
        (lambda: dialect.sgdr_schedule([]), "at least 2 schedules; got 0"),
    ],
)
def test_bad_arguments_are_refused_by_name(call: Callable[[], object], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        call()
