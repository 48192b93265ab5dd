"""Mirrors ratecraft/schedules/spec.py."""

import copy
import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput, RatecraftError, StudyError
from ratecraft.schedules.builders.constructors import (
    constant,
    cosine,
    function,
    linear,
    polynomial,
    power,
    tanh,
    warmup,
)
from ratecraft.schedules.language.text import parse
from ratecraft.schedules.lengths import Epochs, Tokens, steps
from ratecraft.schedules.spec import from_json, to_json
from ratecraft.schedules.trees.leaves import Segment
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.schedules.trees.tree import DEEPEST

TREES = st.from_type(Schedule)
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("kind", "version", "parts", "factors", "scale", "inner", "value", "start", "end", "length"),
                    *("shape", "offset", "after", "cycles", "growth", "steps", "epochs", "every", "by", "name"),
                ]
            ),
            inner
            | st.sampled_from(
                ["seq", "mul", "affine", "const", "segment", "exp", "repeat", "shift", "span", "quantise", "cosine"]
            ),
            max_size=5,
        )
    ),
    max_leaves=12,
)


def _with_version(plain: Any) -> Any:
    return {**cast("dict[str, Any]", plain), "version": 1} if isinstance(plain, dict) else plain


@given(TREES)
def test_a_tree_comes_back_from_json_text(tree: Schedule) -> None:
    assert from_json(json.loads(json.dumps(to_json(tree), allow_nan=False))) == tree


@given(TREES)
def test_equal_trees_give_equal_json_text(tree: Schedule) -> None:
    assert json.dumps(to_json(copy.deepcopy(tree))) == json.dumps(to_json(tree))


def test_whole_and_float_numbers_and_signs_of_zero_give_the_same_json_text() -> None:
    assert json.dumps(to_json(Segment(1, -0.0, 5))) == json.dumps(to_json(Segment(1.0, 0.0, 5)))


def test_fields_at_their_default_are_left_out() -> None:
    assert to_json(constant(0.3)) == {"version": 1, "kind": "const", "value": 0.3}


def test_the_format_stays_readable() -> None:
    warm = {"kind": "segment", "start": 0.0, "end": 1.0, "length": 8, "offset": 1}
    parts = [
        warm,
        {"kind": "const", "value": 1.0, "length": 4},
        {"kind": "segment", "start": 1.0, "end": 0.0, "length": 6},
    ]
    written = {"version": 1, "kind": "affine", "scale": 0.05, "inner": {"kind": "seq", "parts": parts}}
    schedule = 0.05 * (warmup(8) >> constant(1, 4) >> linear(1, 0, 6))
    assert to_json(schedule) == written
    assert from_json(written) == schedule


def test_a_newer_version_is_refused_with_both_versions() -> None:
    with pytest.raises(StudyError, match=r"version 7 of the format; this ratecraft reads up to version 1\."):
        from_json({"version": 7, "kind": "warp"})


@pytest.mark.parametrize("plain", [{}, {"version": "1"}, {"version": True}, {"version": 0}, [], None, 3])
def test_json_without_a_version_is_refused(plain: Any) -> None:
    with pytest.raises(InvalidInput, match="needs a `version` of 1 or more; got"):
        from_json(plain)


@pytest.mark.parametrize("kind", ["warp", None, [], 3])
def test_an_unknown_kind_is_refused_with_the_known_ones(kind: Any) -> None:
    with pytest.raises(
        InvalidInput, match=r"unknown `kind`, .*; known: affine, const, exp, function, max, min, mul, power,"
    ):
        from_json({"version": 1, "kind": kind})


@pytest.mark.parametrize("fields", [{}, {"value": 1.0, "colour": 3}, {"number": 1.0}, {"value": 1.0, "starts": []}])
def test_missing_and_unknown_fields_are_refused_with_the_known_ones(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="A `const` of a schedule in JSON has the fields value, length; got"):
        from_json({"version": 1, "kind": "const", **fields})


