"""Mirrors ratecraft/laws/losses/overfitting.py."""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.losses.overfitting import overfits_after
from ratecraft.records.job import StopRule

RULE = StopRule(turned_over=125, turned_since=150, turned_after=400, turned_within=1000)
"""Of a run of 1000 steps that decays over its last 600."""

Scores = list[tuple[int, float]]


def course(lowest_at: int, rise: float, *, until: int = 1000, every: int = 50, noise: float = 0.0) -> Scores:
    """Scores that fall up to a step, and rise by a share of the lowest over each thousand steps from there on."""
    draw = random.Random(7)  # noqa: S311 - nothing here is secret
    fallen = [(step, 1 + max(0.0, lowest_at - step) / 500 + rise * max(0, step - lowest_at) / 1000)
              for step in range(every, until + 1, every)]  # fmt: skip
    return [(step, score + draw.gauss(0, noise)) for step, score in fallen]


def ends_at(scores: Scores, rule: StopRule = RULE) -> int | None:
    """The first step at which a run that tells these scores has turned."""
    return next((step for count, (step, _) in enumerate(scores, 1) if overfits_after(scores[:count], rule)), None)


def test_a_run_that_over_fits_turns_within_its_decay_and_was_good_about_its_lowest_score() -> None:
    scores = course(300, 0.5)
    ended = ends_at(scores)
    assert ended is not None
    assert 500 <= ended <= 600
    assert overfits_after(course(300, 0.5, until=ended), RULE) == pytest.approx(300, abs=50)


@given(st.floats(-5, 0), st.floats(0.1, 5), st.floats(-10, 10))
def test_what_only_falls_never_turns(slope: float, curve: float, level: float) -> None:
    scores = [(step, level + curve * (step / 1000 - 1) ** 2 + slope * step / 1000) for step in range(25, 1001, 25)]
    assert ends_at(scores) is None


def test_nothing_turns_before_the_decay_however_bad_it_becomes() -> None:
    ended = ends_at(course(100, 5.0))
    assert ended is not None
    assert ended >= 500


def test_what_is_less_than_a_hundredth_worse_has_not_turned() -> None:
    assert ends_at(course(300, 0.005)) is None


def test_a_rise_within_the_noise_has_not_turned() -> None:
    late = replace(RULE, turned_within=2000)
    assert ends_at(course(300, 0.05), late) is not None
    assert ends_at(course(300, 0.05, noise=0.2), late) is None


def test_where_the_end_would_save_less_than_a_second_run_costs_it_is_none() -> None:
    scores = course(550, 1.0)
    assert ends_at(scores) is None
    assert ends_at(scores, replace(RULE, turned_within=2000)) is not None


def test_figures_of_before_do_not_count() -> None:
    begun_low = [(50, 0.1), (100, 0.1), (150, 0.1), *course(1000, 0.0)[3:]]
    assert ends_at(begun_low) is None
    assert ends_at(begun_low, replace(RULE, turned_since=0)) is not None


def test_a_rule_that_names_no_stretch_never_ends_a_run() -> None:
    assert ends_at(course(300, 5.0), StopRule()) is None


def test_a_few_figures_tell_nothing() -> None:
    assert overfits_after([(400, 1.0), (600, 2.0), (800, 3.0), (1000, 4.0)], replace(RULE, turned_within=2000)) is None


@given(st.integers(1, 24))
def test_figures_without_a_number_tell_nothing(place: int) -> None:
    scores = course(300, 0.5, until=700)
    torn = [*scores[:place], (scores[0][0], math.nan), (scores[0][0], math.inf), *scores[place:]]
    assert overfits_after(torn, RULE) == overfits_after(scores, RULE)


def test_many_figures_are_judged_like_few() -> None:
    few, many = (ends_at(course(300, 0.5, every=every, noise=0.02)) for every in (50, 5))
    assert few is not None
    assert many == pytest.approx(few, abs=100)


@given(st.floats(0.01, 100))
def test_the_unit_of_the_figure_does_not_matter(factor: float) -> None:
    scores = course(300, 0.3, noise=0.01)
    assert ends_at([(step, factor * score) for step, score in scores]) == ends_at(scores)
