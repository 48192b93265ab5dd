"""Tier A on the frozen half that is for looking at: bounds that only a broken tuner would leave."""

import statistics
from functools import cache

import pytest
from frozen import is_complete, load
from scoring import reference_of
from suite import TASKS
from tier_a import Played, play

DESIGN = [each for each in TASKS if each.half == "design"]

pytestmark = pytest.mark.skipif(
    not all(is_complete(each.name) for each in DESIGN), reason="the oracle is not frozen yet"
)


@cache
def played(mode: str) -> tuple[Played, ...]:
    """A study for each task and seed of the design half."""
    tasks = [(each, load(each.name)) for each in DESIGN]
    return tuple(study for each, frozen in tasks for study in play(each, frozen, reference_of(frozen), mode))


def test_every_study_ends_with_a_model_within_its_budget() -> None:
    assert all(study.regret.share < 10 and study.runs <= 1.6 for study in played("default"))


def test_the_usual_study_is_within_two_seed_deviations_of_the_best_run_in_the_median() -> None:
    assert statistics.median(study.regret.in_sd for study in played("default")) < 2


def test_a_cheap_study_costs_less_on_a_single_pass() -> None:
    once = {each.name for each in DESIGN if each.single_pass}
    runs = {mode: [study.runs for study in played(mode) if study.task in once] for mode in ("default", "cheap")}
    assert max(runs["cheap"]) < min(runs["default"])
