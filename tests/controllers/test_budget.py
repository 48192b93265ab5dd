"""Mirrors ratecraft/controllers/budget.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.budget import Budget
from ratecraft.records.job import Evaluate, Job

TRUNK = Job(stop=100)
BRANCH = Job(start=100, stop=125, parent=TRUNK.key, evaluate=Evaluate("frozen", steps=8))
FINAL = Job(start=100, stop=1000, parent=TRUNK.key, evaluate=Evaluate("natural"))


def test_a_replayed_branch_costs_all_its_steps_and_its_trunk_nothing() -> None:
    assert Budget(1000, 1.75, "replay").of_jobs([TRUNK, BRANCH, FINAL]) == 125 + 1000


def test_a_forked_branch_costs_its_own_steps_and_the_trunk_is_paid_once() -> None:
    assert Budget(1000, 1.6, "fork").of_jobs([TRUNK, BRANCH, FINAL]) == 100 + 25 + 900


def test_a_job_without_an_end_costs_a_full_run() -> None:
    assert Budget(1000, 1.6, "replay").of_jobs([Job(evaluate=Evaluate("natural"))]) == 1000


@given(horizon=st.integers(1, 10**6), runs=st.floats(1, 10), piece=st.integers(1, 10**6), spent=st.integers(0, 10**7))
def test_room_is_as_many_pieces_as_fit(horizon: int, runs: float, piece: int, spent: int) -> None:
    room = Budget(horizon, runs, "replay").remaining(piece, spent)
    left = runs * horizon - spent
    assert room >= 0
    assert (room + 1) * piece > left * (1 - 1e-9)
    assert room == 0 or room * piece <= left + 1e-6 * piece


@given(horizon=st.integers(1, 10**6), steps=st.integers(1, 10**7))
def test_the_least_budget_allows_it_and_a_hundredth_less_does_not(horizon: int, steps: int) -> None:
    least = Budget(horizon, 1.0, "replay").least(steps)
    assert Budget(horizon, least, "replay").allows(steps)
    assert not Budget(horizon, least - 0.01001, "replay").allows(steps)


@pytest.mark.parametrize(("steps", "allowed"), [(1750, True), (1751, False)])
def test_the_whole_budget_may_be_spent(steps: int, allowed: bool) -> None:
    assert Budget(1000, 1.75, "replay").allows(steps) is allowed
