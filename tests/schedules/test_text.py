"""Mirrors ratecraft/schedules/text.py."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.nodes import DEEPEST, Schedule
from ratecraft.schedules.text import parse

TREES = st.from_type(Schedule)
_PIECES = ["warmup", "cosine", "linear", "step", "(", ")", ",", "=", ">>", ">", "*", "+", "-", " ", "to", "None"]
_STRANGE = ["1", "0.5", "8", "1e400", "9" * 50, ".", "é", "٣", "\n", "length", "lambda", "__import__", "'"]


@given(TREES)
def test_the_expression_of_a_tree_is_parsed_to_the_same_tree(tree: Schedule) -> None:
    assert parse(repr(tree)) == tree


@given(TREES.map(lambda tree: bind(tree, 200)))
def test_the_expression_of_a_bound_tree_is_parsed_to_the_same_tree(tree: Schedule) -> None:
    assert parse(repr(tree)) == tree


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("warmup(500) >> cosine(to=0)", warmup(500) >> cosine()),
        (" warmup( 0.05 )>>linear( 1 , 0 )\n", warmup(0.05) >> linear(1, 0)),
        ("0.1*(warmup(8)>>constant(1))", 0.1 * (warmup(8) >> constant(1))),
        ("cosine(length=None, to=+1e-3)", cosine(to=1e-3)),
        ("2 * 3 * cosine() * 0.5", 6 * cosine() * 0.5),
        ("0.9 * cosine() + 0.1", 0.9 * cosine() + 0.1),
        ("0.1 + cosine() - .5", 0.1 + cosine() - 0.5),
        ("-1 * warmup(3) - -1", -1 * warmup(3) + 1),
        (
            "cosine(1, 0, 5) * exponential(.5, 1, 3) >> constant()",
            cosine(1, 0, 5) * exponential(0.5, 1, 3) >> constant(),
        ),
    ],
)
def test_an_expression_means_what_it_means_in_python(text: str, schedule: Schedule) -> None:
    assert parse(text) == schedule


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("warmup(8) > cosine()", 11, r"here the schedule ends, or `>>`, `\*`, `\+` or `-` stands"),
        ("cosine())", 9, "here the schedule ends"),
        ("cosine() cosine()", 10, "here the schedule ends"),
        (
            "",
            1,
            r"here a number, `\(` or one of these must stand: constant, cosine, exponential, linear, step, warmup, wsd",
        ),
        ("warmup(8) >> ", 13, r"here a number, `\(` or one of these must stand"),
        ("warmup(8) >> >> cosine()", 14, r"here a number, `\(` or one of these must stand"),
        ("- cosine()", 3, r"here a number, `\(` or one of these must stand"),
        ("warmup(8) >> cosin()", 14, "there is no `cosin`; known: constant, cosine, exponential"),
        ("warmup(8) >> cosine", 20, r"`cosine` needs brackets: cosine\(start=1, to=0, length=None, \*, offset=0\)"),
        ("warmup(8,)", 10, r"here a number, None or `name=number` must stand, named ones last: warmup\(length=None\)"),
        ("warmup(length 8)", 8, "here a number, None or `name=number` must stand"),
        ("warmup(warmup(8))", 8, "here a number, None or `name=number` must stand"),
        ("cosine(to=0, to=1)", 14, "here a number, None or `name=number` must stand"),
        ("cosine(to=0, 1)", 14, "here a number, None or `name=number` must stand"),
        ("warmup(8", 9, r"here `\)` must stand"),
        ("warmup(2 * 4)", 10, r"here `\)` must stand"),
        ("(cosine()", 10, r"here `\)` must stand"),
        ("warmup(8, 9)", 1, r"`warmup` doesn't take these arguments: warmup\(length=None\)"),
        ("warmup(steps=8)", 1, "`warmup` doesn't take these arguments"),
        ("step(3)", 1, r"`step` doesn't take these arguments: step\(every, factor, times\)"),
        ("warmup(8) >> 0.1", 11, "`>>` can't stand between these two"),
        ("cosine() + cosine()", 10, r"`\+` can't stand between these two"),
        ("1 - cosine()", 3, "`-` can't stand between these two"),
        ("0.1", 1, r"a number alone is no schedule; write constant\(0.1\)"),
        ("9" * 50 + " * cosine()", 1, r"here a number, `\(` or one of these must stand"),
    ],
)
def test_an_error_points_at_its_column_and_names_what_is_allowed(text: str, column: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"Column {column}: {message}") as caught:
        parse(text)
    pointed, caret = str(caught.value).split("\n")[1:]
    assert pointed.strip() == text.strip()[:60]
    assert caret == "  " + " " * (column - 1) + "^"


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        ("warmup(8) >> cosine(1, 0, -5)", 14, "schedule-length"),
        ("warmup(8) >> exponential(0)", 14, "schedule-positive"),
        ("1e400 * cosine()", 7, "schedule-number"),
        ("constant(1) >> cosine()", 1, "schedule-two-rests"),
    ],
)
def test_a_refusal_by_a_constructor_knows_its_column(text: str, column: int, code: str) -> None:
    with pytest.raises(InvalidInput, match=r"got|take") as caught:
        parse(text)
    assert (caught.value.code, caught.value.values["column"]) == (code, column)


def test_a_long_expression_is_shown_around_the_error_only() -> None:
    text = " >> ".join(["constant(1, 1)"] * 50 + ["?"] + ["constant(1, 1)"] * 50)
    with pytest.raises(InvalidInput, match="Column 901") as caught:
        parse(text)
    pointed, caret = str(caught.value).split("\n")[1:]
    assert len(pointed) <= 62
    assert pointed[caret.index("^")] == "?"


@pytest.mark.parametrize("depth", [DEEPEST + 1, 10_000])
def test_brackets_deeper_than_the_limit_are_refused(depth: int) -> None:
    with pytest.raises(InvalidInput, match=f"more than {DEEPEST} levels deep"):
        parse("(" * depth + "cosine()" + ")" * depth)


def test_thousands_of_parts_are_no_depth() -> None:
    schedule = parse(" >> ".join(["linear(1, 0, 3)"] * 2000))
    assert schedule.at(5999) == 1 / 3


@given(st.lists(st.sampled_from(_PIECES + _STRANGE), max_size=25).map("".join) | st.text(max_size=40))
@example("cosine(to=1e999)")
def test_no_text_makes_anything_but_a_schedule_or_a_clear_error(text: str) -> None:
    try:
        assert isinstance(parse(text), Schedule)
    except InvalidInput as error:
        assert str(error)  # noqa: PT017
