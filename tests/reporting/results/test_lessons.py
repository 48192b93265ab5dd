"""Mirrors ratecraft/reporting/results/lessons.py, with what `--json` and the report make of it."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from ratecraft.records.answer import Answer, Probe, RunResult
from ratecraft.records.metrics import Direction, Metric
from ratecraft.records.trials import Axis, Searched, Tried
from ratecraft.reporting.results.lessons import lessons_of, lessons_plain

AXES = (Axis("rate", 1e-4, 1.0, is_log=True), Axis("kind", choices=("sgd", "adam")))
LAST = 400


def searched(*scores: float | None, method: str = "random", direction: Direction = "min", rung: int = 0) -> Answer:
    """A search whose trials are listed the best first; the second half ends at `rung` where there is one."""
    trials = tuple(
        Tried(
            number,
            {"rate": 10 ** (-4 + 4 * number / len(scores)), "kind": "sgd" if number % 2 else "adam"},
            score,
            (score,),
            rung if rung and number >= len(scores) // 2 else LAST,
            not rung or number < len(scores) // 2,
            "blown up" if score is None else "done",
            f"job{number}",
        )
        for number, score in enumerate(scores)
    )
    probes = tuple(
        Probe(each.job, float(each.values["rate"]), each.steps, each.score, each.ending, 0) for each in trials
    )
    found = Searched(method, AXES, trials, LAST)
    best = RunResult(scores[0], scores[0], LAST, LAST)
    return Answer("no-gain", Metric("val_loss", direction), horizon=LAST, probes=probes, tuned=best, search=found)


def taught(answer: Answer) -> Any:
    lessons = lessons_of(answer)
    assert lessons is not None
    return lessons


def test_a_study_without_trials_or_without_a_score_teaches_nothing() -> None:
    answer = searched(None, None)
    assert lessons_of(answer) is None
    assert lessons_of(replace(answer, search=None)) is None
    assert lessons_plain(None) == {}


def test_the_curve_is_of_the_length_at_which_most_rates_have_a_score() -> None:
    scores = [0.1 + 0.01 * place for place in range(30)]
    assert taught(searched(*scores[:20])).response.steps == LAST
    assert taught(searched(*scores, rung=25)).response.steps == LAST
    few_whole = searched(*scores, rung=25)
    probes = tuple(replace(each, stop=25) for each in few_whole.probes[:20])
    assert taught(replace(few_whole, probes=(*few_whole.probes[20:], *probes))).response.steps == 25


def test_the_curve_stays_above_0_where_all_scores_do() -> None:
    curve = taught(searched(*[0.001 * 2**place for place in range(16)])).response
    assert min(curve.low) > 0
    assert all(low <= middle <= high for low, middle, high in zip(curve.low, curve.middle, curve.high, strict=True))


def test_few_trials_have_no_curve_and_no_importance() -> None:
    lessons = taught(searched(0.1, 0.2, 0.3))
    assert lessons.response is None
    assert dict(lessons.shares) == {"rate": None, "kind": None}


def test_importance_is_of_the_ranking() -> None:
    lessons = taught(searched(*[0.1 * place for place in range(1, 25)]))
    assert lessons.shares["rate"] > 0.8
    assert lessons.shares["kind"] < 0.2


def test_who_came_to_a_rung_is_counted_with_those_who_went_on() -> None:
    assert taught(searched(*[0.1] * 8, rung=25)).came_to == {25: 8, LAST: 4}


@pytest.mark.parametrize("method", ["tpe", "gp", "asha", "hyperband"])
def test_trials_that_follow_from_others_are_not_taken_in_another_order(method: str) -> None:
    lessons = taught(searched(0.1, 0.2, 0.3, method=method))
    assert (lessons.best_of, lessons.enough) == ((), None)


def test_the_best_of_fewer_has_the_unit_of_the_metric() -> None:
    lessons = taught(searched(0.9, 0.8, 0.7, direction="max"))
    assert [(each.trials, each.low, each.high) for each in lessons.best_of] == [
        (1, 0.9, 0.7),
        (2, 0.9, 0.8),
        (3, 0.9, 0.9),
    ]
    assert lessons.enough == 3


def test_of_many_trials_only_some_counts_are_told() -> None:
    lessons = taught(searched(*[0.1 + place for place in range(20)]))
    assert [each.trials for each in lessons.best_of] == [1, 2, 4, 8, 16, 20]


def test_json_has_no_infinity() -> None:
    plain = lessons_plain(lessons_of(searched(0.1, 0.2, None, None)))
    assert plain["best_of"][0]["high"] is None
    assert json.loads(json.dumps(plain, allow_nan=False)) == json.loads(json.dumps(plain))
    assert plain["full_runs"] == 4.0
    assert all(math.isfinite(each["middle"]) for each in plain["best_of"])
