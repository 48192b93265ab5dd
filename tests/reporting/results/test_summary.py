"""Mirrors ratecraft/reporting/results/summary.py."""

import json
import math
from dataclasses import replace

from ratecraft.records.answer import Answer, Decision, Foreseen, RunResult, Span
from ratecraft.reporting.results.summary import Summary, to_json
from ratecraft.schedules.spec import from_json

KEYS = {
    "": "schema study metric baseline tuned verdict sure doubts rate interval groups schedule cost decisions",
    "metric": "name direction source",
    "baseline": "final best steps",
    "tuned": "final best best_at steps",
    "schedule": "expression json code",
    "cost": "runs baseline_runs evaluation_steps recomputed_steps total_runs seconds reused by_phase",
}


def test_the_object_has_exactly_the_promised_keys(summary: Summary) -> None:
    plain = to_json(summary)
    assert {name: " ".join(plain[name] if name else plain) for name in KEYS} == KEYS


def test_a_rate_held_constant_is_told_only_where_it_was_run(summary: Summary, answer: Answer) -> None:
    held = replace(answer, constant=RunResult(1.33, 1.31, 2304, 2400))
    assert "constant" not in to_json(summary)
    assert to_json(replace(summary, answer=held))["constant"] == {
        "final": 1.33,
        "best": 1.31,
        "best_at": 2304,
        "steps": 2400,
    }


def test_what_is_not_a_number_is_null(summary: Summary, answer: Answer) -> None:
    odd = replace(
        answer,
        baseline=RunResult(math.nan, -math.inf, None, 2400),
        decisions=(Decision("compared-equal", {"baseline": math.inf, "tuned": 1.0, "margin": (math.nan, {"a": 2})}),),
    )
    plain = json.loads(json.dumps(to_json(replace(summary, answer=odd)), allow_nan=False))
    assert plain["baseline"] == {"final": None, "best": None, "steps": 2400}
    assert plain["decisions"][0]["values"] == {"baseline": None, "tuned": 1.0, "margin": [None, {"a": 2}]}


def test_numbers_keep_their_full_precision(summary: Summary, answer: Answer) -> None:
    plain = json.loads(json.dumps(to_json(replace(summary, answer=replace(answer, rate=0.1 + 0.2)))))
    assert plain["rate"] == 0.1 + 0.2


def test_the_schedule_can_be_read_back(summary: Summary, answer: Answer) -> None:
    plain = json.loads(json.dumps(to_json(summary)))
    assert from_json(plain["schedule"]["json"]) == answer.schedules["rate"]


def test_every_group_has_the_rate_that_it_gets(summary: Summary) -> None:
    first, second = to_json(summary)["groups"]
    assert (first["rate"], first["leading"]) == (4.9e-3, True)
    told = {"rate": 4.9e-4, "ratio": 0.1, "own_rate": 3e-4, "parameters": 5120, "leading": False}
    assert second == told | {"optimizer": "", "optimizer_number": 0}


def test_what_was_not_found_is_null(summary: Summary) -> None:
    empty = Answer("no-information", summary.answer.metric)
    plain = to_json(replace(summary, answer=empty))
    absent = ("baseline", "tuned", "rate", "interval", "schedule")
    assert [plain[name] for name in absent] == [None] * len(absent)


def test_decisions_carry_their_sentence(summary: Summary) -> None:
    for decision in to_json(summary)["decisions"]:
        assert decision["code"]
        assert decision["text"]


def test_what_was_foreseen_is_told_only_where_something_was(summary: Summary, answer: Answer) -> None:
    foreseen = Foreseen(Span(1.28, 1.22, 1.34), Span(1.2, 1.11, 1.3))
    told = to_json(replace(summary, answer=replace(answer, foreseen=foreseen)))
    assert "foreseen" not in to_json(summary)
    assert told["foreseen"] == {
        "final": {"middle": 1.28, "low": 1.22, "high": 1.34},
        "twice": {"middle": 1.2, "low": 1.11, "high": 1.3},
        "twice_after": None,
    }
