"""Mirrors ratecraft/schedules/sets.py and groups.py."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput, StudyError
from ratecraft.schedules.builders.constructors import constant, cosine, linear, warmup
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.schedules.groups import GroupSchedule, with_floor
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.trees.nodes import Schedule

_NAMES = st.sampled_from(["rate", "momentum", "beta1", "beta2", "weight_decay"])
SETS = st.dictionaries(_NAMES, st.from_type(Schedule), min_size=1, max_size=3).map(ScheduleSet)


@given(SETS)
def test_a_set_survives_json_text_and_its_expression(schedules: ScheduleSet) -> None:
    assert ScheduleSet.from_json(json.loads(json.dumps(schedules.to_json()))) == schedules
    assert parse_set(repr(schedules)) == schedules


@given(SETS)
def test_equal_sets_hash_alike_whatever_the_order_of_the_names(schedules: ScheduleSet) -> None:
    turned = ScheduleSet(dict(reversed(schedules.pairs)))
    assert turned == schedules == copy.deepcopy(schedules)
    assert hash(turned) == hash(schedules)


def test_a_set_is_read_by_name_and_at_a_step() -> None:
    schedules = ScheduleSet(rate=linear(1, 0, 4), momentum=constant(0.9))
    assert list(schedules) == ["momentum", "rate"]
    assert schedules.at(1) == {"momentum": 0.9, "rate": 0.75}
    assert schedules.curve(2)["rate"].tolist() == [1.0, 0.75]
    assert "beta1" not in schedules


def test_a_number_scales_the_rate_only() -> None:
    assert (0.1 * onecycle())["momentum"] == onecycle()["momentum"]
    assert (onecycle() * 0.1).rate == 0.1 * onecycle().rate


def test_every_schedule_of_a_set_is_bound_to_the_same_run() -> None:
    bound = onecycle(0.3).bind(10)
    assert not bound.needs_horizon
    assert onecycle().needs_horizon
    assert repr(bound.rate) == "cosine(0.04, 1, 3) >> cosine(1, 4e-06, 7)"
    assert repr(bound["momentum"]) == "cosine(0.95, 0.85, 3) >> cosine(0.85, 0.95, 7)"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ScheduleSet(), "needs at least one"),
        (lambda: ScheduleSet({"a b": constant(1)}), "have names such as rate or momentum; got 'a b'"),
        (lambda: ScheduleSet({3: constant(1)}), "have names such as rate or momentum; got 3"),  # pyright: ignore
        (lambda: ScheduleSet(rate=0.1), r"`rate` must be a schedule; got 0\.1"),  # pyright: ignore
        (lambda: ScheduleSet(momentum=constant(1)).rate, "no schedule named 'rate'; it has momentum"),
    ],
)
def test_what_is_no_set_is_refused(build: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        build()


@pytest.mark.parametrize("plain", [{}, None, [], {"schedules": 3}, {"schedules": {}, "more": 1}])
def test_json_that_is_no_set_is_refused(plain: Any) -> None:
    with pytest.raises(InvalidInput, match="is an object with `schedules`"):
        ScheduleSet.from_json(plain)


def test_a_newer_schedule_in_a_set_is_refused() -> None:
    with pytest.raises(StudyError, match="version 9"):
        ScheduleSet.from_json({"schedules": {"rate": {"version": 9, "kind": "const"}}})


@given(st.floats(1e-4, 10), st.floats(0, 1e-3), st.integers(0, 50))
def test_a_floor_is_the_same_for_every_base(base: float, floor: float, step: int) -> None:
    planned = with_floor(cosine(1, 0, 37), floor)
    assert planned.at(step, base) == pytest.approx(floor + (base - floor) * cosine(1, 0, 37).at(step), abs=1e-15)
    assert planned.curve(50, base)[-1] == pytest.approx(floor, abs=1e-15)


def test_a_rate_of_a_group_is_clamped_after_the_sum() -> None:
    planned = GroupSchedule(linear(1, 0, 10), constant(0.5), low=constant(0.6), high=linear(2, 1, 10))
    assert [planned.at(step, 4.0, 0.5) for step in (0, 5, 10)] == [2.0, 1.5, 0.6]
    assert planned.curve(11, 4.0, 0.5)[[0, 5, 10]].tolist() == [2.0, 1.5, 0.6]


def test_a_group_schedule_is_bound_in_all_its_parts() -> None:
    bound = with_floor(warmup(0.1) >> cosine(), 1e-3).bind(100)
    assert repr(bound.factor) == "warmup(10) >> cosine(1, 0, 90)"
    assert bound.addend is not None
    assert not bound.addend.needs_horizon


@pytest.mark.parametrize("parts", [{"factor": 0.1}, {"factor": None}, {"factor": constant(1), "low": 0.1}])
def test_a_part_of_a_group_schedule_is_a_schedule(parts: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="must be a schedule"):
        GroupSchedule(**parts)


@given(st.dictionaries(st.sampled_from(["addend", "low", "high"]), st.from_type(Schedule)), st.from_type(Schedule))
def test_a_schedule_for_groups_survives_json(limits: dict[str, Schedule], factor: Schedule) -> None:
    grouped = GroupSchedule(factor, **limits)
    assert GroupSchedule.from_json(json.loads(json.dumps(grouped.to_json()))) == grouped


@pytest.mark.parametrize(
    "plain",
    [
        7,
        {},
        {"low": {"version": 1, "kind": "const", "value": 1.0}},
        {"factor": {"version": 1, "kind": "const", "value": 1.0}, "scale": 2},
    ],
)
def test_what_is_no_json_of_a_schedule_for_groups_is_refused(plain: Any) -> None:
    with pytest.raises(InvalidInput, match="not the JSON of a schedule for groups"):
        GroupSchedule.from_json(plain)


def test_a_schedule_for_groups_of_a_newer_version_is_refused_as_such() -> None:
    with pytest.raises(StudyError, match="version 2"):
        GroupSchedule.from_json({"factor": {"version": 2, "kind": "const", "value": 1.0}})


def test_a_set_says_what_else_it_has_and_how_it_is_typed() -> None:
    assert list(onecycle().others) == ["momentum"]
    for schedules in (onecycle(), ScheduleSet(rate=cosine()), ScheduleSet(momentum=constant(0.9))):
        assert parse_set(schedules.expression) == schedules
    assert ScheduleSet(rate=cosine()).expression == "cosine(1, 0)"
