"""Mirrors ratecraft/schedules/analysis.py with its data in usual.py."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.analysis import Part, analyse
from ratecraft.schedules.builders.compositions import multistep, step
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.builders.cyclic import cosine_restarts, onecycle, triangular
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import Epochs, steps
from ratecraft.schedules.sizes import Sizes
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.schedules.usual import USUAL


def _codes(schedule: Schedule, steps_: int = 1000, **known: Any) -> list[str]:
    return [remark.code for remark in analyse(schedule, steps_, Sizes(**known)).remarks]


@pytest.mark.parametrize(
    ("schedule", "codes"),
    [
        (warmup(50) >> cosine(1, 0.01), []),
        (warmup(50) >> cosine(1, 0, 600), ["ends-early"]),
        (constant(0.1), ["never-zero"]),
        (cosine(1, 0.1), ["never-zero"]),
        (linear(1, -0.5), ["negative"]),
        (constant(0), ["nothing"]),
        (warmup(50, start=0) >> cosine(), ["first-zero"]),
        (constant(1, 500) >> linear(0.05, 0), ["jump"]),
        (constant(0.05, 400) >> linear(1, 0), ["jump"]),
        (constant(1, 500) >> linear(0.5, 0), []),
        (warmup(600) >> cosine(), ["rise-longer", "long-warm-up"]),
        (warmup(200) >> cosine(), ["long-warm-up"]),
        (onecycle().rate, []),
        (cosine_restarts(100), []),
        (step(300, 0.1), []),
        (step(300, 0.01), ["jump", "stair"]),
        (multistep([300, 600], 0.9), ["never-zero", "stair"]),
    ],
)
def test_what_looks_like_a_mistake_is_said_and_nothing_else(schedule: Schedule, codes: list[str]) -> None:
    assert _codes(schedule) == codes


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        (exponential(0.9, Epochs(1)), "exponential-pace"),
        (exponential(0.97, Epochs(1)), None),
        (exponential(0.97), "exponential-pace"),
        (triangular(Epochs(8)), None),
        (triangular(Epochs(2)), "period"),
        (cosine_restarts(Epochs(2)), None),  # restarts have a range of their own
        (cosine_restarts(Epochs(0.5)), "restart-period"),
        (step(Epochs(30), 0.1), None),
        (step(Epochs(2), 0.1), "stair-length"),
    ],
)
def test_a_pace_outside_the_usual_is_said_where_an_epoch_is_known(schedule: Schedule, code: str | None) -> None:
    codes = _codes(schedule, 900, steps_per_epoch=10)
    assert [each for each in codes if each in USUAL] == ([code] if code else [])


def test_a_remark_holds_the_numbers_of_its_sentence() -> None:
    (jump,) = analyse(constant(1, 500) >> linear(0.05, 0), 1000).remarks
    assert jump.values == {"step": 500, "before": 1.0, "after": 0.05, "times": 20.0, "count": 1}
    (early,) = analyse(linear(1, 0.02, 600), 1000).remarks
    assert early.values == {"end": 600, "left": 400, "value": 0.02}


def test_phases_have_their_steps_and_the_values_of_the_whole() -> None:
    seen = analyse(0.1 * (warmup(0) >> warmup(10) >> constant(1) >> linear(1, 0, 0.2)), 100)
    assert seen.parts == (
        Part("warmup(10)", 0, 10, pytest.approx(0.01), 0.1),
        Part("constant(1, 70)", 10, 80, 0.1, 0.1),
        Part("linear(1, 0, 20)", 80, 100, 0.1, pytest.approx(0.005)),
    )


def test_a_joint_between_two_steps_belongs_to_the_step_after_it() -> None:
    seen = analyse(linear(0, 1, steps(5, 2)) >> linear(1, 0), 10)
    assert [(part.first, part.end) for part in seen.parts] == [(0, 3), (3, 10)]


@given(st.from_type(Schedule))
def test_every_schedule_can_be_looked_at(schedule: Schedule) -> None:
    seen = analyse(schedule, 200)
    curve = bind(schedule, 200).curve(200)
    assert (seen.peak, seen.lowest) == (curve.max(), curve.min())
    assert seen.area == pytest.approx(float(np.mean(curve)) / seen.peak if seen.peak > 0 else 0.0)
    assert [part.first for part in seen.parts][1:] == [part.end for part in seen.parts][:-1]
    assert (seen.parts[0].first, seen.parts[-1].end) == (0, 200)


def test_a_run_of_a_billion_steps_is_looked_at_in_places() -> None:
    seen = analyse(warmup(0.01) >> linear(), 10**9)
    assert seen.area == pytest.approx(0.5, abs=1e-4)
    assert seen.remarks == ()


def test_a_run_without_steps_has_nothing_to_see() -> None:
    with pytest.raises(InvalidInput, match="`steps` must be a whole number from 1"):
        analyse(cosine(), 0)


def test_a_value_beyond_float64_is_refused() -> None:
    with pytest.raises(InvalidInput, match="At step 1024, the value of `exponential"):
        analyse(exponential(2), 2000)


def test_usual_ranges_have_a_source_and_their_usual_value_within() -> None:
    for usual in USUAL.values():
        assert usual.low <= usual.usual <= usual.high
        assert usual.source
        assert usual.unit
