"""Mirrors ratecraft/reporting/pages/trying/tried.py and building.py: the address is the state."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.run_description import RunDescription
from ratecraft.reporting.pages.trying.building import BLOCKS, appended, without_last
from ratecraft.reporting.pages.trying.tried import (
    CODES,
    FIRST,
    MOST_RIVALS,
    Tried,
    plan_tried,
    rebuilt,
    surveyed,
    tried_of,
)
from ratecraft.schedules.language.text import parse

TEXT = st.text(max_size=30).map(str.strip)
TRIED = st.builds(
    Tried, TEXT, st.lists(TEXT.filter(bool), max_size=MOST_RIVALS).map(tuple), TEXT, TEXT, st.sampled_from(CODES)
)


@given(TRIED)
def test_the_address_holds_all_of_the_state(tried: Tried) -> None:
    back = tried_of(parse_qsl(tried.query, keep_blank_values=True))
    assert (back.expression, back.rivals, back.code) == (tried.expression, tried.rivals, tried.code)
    assert (back.steps, back.steps_per_epoch) == (tried.steps[:20], tried.steps_per_epoch[:20])


@given(
    st.lists(
        st.tuples(st.sampled_from(["schedule", "compare", "steps", "steps_per_epoch", "code"]), st.text(max_size=200)),
        max_size=12,
    )
)
def test_nothing_that_an_address_can_hold_is_more_than_a_refusal(query: list[tuple[str, str]]) -> None:
    looked, wrong = surveyed(tried_of(query))
    assert len(looked) + len(wrong) <= 1 + MOST_RIVALS


def test_an_empty_address_shows_something() -> None:
    looked, wrong = surveyed(tried_of([]))
    assert ([each.expression for each in looked], wrong) == ([FIRST], [])


@pytest.mark.parametrize("steps", ["0", "-3", "1e3", "x", "", "1000001", "9" * 19])
def test_steps_out_of_range_are_refused_with_the_range(steps: str) -> None:
    looked, (error,) = surveyed(tried_of([("steps", steps)]))
    assert (looked, error.code) == ([], "page-steps")
    assert "1000000" in str(error)


def test_one_bad_rival_does_not_hide_the_others() -> None:
    looked, wrong = surveyed(Tried(rivals=("cosin(", "linear(1, 0)")))
    assert [each.expression for each in looked] == [FIRST, "linear(1, 0)"]
    assert [error.code for error in wrong] == ["schedule-text-name"]


# ---- blocks


@given(st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=6))
def test_blocks_are_added_one_after_the_other_and_taken_away_in_turn(names: list[str]) -> None:
    expressions = [""]
    for name in names:
        expressions.append(appended(expressions[-1], BLOCKS[name]))
    assert repr(parse(expressions[-1])) == expressions[-1]
    for before, after in zip(reversed(expressions[:-1]), reversed(expressions[1:]), strict=True):
        assert without_last(after) == before


def test_the_peak_stays_in_front() -> None:
    assert appended("0.3 * warmup(0.1)", "constant(1, 0.4)") == "0.3 * (warmup(0.1) >> constant(1, 0.4))"
    assert without_last("0.3 * (warmup(0.1) >> constant(1, 0.4))") == "0.3 * warmup(0.1)"


def test_after_a_part_that_takes_the_rest_another_such_part_is_refused() -> None:
    with pytest.raises(InvalidInput, match="take the rest of the run"):
        appended("cosine(1, 0)", "linear(1, 0)")


def test_a_button_changes_the_expression_and_nothing_else() -> None:
    tried = Tried("warmup(0.1)", ("linear(1, 0)",), "500", "50", "optax")
    assert rebuilt(tried, {"append": "hold"}) == Tried(
        "warmup(0.1) >> constant(1, 0.4)", ("linear(1, 0)",), "500", "50", "optax"
    )
    assert rebuilt(tried, {"drop": "all"}) == Tried("", ("linear(1, 0)",), "500", "50", "optax")
    assert rebuilt(tried, {"append": "rm -rf"}) is None


# ---- plans


def test_a_form_gives_the_plan_that_the_same_words_give() -> None:
    typed = {"optimizer": "adamw", "batch_size": "1024", "steps": "10000", "task": "", "rate": " "}
    assert plan_tried(typed) == plan_of(RunDescription("adamw", batch_size=1024.0, steps=10_000))


def test_an_empty_form_is_no_plan() -> None:
    assert plan_tried({}) is None
    assert plan_tried({"optimizer": " ", "steps": "10"}) is None


@pytest.mark.parametrize(
    ("typed", "match"),
    [
        ({"batch_size": "many"}, "batch_size"),
        ({"steps": "1.5"}, "steps"),
        ({"rate": "-1"}, "rate"),
        ({"optimizer": "adamwx"}, "adamwx"),
        ({"base_width": "256"}, "width"),
    ],
)
def test_what_cannot_be_is_refused_by_name(typed: dict[str, str], match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        plan_tried({"optimizer": "adamw", **typed})
