"""Mirrors ratecraft/reporting/text/schedule_words.py: every kind can be said in both languages."""

import json
from typing import get_args

import pytest

from ratecraft.laws.rate_logs.identify import identify
from ratecraft.laws.rate_logs.rate_log import Kind
from ratecraft.reporting.text.page import Page
from ratecraft.reporting.text.schedule_words import schedule_json, schedule_text
from ratecraft.schedules.builders.compositions import inverse_sqrt, multistep, piecewise, step, wsd
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, polynomial, warmup
from ratecraft.schedules.builders.cyclic import cosine_restarts, onecycle, triangular
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.translations.catalogue import LANGUAGES

SCHEDULES: dict[Kind, Schedule] = {
    "constant": warmup(100) >> constant(1),
    "linear": linear(1, 0, 2000),
    "cosine": warmup(100) >> cosine(1, 0, 1900),
    "1-sqrt": polynomial(1, 0, 2000, power=1, bend=0.5),
    "polynomial": polynomial(1, 0, 2000, power=3),
    "exponential": exponential(0.999),
    "inverse-sqrt": inverse_sqrt(100),
    "wsd": wsd(100, 400, 1500),
    "one-cycle": bind(onecycle().rate, 2000),
    "step": step(500, 0.1),
    "multi-step": multistep([700, 1500], 0.1),
    "stages": piecewise([1, 0.5, 0.2], [700, 1500]),
    "cosine-restarts": cosine_restarts(500),
    "triangular": triangular(400),
    "cosine-waves": cosine(1, 0, 300, after="reflect"),
}


def test_there_is_one_of_every_kind() -> None:
    assert set(SCHEDULES) == set(get_args(Kind))


@pytest.mark.parametrize("kind", SCHEDULES)
def test_every_kind_is_said_with_its_numbers_in_both_languages(kind: Kind) -> None:
    curve = (0.1 * SCHEDULES[kind]).curve(2000)[::5]
    found = identify(range(0, 2000, 5), [float(f"{rate:.3e}") for rate in curve])
    assert found is not None
    assert found.kind == kind
    said = {language: schedule_text(found, Page(language)) for language in LANGUAGES}
    assert len(set(said.values())) == len(LANGUAGES)
    for sentence in said.values():
        assert "0.1" in sentence or "1e-1" in sentence
        assert "{" not in sentence
    told = json.loads(json.dumps(schedule_json(found), allow_nan=False))
    assert (told["kind"], told["expression"]) == (kind, repr(found.schedule))


def test_that_none_was_recognised_is_said() -> None:
    assert "no known schedule" in schedule_text(None, Page())
    assert schedule_json(None) is None
