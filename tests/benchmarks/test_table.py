"""The rows of the table."""

import math

import pytest
from scoring import Reference
from table import behind, overall, per_task, row_of

REFERENCES = {"a": Reference({0: 1.0, 1: 1.0}, 0.1), "b": Reference({0: 2.0, 1: 2.0}, 0.2)}


def line(task: str, seed: int, loss: float | None, *, draw: int = 0) -> dict:
    return {"task": task, "seed": seed, "draw": draw, "loss": loss, "runs": 1.5}


def test_a_row_tells_median_regret_cost_and_failures() -> None:
    row = row_of("x", [line("a", 0, 1.1), line("a", 1, 1.2), line("b", 0, 2.0), line("b", 1, 4.0)], REFERENCES)
    assert row.median[0] == pytest.approx(15)
    assert row.runs == 1.5
    assert row.failures == (0.25, 4)
    assert row.by_task == {"a": pytest.approx(15), "b": pytest.approx(50)}
    assert row.median[1] <= row.median[0] <= row.median[2]


def test_draws_of_a_seed_count_as_one() -> None:
    often = [line("a", 0, 1.0, draw=draw) for draw in range(9)]
    row = row_of("x", [*often, line("a", 1, 1.4), line("b", 0, 2.8)], REFERENCES)
    assert row.median[0] == pytest.approx(40)


def test_a_result_without_a_model_is_a_failure_and_can_be_printed() -> None:
    row = row_of("x", [line("a", 0, None), line("a", 1, 1.0)], REFERENCES)
    assert row.failures == (0.5, 2)
    assert row.p95[0] == math.inf
    assert "+inf" in overall([row])
    assert per_task([row]).startswith("| rival | a |")


def test_rivals_are_paired_by_task_and_seed() -> None:
    ours = row_of("ratecraft", [line("a", 0, 1.1), line("a", 1, 1.0), line("b", 0, None)], REFERENCES)
    theirs = row_of("x", [line("a", 0, 1.2), line("a", 1, 1.1), line("b", 0, None), line("b", 1, 9.0)], REFERENCES)
    assert behind(theirs, ours) == pytest.approx((1.0, 0.0, 1.0))
    assert behind(row_of("y", [line("b", 1, 2.0)], REFERENCES), ours) is None
