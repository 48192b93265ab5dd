"""Mirrors ratecraft/schedules/language/text.py."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import multistep, piecewise
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, function, linear, rex, tanh, warmup
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.language.text import parse, parse_set
from ratecraft.schedules.lengths import epochs, steps, tokens
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.schedules.trees.tree import DEEPEST

TREES = st.from_type(Schedule)
_PIECES = [
    *("warmup", "cosine", "linear", "step", "(", ")", ",", "=", ">>", ">", "*", "+", "-", " ", "to", "None"),
    *(".repeat(", ".shifted(", ".min(", ".rate", "onecycle()", "multistep(", "[", "]", "epochs(", "steps(", "noam("),
    *("triangular(", "piecewise(", "ScheduleSet(", "min(", "'cosine'", '"', "after"),
]
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
        ("warmup(8) > cosine()", 11, r"expected the end of the schedule, or `>>`, `\*`, `\+` or `-`"),
        ("cosine())", 9, "expected the end of the schedule"),
        ("cosine() cosine()", 10, "expected the end of the schedule"),
        (
            "",
            1,
            r"expected a number, `\(` or one of: constant, cosine, cosine_restarts, decay_to_zero, ",
        ),
        ("warmup(8) >> ", 13, r"expected a number, `\(` or one of"),
        ("warmup(8) >> >> cosine()", 14, r"expected a number, `\(` or one of"),
        ("- cosine()", 3, r"expected a number, `\(` or one of"),
        ("warmup(8) >> cosin()", 14, "there is no `cosin`; known: constant, cosine, cosine_restarts"),
        ("warmup(8) >> cosine", 20, r"`cosine` needs brackets: cosine\(start=1, to=0, length=None, \*, waves=0.5,"),
        ("warmup(8,)", 10, r"expected a number, None or `name=number`, named ones last: warmup\(length=None,"),
        ("warmup(length 8)", 8, "expected a number, None or `name=number`"),
        ("warmup(warmup(8))", 8, "expected a number, None or `name=number`"),
        ("cosine(to=0, to=1)", 14, "expected a number, None or `name=number`"),
        ("cosine(to=0, 1)", 14, "expected a number, None or `name=number`"),
        ("warmup(8", 9, r"expected `\)`"),
        ("warmup(2 * 4)", 10, r"expected `\)`"),
        ("(cosine()", 10, r"expected `\)`"),
        ("warmup(8, 'linear', 0, 9)", 1, r"`warmup` doesn't take these arguments: warmup\(length=None,"),
        ("warmup(steps=8)", 1, "`warmup` doesn't take these arguments"),
        ("step(3)", 1, r"`step` doesn't take these arguments: step\(every, factor, times=None\)"),
        ("warmup(8) >> 0.1", 11, "`>>` cannot be used between these two"),
        ("cosine() + cosine()", 10, r"`\+` cannot be used between these two"),
        ("1 - cosine()", 3, "`-` cannot be used between these two"),
        ("0.1", 1, r"a number alone is not a schedule; write constant\(0.1\)"),
        ("9" * 50 + " * cosine()", 1, r"expected a number, `\(` or one of"),
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
    for read, kind in ((parse, Schedule), (parse_set, ScheduleSet)):
        try:
            assert isinstance(read(text), kind)
        except InvalidInput as error:
            assert str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("warmup(500, 'cosine') >> linear()", warmup(500, "cosine") >> linear()),
        ('linear(1, 0, 30, after="extend")', linear(1, 0, 30, after="extend")),
        (
            "warmup(epochs(2)) >> constant(1, tokens(1e9)) >> linear()",
            warmup(epochs(2)) >> constant(1, tokens(1e9)) >> linear(),
        ),
        ("linear(1, 0, steps(101, 3), offset=-steps(1, 2))", linear(1, 0, steps(101, 3), offset=-steps(1, 2))),
        ("cosine(1, 0, 10).repeat(3, growth=2).shifted(-4)", cosine(1, 0, 10).repeat(3, growth=2).shifted(-4)),
        ("(warmup(3) >> cosine()).quantise(epochs(1))", (warmup(3) >> cosine()).quantise(epochs(1))),
        ("2 * cosine().min(0.5)", 2 * cosine().min(0.5)),
        ("min(cosine(), 0.5, linear() >> constant(0.1, 3))", cosine().min(0.5, linear() >> constant(0.1, 3))),
        ("max(0.1, cosine())", constant(0.1).max(cosine())),
        ("cosine().between(0.1, 0.9).affine(2, 1)", cosine().between(0.1, 0.9).affine(2, 1)),
        ("multistep([30, 60], 0.1)", multistep([30, 60], 0.1)),
        ("piecewise([1, 0.5], [epochs(3)], shape='linear')", piecewise([1, 0.5], [epochs(3)], "linear")),
        ("0.1 * onecycle(hold=0.1).rate", 0.1 * onecycle(hold=0.1).rate),
        ("onecycle().momentum", onecycle()["momentum"]),
    ],
)
def test_the_whole_algebra_has_a_text_form(text: str, schedule: Schedule) -> None:
    assert parse(text) == schedule
    assert parse(repr(schedule)) == schedule


def test_a_set_has_a_text_form() -> None:
    assert parse_set("0.1 * onecycle()") == 0.1 * onecycle()
    assert parse_set("onecycle() * 0.1") == 0.1 * onecycle()
    assert parse_set("cosine()") == ScheduleSet(rate=cosine())
    assert parse_set("ScheduleSet(rate=cosine(), momentum=0.9)") == ScheduleSet(rate=cosine(), momentum=constant(0.9))


def test_a_function_is_given_again_where_text_is_read() -> None:
    schedule = warmup(3) >> function("mine", abs)
    assert repr(schedule) == 'warmup(3) >> function("mine")'
    assert parse(repr(schedule), {"mine": abs}) == schedule
    with pytest.raises(InvalidInput, match="names the function 'mine', which is not among those given: -"):
        parse(repr(schedule))


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("onecycle()", 1, r"this is a set of several schedules \(momentum, rate\), and one is needed here"),
        ("min(onecycle(), 1)", 5, "this is a set of several schedules"),
        ("onecycle() >> cosine()", 12, "`>>` cannot be used between these two"),
        ("onecycle() + 1", 12, r"`\+` cannot be used between these two"),
        ("onecycle() * cosine()", 12, r"`\*` cannot be used between these two"),
        ("onecycle().speed", 12, r"`.speed` can't follow here; allowed: momentum, rate"),
        ("cosine().repeats(3)", 10, r"`.repeats` can't follow here; allowed: affine, between, lasting, max"),
        ("cosine().repeat", 16, r"`repeat` needs brackets: .repeat\(cycles=None"),
        ("cosine().repeat(1, 2, 3, 4, 5, 6)", 10, r"`repeat` doesn't take these arguments: .repeat\(cycles=None"),
        ("cosine().", 10, r"`.` can't follow here"),
        ("multistep([3, 5, 0.1)", 21, r"expected `\]`"),
        ("multistep([[3]], 0.1)", 12, "expected a number, None"),
        ("warmup(epochs(2)", 17, r"expected `\)`"),
        ("warmup(epochs(-2))", 15, "expected a number, None"),
        ("warmup(epochs)", 14, r"`epochs` needs brackets: epochs\(count\)"),
        ("warmup('cosine", 8, "expected a number, None"),
    ],
)
def test_an_error_in_the_rest_of_the_grammar_points_at_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"Column {column}: {message}"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("warmup(-epochs(2))", "schedule-length"),
        ("warmup(3, 'round')", "schedule-shape"),
        ("multistep([5, 3], 0.1)", "schedule-places-rise"),
        ("multistep(3, 0.1)", "schedule-places"),
        ("cosine().repeat(0)", "schedule-whole-number"),
        ("rex(after='extend')", "schedule-shape-ends"),
        ("linear(after='never')", "schedule-after"),
        ("cosine('a', 'b')", "schedule-number"),
        ("cosine(length='a')", "schedule-length"),
        ("step([3], 0.5)", "schedule-length"),
        ("cosine().min()", "schedule-too-few-parts"),
        ("ScheduleSet()", "schedule-set-empty"),
        ("ScheduleSet(cosine())", "schedule-set-name"),
        ("function('x')", "schedule-function-unknown"),
    ],
)
def test_a_refusal_in_the_rest_of_the_grammar_keeps_its_code_and_gets_a_column(text: str, code: str) -> None:
    with pytest.raises(InvalidInput, match=r".") as caught:
        parse(text)
    assert (caught.value.code, caught.value.values["column"] > 0) == (code, True)  # pyright: ignore


@pytest.mark.parametrize(
    "text",
    [
        "min(" * 10_000 + "cosine()" + ")" * 10_000,
        "cosine()" + ".shifted(1)" * 10_000,
        "cosine()" + " + 1 * cosine()" * 10_000,
        "1 * " * 10_000 + "cosine()",
        "cosine()" + " * cosine()" * 10_000,
        "cosine(1, 0, 5)" + " >> cosine(1, 0, 5)" * 10_000,
        "cosine(" * 10_000,
        "[" * 10_000,
        "warmup(" + "-" * 10_000 + "1)",
        "(" * 10_000,
    ],
)
def test_nothing_nested_ten_thousand_deep_exhausts_the_stack(text: str) -> None:
    try:
        assert isinstance(parse(text), Schedule)
    except InvalidInput as error:
        assert str(error)  # noqa: PT017


def test_products_mean_what_they_mean_in_python() -> None:
    for text, meant in (
        ("cosine() * rex() * linear()", cosine() * rex() * linear()),
        ("2 * cosine() * rex() * 3 * linear() * tanh()", 2 * cosine() * rex() * 3 * linear() * tanh()),
        ("cosine(1, 0, 5) * 2 * rex(1, 0, 5) >> linear() * 0.5", cosine(1, 0, 5) * 2 * rex(1, 0, 5) >> linear() * 0.5),
        ("cosine() * (rex() * linear())", cosine() * (rex() * linear())),
    ):
        assert parse(text) == meant


def test_a_set_shows_every_schedule_with_its_name() -> None:
    html = onecycle()._repr_html_()
    assert html.count("<svg") == 2
    assert "momentum: <code>" in html
    assert "rate: <code>" in html


def test_a_picture_for_notebooks_shows_the_expression_and_a_curve_and_runs_nothing() -> None:
    html = (warmup(0.05) >> cosine(to=0.1))._repr_html_()
    assert "<code>warmup(0.05) &gt;&gt; cosine(1, 0.1)</code>" in html
    assert "<polyline" in html
    assert "<script" not in html
    assert warmup(epochs(2))._repr_html_() == "<code>warmup(epochs(2))</code>"
    assert ">500</text>" in warmup(500)._repr_html_()
