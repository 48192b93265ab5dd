"""Which task is in which part, and which runs the oracle wants of it."""

import doctest
from collections import Counter
from typing import Any

import pytest
import suite
from hypothesis import given
from hypothesis import strategies as st
from oracle import WARMED, core_of, is_whole, wanted
from suite import OUTER, SHARES, TASKS, Task, drawn

NAMES = st.lists(st.text("abc", min_size=1, max_size=5), unique=True, min_size=2, max_size=30)


def test_the_examples_run() -> None:
    assert doctest.testmod(suite).failed == 0


@given(NAMES, st.integers(0, 9))
def test_names_are_dealt_out_by_the_seed_alone(names: list[str], seed: int) -> None:
    dealt = drawn(names, (1, 1), seed)
    assert dealt == drawn(names[::-1], (1, 1), seed)
    assert Counter(dealt.values()) == Counter(design=1, check=1, unseen=len(names) - 2) - Counter()


def test_other_seeds_deal_otherwise() -> None:
    names = [f"task {each}" for each in range(20)]
    assert len({frozenset(drawn(names, (7, 7), seed).items()) for seed in range(20)}) > 15


def test_the_parts_are_those_that_were_drawn_before_anything_was_scored() -> None:
    assert Counter(task.part for task in TASKS) == {"design": 18, "check": 10, "unseen": 13}
    assert all(task.part == "design" for task in TASKS if task.half)
    for kind, (design, check) in SHARES.items():
        parts = Counter(task.part for task in TASKS if task.kind == kind and not task.half)
        assert (parts["design"], parts["check"]) == (design, check)


def trained(kind: str, octave: float, best: float) -> dict[str, Any]:
    """A tree whose linear run is the better the nearer it is to the best octave."""
    figures = [[100, 1 + abs(octave - best)]]
    return {"kind": kind, "runs": [{"name": "linear", "ended": False, "figures": figures}]}


def all_trained(task: Task, best: float) -> dict[Any, dict[str, Any]]:
    """Train what is wanted, one tree after the other, until nothing is."""
    there: dict[Any, dict[str, Any]] = {}
    while missing := [each for each in wanted(task, there) if each not in there]:
        assert not is_whole(task, there)
        kind, _, octave = missing[0]
        there[missing[0]] = trained(kind, octave, best)
    return there


@pytest.mark.parametrize("best", [-6, 0, 3])
def test_a_new_task_is_scouted_first_and_then_trained_about_its_best_rate(best: int) -> None:
    task = Task("new", "check")
    assert {octave for kind, _, octave in wanted(task, {}) if kind == "outer"} == set(OUTER)
    there = all_trained(task, best)
    assert is_whole(task, there)
    core = core_of(task, there)
    assert core in OUTER
    assert abs(core - best) <= 1
    seeds = {
        octave: {seed for kind, seed, at in there if at == octave and kind in ("full", "outer")} for octave in (best, 0)
    }
    assert seeds == {best: {0, 1, 2, 3}, 0: {0, 1, 2, 3}}


def test_longer_warm_ups_are_trained_about_the_best_rate_with_two_seeds() -> None:
    there = all_trained(Task("new", "check"), best=3)
    for part, ups in WARMED.items():
        found = {(seed, octave) for kind, seed, octave in there if kind == f"warm-{part}"}
        assert found == {(seed, 3 + up) for seed in (0, 1) for up in ups}


def test_a_trainer_has_fewer_runs_and_its_baseline_is_the_script_as_it_is() -> None:
    there = all_trained(Task("trainer", "check", trainer=True), best=0)
    assert {seed for _, seed, _ in there} == {0, 1}
    assert {kind for kind, _, _ in there} == {"start", "ramp", "own", "outer", "probes"}
    assert len(there) < len(all_trained(Task("plain", "check"), best=0)) / 2


def test_a_task_whose_core_was_fixed_needs_no_scouts() -> None:
    task = Task("old", "design", core=2)
    assert core_of(task, {}) == 2
    assert ("full", 0, 2) in wanted(task, {})
