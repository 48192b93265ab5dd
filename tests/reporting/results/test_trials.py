"""Mirrors ratecraft/reporting/results/trials.py, with the report's own section of trials."""

from dataclasses import replace
from typing import Any

import pytest

from ratecraft.records.answer import Answer, RunResult
from ratecraft.records.cost import Costs
from ratecraft.records.metrics import Metric
from ratecraft.records.trials import Axis, Searched, Tried
from ratecraft.reporting.results.summary import Summary, to_json
from ratecraft.reporting.results.trials import trial_rows, trials_lines
from ratecraft.reporting.text.page import Page, cells
from ratecraft.reporting.verdict import verdict_text

AXES = (Axis("rate", 1e-4, 1e-1, is_log=True), Axis("kind", choices=("sgd", "adam")), Axis("momentum", 0.5, 0.9))


def tried(number: int, score: float | None, *, scores: tuple[float | None, ...] = (), **values: Any) -> Tried:
    return Tried(number, values, score, scores or (score,), 400, True, "done" if score else "blown up", f"job{number}")


def summary_of(*trials: Tried, baseline: float | None = 0.5, **changes: Any) -> Summary:
    best = trials[0].score
    answer = Answer(
        "gain",
        Metric("val_loss", "min"),
        rate=0.01,
        own_rate=0.001,
        horizon=400,
        baseline=None if baseline is None else RunResult(baseline, baseline, 400, 400),
        tuned=None if best is None else RunResult(best, best, 400, 400),
        search=Searched("random", AXES, trials, 400, len(trials[0].scores), 0.02, 100),
    )
    return Summary("search-train", ".ratecraft/search-train", replace(answer, **changes), COSTS, verb="search")


COSTS = Costs(4.0, 1.0, 0.0, 0, 5.0, 60.0, {"trial": 1600})
TRIALS = (
    tried(1, 0.25, scores=(0.23, 0.27), rate=0.01, kind="sgd", momentum=0.8),
    tried(0, 0.4, scores=(0.4, 0.4), rate=0.001, kind="adam"),
    tried(2, None, scores=(None, None), rate=0.1, kind="adam"),
)


def test_every_trial_stands_in_the_table_with_its_values_and_the_spread_of_its_seeds() -> None:
    head, *rows = trial_rows(summary_of(*TRIALS).answer, Page())
    assert head == ["trial", "val_loss", "rate", "kind", "momentum", "steps"]
    assert rows[0] == ["1", "0.250 ± 0.020", "1e-2", "sgd", "0.800", "400"]
    assert rows[1] == ["0", "0.400 ± 0", "1e-3", "adam", "–", "400"]
    assert rows[2][:2] == ["2", "blown up"]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("room", [30, 44, 80])
def test_the_screen_has_the_best_ten_in_the_room_that_there_is(language: str, room: int) -> None:
    many = tuple(tried(number, 0.1 + number, rate=0.01, kind="adam", momentum=0.7) for number in range(14))
    lines = trials_lines(summary_of(*many), Page(language, room), room)
    assert all(cells(line) <= room for line in lines)
    assert sum("1e-2" in line for line in lines) == 10
    assert "4" in lines[-1] or "4" in lines[-2]


def test_schedules_that_were_varied_are_told_apart_where_there_is_little_room() -> None:
    shapes = ("warmup(176) >> cosine(1, 0)", "wsd(0.05, 0.2)", "step(176, 0.1)")
    many = tuple(tried(at, 0.1 + at, rate=0.05, schedule=shape) for at, shape in enumerate(shapes))
    summary = summary_of(*many)
    assert summary.answer.search is not None
    axes = (Axis("rate", choices=(0.05,)), Axis("schedule", choices=shapes))
    search = replace(summary.answer.search, axes=axes)
    summary = replace(summary, answer=replace(summary.answer, search=search))
    _, *rows = trials_lines(summary, Page("en", 40), 40)
    assert [shape[:9] in row for shape, row in zip(shapes, rows, strict=True)] == [True, True, True]
    assert all("5e-2" not in row for row in rows)  # alike in all of them


def test_a_study_without_trials_has_no_table() -> None:
    empty = replace(summary_of(*TRIALS), answer=Answer("gain", Metric("val_loss", "min")))
    assert trials_lines(empty, Page(), 80) == []
    assert "search" not in to_json(empty)


def test_json_has_every_trial_and_what_was_varied() -> None:
    plain = to_json(summary_of(*TRIALS))["search"]
    assert [each["number"] for each in plain["trials"]] == [1, 0, 2]
    assert plain["space"][0] == {
        "name": "rate",
        "low": 1e-4,
        "high": 1e-1,
        "is_log": True,
        "is_integer": False,
        "choices": [],
    }
    assert (plain["method"], plain["noise"], plain["saved_steps"]) == ("random", 0.02, 100)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Gain: val_loss 0.250 instead of 0.500, 50.0% better."),
        ({"verdict": "no-gain"}, "No gain: no trial beats your run, val_loss 0.500, by more than the noise."),
        ({"verdict": "not-compared", "baseline": None}, "The best of the trials: val_loss 0.250 at rate 1e-2."),
        ({"verdict": "not-compared", "baseline": None, "rate": None}, "The best of the trials: val_loss 0.250."),
        ({"verdict": "no-information", "tuned": None}, "No result: no trial got a score."),
    ],
)
def test_the_verdict_speaks_of_trials(changes: dict[str, Any], said: str) -> None:
    answer = replace(summary_of(*TRIALS).answer, **changes)
    assert verdict_text(answer, Page())[0] == said
