"""Mirrors ratecraft/tuning/outcomes.py."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.outcome import Ending, Failure, Figure, Note, RunFacts
from ratecraft.records.running import Passage, Score
from ratecraft.tuning.outcomes import Performance, best_figure, scored_outcome, trained_outcome, trunk_outcome
from ratecraft.tuning.run_listener import RunHistory

GRAND = Job(stop=10)
TRUNK = Job(start=10, stop=20, parent=GRAND.key)
BRANCH = Job(start=20, stop=26, parent=TRUNK.key, evaluate=Evaluate("figure", "val_loss", steps=9))
KEY_ERROR = Failure("exception", "KeyError", "'x'", "train.py", 7, "Traceback …")


def performance(
    passage: Passage, losses: Sequence[float], score: Score | None = None, figures: Sequence[Figure] = ()
) -> Performance:
    told = RunHistory({"loss": list(losses), "own_rate": [0.1] * len(losses)}, list(figures))
    return Performance(told, passage, score, RunFacts(own_rate=0.1), (Note("a-note"),), seconds=2.5)


def smooth(steps: int) -> list[float]:
    return [1.0 / (step + 1) for step in range(steps)]


def blown(at: int, steps: int) -> list[float]:
    """Losses of `steps` steps whose first NaN is that of step `at`."""
    return [*smooth(at), *[math.nan] * (steps - at)]


DONE = performance(Passage(26, Ending.DONE, 26), smooth(26), Score(0.4, frozen=6, model="best"))


def test_a_scored_job_has_its_own_steps_and_pays_for_the_whole_replay() -> None:
    outcome = scored_outcome(BRANCH, DONE)
    assert (outcome.ending, outcome.steps, outcome.executed) == (Ending.DONE, 6, 26)
    assert outcome.losses == tuple(smooth(26)[20:])
    assert outcome.own_rates == (0.1,) * 6
    assert (outcome.first_loss, outcome.score, outcome.model, outcome.seconds) == (1.0, 0.4, "best", 2.5)


def test_a_frozen_step_costs_a_third_of_a_step() -> None:
    outcome = scored_outcome(BRANCH, DONE)
    assert (outcome.frozen, outcome.evaluation_steps) == (6, 2.0)


def test_trunks_have_their_own_steps_and_cost_nothing() -> None:
    first, second = trunk_outcome(GRAND, DONE), trunk_outcome(TRUNK, DONE)
    assert (first.ending, first.steps, first.executed) == (Ending.DONE, 10, 0)
    assert first.losses + second.losses == tuple(smooth(20))
    assert first.first_loss == second.first_loss == 1.0


def test_a_trunk_tells_nothing_that_depends_on_who_replayed_it() -> None:
    figures = [Figure(20, "val_loss", 0.7), Figure(26, "val_loss", 0.4)]
    short = performance(Passage(26, Ending.DONE, 26), smooth(26), Score(0.4), figures)
    long = performance(Passage(90, Ending.DONE, 90), smooth(90), None, [*figures[:1], Figure(80, "val_loss", 0.1)])
    assert trunk_outcome(TRUNK, short) == trunk_outcome(TRUNK, long)


def test_a_trunk_that_was_trained_for_itself_pays_for_its_steps_and_is_the_same_otherwise() -> None:
    run = replace(performance(Passage(20, Ending.DONE, 10), smooth(20)), recomputed=10)
    outcome = trained_outcome(TRUNK, run)
    assert (outcome.executed, outcome.recomputed, outcome.seconds) == (10, 10, 2.5)
    assert replace(outcome, executed=0, recomputed=0, seconds=0.0) == trunk_outcome(TRUNK, DONE)


def test_a_figure_of_the_trunk_s_last_step_is_the_trunk_s_where_it_was_told_before_the_trunk_ended() -> None:
    figures = [Figure(20, "val_loss", 0.7), Figure(20, "val_acc", 0.4), Figure(26, "val_loss", 0.4)]
    run = performance(Passage(26, Ending.DONE, 26), smooth(26), Score(0.4), figures)
    assert trunk_outcome(TRUNK, replace(run, pauses=((10, 0), (20, 1), (26, 2)))).figures == tuple(figures[:1])


def test_a_trunk_that_blew_up_has_no_failure_whatever_its_child_came_to() -> None:
    run = performance(Passage(16, Ending.FAILED, 16, halvings=(15,), failure=KEY_ERROR), blown(14, 16))
    assert (trunk_outcome(TRUNK, run).ending, trunk_outcome(TRUNK, run).failure) == (Ending.BLOWN_UP, None)


@given(at=st.integers(0, 25), late=st.integers(0, 5))
def test_a_blow_up_is_the_trunk_s_in_which_it_was_and_its_descendants(at: int, late: int) -> None:
    seen = min(26, at + 1 + late)  # a run may notice it some steps late
    run = performance(Passage(seen, Ending.BLOWN_UP, seen), blown(at, seen))
    outcomes = [trunk_outcome(GRAND, run), trunk_outcome(TRUNK, run), scored_outcome(BRANCH, run)]
    for job, outcome in zip((GRAND, TRUNK, BRANCH), outcomes, strict=True):
        assert job.stop is not None
        assert outcome.ending is (Ending.BLOWN_UP if at < job.stop else Ending.DONE)
        assert outcome.steps == max(0, min(at + 1, job.stop) - job.start)
        assert len(outcome.losses) == outcome.steps
    assert [outcome.score for outcome in outcomes] == [None] * 3


def test_a_missing_loss_is_no_blow_up_of_a_run_that_went_on() -> None:
    losses = [*smooth(3), math.nan, *blown(18, 22)[4:]]
    run = performance(Passage(22, Ending.BLOWN_UP, 22), losses)
    assert trunk_outcome(GRAND, run).ending is Ending.DONE
    assert trunk_outcome(TRUNK, run).steps == 9


def test_a_blow_up_that_the_losses_do_not_show_is_where_the_run_stopped() -> None:
    run = performance(Passage(15, Ending.BLOWN_UP, 15), smooth(15))
    assert trunk_outcome(GRAND, run).ending is Ending.DONE
    assert (trunk_outcome(TRUNK, run).ending, trunk_outcome(TRUNK, run).steps) == (Ending.BLOWN_UP, 5)


def test_a_job_that_halves_its_rate_is_done_and_its_trunk_that_does_not_is_blown_up() -> None:
    final = Job(start=20, stop=26, parent=TRUNK.key, stop_rule=StopRule("halve", 4), evaluate=Evaluate("natural"))
    losses = [*smooth(14), math.inf, *smooth(11)]
    run = performance(Passage(26, Ending.DONE, 26, halvings=(16, 23)), losses)
    assert scored_outcome(final, run).ending is Ending.DONE
    assert scored_outcome(final, run).halvings == (23,)
    assert (trunk_outcome(TRUNK, run).ending, trunk_outcome(TRUNK, run).steps) == (Ending.BLOWN_UP, 5)


def test_a_failure_in_a_trunk_is_a_failure_of_the_trunk_and_of_its_descendants() -> None:
    run = performance(Passage(14, Ending.FAILED, 14, failure=KEY_ERROR), smooth(14))
    assert trunk_outcome(GRAND, run).ending is Ending.DONE
    assert trunk_outcome(GRAND, run).failure is None
    trunk, branch = trunk_outcome(TRUNK, run), scored_outcome(BRANCH, run)
    assert (trunk.ending, trunk.steps, trunk.failure) == (Ending.FAILED, 4, KEY_ERROR)
    assert (branch.ending, branch.steps, branch.executed, branch.failure) == (Ending.FAILED, 0, 14, KEY_ERROR)


def test_an_exception_after_a_blow_up_is_a_blow_up_that_keeps_its_error() -> None:
    run = performance(Passage(25, Ending.BLOWN_UP, 25, failure=KEY_ERROR), blown(23, 25))
    outcome = scored_outcome(BRANCH, run)
    assert (outcome.ending, outcome.failure) == (Ending.BLOWN_UP, KEY_ERROR)


def test_an_evaluation_that_fails_makes_the_job_fail_and_not_its_trunk() -> None:
    run = performance(Passage(26, Ending.DONE, 26), smooth(26), Score(0.5, failure=KEY_ERROR))
    outcome = scored_outcome(BRANCH, run)
    assert (outcome.ending, outcome.score, outcome.failure) == (Ending.FAILED, None, KEY_ERROR)
    assert trunk_outcome(TRUNK, run).failure is None


def test_a_script_that_ends_before_the_stop_ended_early_and_keeps_its_score() -> None:
    run = performance(Passage(23, Ending.DONE, 23), smooth(23), Score(0.5))
    outcome = scored_outcome(BRANCH, run)
    assert (outcome.ending, outcome.steps, outcome.score) == (Ending.ENDED_EARLY, 3, 0.5)
    assert trunk_outcome(TRUNK, run).ending is Ending.DONE


def test_a_script_that_ends_inside_a_trunk_ended_the_trunk_early() -> None:
    run = performance(Passage(13, Ending.DONE, 13), smooth(13))
    assert (trunk_outcome(TRUNK, run).ending, trunk_outcome(TRUNK, run).steps) == (Ending.ENDED_EARLY, 3)
    assert (scored_outcome(BRANCH, run).ending, scored_outcome(BRANCH, run).steps) == (Ending.ENDED_EARLY, 0)


def test_a_run_without_a_stop_is_done_at_the_script_s_own_end() -> None:
    baseline = Job(evaluate=Evaluate("natural"))
    outcome = scored_outcome(baseline, performance(Passage(77, Ending.DONE, 77), smooth(77), Score(0.2)))
    assert (outcome.ending, outcome.steps) == (Ending.DONE, 77)


@pytest.mark.parametrize(("direction", "best"), [("min", (0.1, 5)), ("max", (0.9, 9))])
def test_the_best_figure_is_that_of_the_metric_in_its_direction(direction: str, best: tuple[float, int]) -> None:
    values = [(3, 0.5), (5, 0.1), (7, math.nan), (9, 0.9), (11, 0.1), (12, math.inf)]
    figures = [Figure(step, "Val/Score", value) for step, value in values] + [Figure(4, "val_loss", -9.0)]
    how = Evaluate("natural", "val_score", direction="min" if direction == "min" else "max")
    job = Job(evaluate=how)
    outcome = scored_outcome(job, performance(Passage(12, Ending.DONE, 12), smooth(12), Score(0.1), figures))
    assert (outcome.best_score, outcome.best_step) == best
    assert outcome.figures == tuple(figures)


def test_without_a_metric_no_figure_is_the_best() -> None:
    assert best_figure([Figure(3, "val_loss", 0.5)], Evaluate("natural")) is None