def test_a_part_that_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is an object; got 3"):
        from_json({"version": 1, "kind": "seq", "parts": [{"kind": "const", "value": 1.0, "length": 1}, 3]})


def test_json_deeper_than_the_limit_is_refused() -> None:
    plain: dict[str, Any] = {"kind": "const", "value": 1.0}
    for _ in range(10_000):
        plain = {"kind": "affine", "scale": 1.0, "inner": plain}
    with pytest.raises(InvalidInput, match=f"more than {DEEPEST} levels deep"):
        from_json({"version": 1, **plain})


@given(_JSON.map(_with_version))
def test_no_json_makes_anything_but_a_schedule_or_a_clear_error(plain: Any) -> None:
    try:
        assert isinstance(from_json(plain), Schedule)
    except RatecraftError as error:
        assert str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "schedule",
    [
        warmup(Epochs(2)) >> constant(1, Tokens(1e9)) >> linear(1, 0),
        linear(1, 0, steps(101, 3), offset=steps(1, 3), after="reflect"),
        linear(1, 0, 5, offset=-3).shifted(-steps(1, 2)).quantise(Epochs(1)).lasting(0.5),
        linear(1, 0, 5).repeat(3, growth=1.5, decay=0.5, after=0.1).min(0.5, constant(1)).max(0.1),
        cosine(1, 0, 5, waves=1.5) * polynomial(1, 0, 5, power=1, bend=0.5) * tanh() * power(-0.5, 3, 3),
    ],
    ids=repr,
)
def test_everything_else_comes_back(schedule: Schedule) -> None:
    plain = json.loads(json.dumps(to_json(schedule), allow_nan=False))
    assert from_json(plain) == schedule
    assert parse(repr(schedule)) == schedule


def test_the_format_of_all_kinds_stays_readable() -> None:
    written = {
        "version": 1,
        "kind": "repeat",
        "inner": {
            "kind": "segment",
            "start": 1.0,
            "end": 0.0,
            "length": {"steps": [101, 3]},
            "shape": {"kind": "cosine", "bend": 2.0},
            "offset": {"steps": [-1, 2]},
            "after": "reflect",
        },
        "cycles": 3,
        "growth": 1.5,
    }
    schedule = cosine(1, 0, steps(101, 3), bend=2, offset=-steps(1, 2), after="reflect").repeat(3, growth=1.5)
    assert to_json(schedule) == written
    assert from_json(written) == schedule


def test_a_function_is_given_again_where_json_is_read() -> None:
    schedule = warmup(3) >> function("mine", abs, 5)
    plain = json.loads(json.dumps(to_json(schedule)))
    assert plain["parts"][1] == {"kind": "function", "name": "mine", "length": 5}
    assert from_json(plain, {"mine": abs}) == schedule
    with pytest.raises(InvalidInput, match="names the function 'mine', which is not among those given: yours"):
        from_json(plain, {"yours": abs})


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"shape": {"kind": "round"}}, "unknown `kind`, 'round'; known: cosine, geometric"),
        (
            {"shape": {"kind": "cosine", "size": 3}},
            "A `cosine` of a schedule in JSON has the fields waves, power, bend",
        ),
        ({"shape": 3}, "There is no shape 3"),
        ({"length": {"steps": [1, 0]}}, "`parts` must be a whole number from 1"),
        ({"length": {"steps": ["a", "b"]}}, "`parts` must be a whole number"),
        ({"length": {"epochs": None}}, "`epochs` of a schedule must be a finite number"),
        ({"length": {"weeks": 3}}, "unknown `kind`, None"),
        ({"length": []}, "`length` is the length"),
        ({"offset": {"epochs": 3}}, "`offset` of a schedule must be a finite number"),
        ({"after": {"kind": "const", "value": 1.0}}, "`after` of a schedule must be a finite number"),
    ],
)
def test_a_field_that_means_nothing_is_refused(field: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        from_json({"version": 1, "kind": "segment", "start": 1.0, "end": 0.0, **field})
