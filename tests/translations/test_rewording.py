"""Mirrors ratecraft/translations/rewording: comments of generated code and sources of recipes, in Japanese."""

import re
from collections.abc import Iterator

import pytest

from ratecraft.recipes.presets import builtin_presets
from ratecraft.reporting.results.parts import parts_code
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.schedules.generated_code.code import keras_code, optax_code, torch_code, transformers_code
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.translations.catalogue import all_sentences
from ratecraft.translations.rewording import commented, reworded

RATE = 0.1 * (warmup(2) >> linear(1, 0))
SET = ScheduleSet(rate=RATE, momentum=linear(0.9, 0.5))
CODES = (
    torch_code(RATE, 10),
    torch_code(RATE, 10, first=3),
    torch_code(RATE, 10, (1.0, 2.0)),
    torch_code(constant(0.1)),
    torch_code(ScheduleSet(rate=constant(0.1), momentum=constant(0.9))),
    torch_code(SET, 10, {"adam": [1.0], "sgd": [1.0, 2.0]}),
    transformers_code(RATE, 10),
    optax_code(SET, 10),
    keras_code(RATE, 10),
    parts_code(["fc.weight"]),
    parts_code(["fc.weight"], frozen=True),
)
CITED = re.compile(r"(19|20)\d\d")


def comments(code: str) -> Iterator[str]:
    return (line.partition("# ")[2] for line in code.splitlines() if "# " in line)


def sources() -> set[str]:
    presets = builtin_presets()
    recipes = (
        *(*presets.optimizers.values(), *presets.schedules.values()),
        *(each for task in presets.tasks.values() for each in task.optimizers.values()),
    )
    return {part for recipe in recipes for each in recipe.hyperparameters.values() for part in each.source.split("; ")}


@pytest.mark.parametrize("code", CODES)
def test_every_comment_of_generated_code_is_said_in_japanese(code: str) -> None:
    own = commented(code, "ja")
    assert [said for before, said in zip(comments(code), comments(own), strict=True) if before == said] == []


@pytest.mark.parametrize("code", CODES)
def test_only_comments_differ_between_languages(code: str) -> None:
    bare = [line.partition("# ")[0] for line in code.splitlines()]
    assert [line.partition("# ")[0] for line in commented(code, "ja").splitlines()] == bare


def test_the_expression_and_the_numbers_stay_in_a_comment() -> None:
    title = commented(torch_code(RATE, 10), "ja").splitlines()[0]
    assert title == "# 学習率（オプティマイザーの 10 ステップ）: 0.1 * (warmup(2) >> linear(1, 0, 8))"


def test_no_comment_is_left_over_in_the_catalogue() -> None:
    said = {
        reworded(part, "code", "ja")
        for code in CODES
        for line in comments(code)
        for part in (line, line.split(": ")[0])
    }
    left = [key for key, text in all_sentences("ja").items() if key.startswith("code.") and not is_said(text, said)]
    assert left == []


def is_said(text: str, said: set[str]) -> bool:
    pattern = re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(text)))
    return any(pattern.fullmatch(each) for each in said)


def test_every_source_that_is_not_a_citation_is_said_in_japanese() -> None:
    assert [each for each in sources() if not CITED.search(each) and reworded(each, "source", "ja") == each] == []


@pytest.mark.parametrize("cited", [each for each in sorted(sources()) if CITED.search(each) and " of " not in each])
def test_a_citation_stays_as_it_is(cited: str) -> None:
    assert reworded(cited, "source", "ja") == cited


def test_english_stays_as_it_was_made() -> None:
    assert commented(CODES[0], "en") == CODES[0]
