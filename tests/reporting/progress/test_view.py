"""Mirrors ratecraft/reporting/progress/view.py."""

from collections.abc import Callable, Sequence
from functools import reduce

import pytest

from ratecraft.controllers.estimate import Estimate
from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Outcome, RunFacts
from ratecraft.reporting.progress.view import View, budget_text, follow, job_text, news_of, view_lines
from ratecraft.reporting.text.page import Page
from ratecraft.schedules.builders.constructors import constant, linear


def plan(horizon: int | None = None) -> Estimate:
    return Estimate(8, 1, runs=1.6, total_runs=2.6, budget=1.75, horizon=horizon)


def probe(rate: float, stop: int = 94) -> Job:
    return Job({"rate": constant(rate)}, stop=stop, evaluate=Evaluate("figure", "val_loss"))


def fold(events: Sequence[Event], view: View | None = None) -> View:
    return reduce(follow, events, View.of(plan()) if view is None else view)


def ended(job: Job, steps: int, score: float | None = 1.5, *, attempt: int = 1) -> Finished:
    outcome = Outcome(job.key, Ending.DONE, steps=steps, executed=steps, score=score, losses=(2.0, 1.0, float("nan")))
    return Finished(outcome, attempt)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_running_study_looks_as_in_the_golden_file(
    events: Sequence[Event], language: str, width: int, golden: Callable[[str, str], None], widest: Callable[[str], int]
) -> None:
    text = "\n".join(view_lines(fold(events), Page(language, width), seconds_left=190))
    assert widest(text) <= width
    golden(f"live-{language}-{width}", text)


def test_before_the_first_job_the_study_is_starting() -> None:
    assert view_lines(View(), Page()) == ("starting  0 steps",)


def test_the_baseline_tells_the_length_of_a_run(events: Sequence[Event]) -> None:
    assert fold(events[:4]).horizon == 2400


def test_the_length_that_the_baseline_shows_replaces_a_given_one(events: Sequence[Event]) -> None:
    assert fold(events, View.of(plan(horizon=1000))).horizon == 2400


def test_a_baseline_that_ended_early_tells_the_length_it_had() -> None:
    own = Job(evaluate=Evaluate("natural"))
    outcome = Outcome(own.key, Ending.ENDED_EARLY, 550, 550, facts=RunFacts(horizon=660))
    assert fold([Proposed(own, "baseline"), Started(own.key, 1), Finished(outcome, 1)]).horizon == 550


def test_a_given_length_is_not_replaced_by_that_of_a_baseline_that_blew_up() -> None:
    own = Job(evaluate=Evaluate("natural"))
    outcome = Outcome(own.key, Ending.BLOWN_UP, 20, 20, facts=RunFacts(horizon=660))
    told = [Proposed(own, "baseline"), Started(own.key, 1), Finished(outcome, 1)]
    assert fold(told, View.of(plan(horizon=600))).horizon == 600
    assert fold(told).horizon == 660


def test_the_baseline_is_not_spent_of_the_budget(events: Sequence[Event]) -> None:
    view = fold(events[:4])
    assert (view.spent, view.executed) == (0, 2400)
    assert budget_text(view, Page()) == "0 steps, 0.00 of 1.75 runs"


def test_the_baseline_is_left_to_run_beside_the_planned_runs_until_it_is_over() -> None:
    own = Job(evaluate=Evaluate("natural"))
    view = fold([Proposed(own, "baseline"), Started(own.key, 1)], View.of(plan(horizon=1000)))
    assert view.remaining == pytest.approx(2600)
    assert fold([Finished(Outcome(own.key, Ending.DONE, 1000, 1000), 1)], view).remaining == pytest.approx(1600)


def test_a_full_run_is_left_however_much_was_spent_before_it() -> None:
    probes = [probe(1e-3 * 2**at, 300) for at in range(4)]
    events = [event for job in probes for event in (Proposed(job, "bracket"), Started(job.key, 1), ended(job, 300))]
    view = fold(events, View.of(plan(horizon=1000)))
    assert view.remaining == 1000
    final = Job({"rate": constant(1e-3)}, stop=1000, evaluate=Evaluate("natural"))
    assert fold([Proposed(final, "final"), Started(final.key, 1), Progress(final.key, 400, 400)], view).remaining == 600
    assert fold([Proposed(final, "final"), Started(final.key, 1), ended(final, 1000)], view).remaining == 0


def test_what_is_left_is_unknown_without_the_length_of_a_run_or_a_plan() -> None:
    assert View.of(plan()).remaining is None
    assert View(horizon=1000).remaining is None


def test_processes_to_start_are_the_planned_ones_and_a_full_run_at_least() -> None:
    jobs = [probe(1e-3 * 2**at) for at in range(10)]
    view = View.of(plan())
    assert view.to_start == 9
    view = fold([event for job in jobs for event in (Proposed(job, "bracket"), Started(job.key, 1))], view)
    assert view.to_start == 1
    final = Job({"rate": constant(1e-3)}, evaluate=Evaluate("natural"))
    assert fold([Proposed(final, "final"), Started(final.key, 1)], view).to_start == 0


def test_a_job_that_begins_again_is_seen_as_if_it_had_not_begun_before() -> None:
    job = probe(1e-3)
    view = fold([Proposed(job, "bracket"), Started(job.key, 1), Progress(job.key, 60, 60, 1.2), Started(job.key, 2)])
    seen = view.jobs[job.key]
    assert (seen.attempt, seen.step, seen.loss, view.spent) == (2, 0, None, 0)
    assert fold([ended(job, 94, attempt=2)], view).spent == 94


def test_steps_that_another_process_brought_along_cost_nothing() -> None:
    trunk = Job({"rate": constant(1e-3)}, stop=75)
    assert fold([Proposed(trunk, "bracket"), ended(trunk, 75, None, attempt=0)]).spent == 0


def test_a_job_that_never_started_is_not_shown() -> None:
    trunk = Job({"rate": constant(1e-3)}, stop=75)
    assert len(view_lines(fold([Proposed(trunk, "bracket"), ended(trunk, 75, None, attempt=0)]), Page())) == 1


TRUNK = Job({"rate": constant(1e-3)}, stop=75)
BRANCH = Job({"rate": constant(1e-3)}, start=75, stop=94, parent=TRUNK.key, evaluate=Evaluate("figure", "val_loss"))
BEGUN = (Proposed(TRUNK, "bracket"), Proposed(BRANCH, "bracket"), Started(TRUNK.key, 1))


def test_a_trunk_is_shown_until_jobs_leave_it() -> None:
    assert len(view_lines(fold(BEGUN), Page())) == 3
    passed = (*BEGUN, ended(TRUNK, 75, None), Started(BRANCH.key, 1))
    (row,) = view_lines(fold(passed), Page())[2:]
    assert "0 of 94" in row


def told(*events: Event) -> list[bool]:
    """For each event whether a log tells of it."""
    return [news_of(fold(events[: at + 1]), event) is not None for at, event in enumerate(events)]


def test_of_a_probe_the_start_of_its_trunk_and_the_end_of_its_branch_are_told() -> None:
    assert told(*BEGUN, ended(TRUNK, 75, None), Started(BRANCH.key, 1), ended(BRANCH, 19)) == [
        False,
        False,
        True,
        False,
        False,
        True,
    ]


def test_a_trunk_that_failed_is_told_and_its_branch_is_not() -> None:
    failed = Finished(Outcome(TRUNK.key, Ending.FAILED, 60, 60), 1)
    brought = Finished(Outcome(BRANCH.key, Ending.FAILED), 0)
    assert told(*BEGUN, failed, Started(BRANCH.key, 1), brought)[3:] == [True, False, False]


def test_a_branch_is_told_to_begin_where_its_trunk_was_not_or_where_it_begins_again() -> None:
    assert told(Proposed(TRUNK, "bracket"), Proposed(BRANCH, "bracket"), Started(BRANCH.key, 1))[-1]
    assert told(*BEGUN, ended(TRUNK, 75, None), Started(BRANCH.key, 1), Started(BRANCH.key, 2))[-1]


def test_a_run_that_goes_on_from_a_probe_is_told_to_begin() -> None:
    final = Job({"rate": constant(1e-3)}, start=75, stop=900, parent=TRUNK.key, evaluate=Evaluate("natural"))
    assert told(*BEGUN, ended(TRUNK, 75, None), Proposed(final, "final"), Started(final.key, 1))[-1]


def test_an_event_of_an_unknown_job_changes_nothing() -> None:
    view = View.of(plan())
    assert follow(view, Progress("nobody", 3, 3)) is view


def test_the_shown_rate_is_the_peak_of_the_job_s_own_steps() -> None:
    cooling = Job({"rate": constant(8e-3, 75) >> linear(2e-3, 0, 19)}, start=75, stop=94, evaluate=Evaluate("frozen"))
    view = fold([Proposed(cooling, "bracket"), Started(cooling.key, 1)])
    assert view.jobs[cooling.key].rate == 2e-3


def test_progress_never_goes_back() -> None:
    job = probe(1e-3)
    events = [Proposed(job, "bracket"), Started(job.key, 1), Progress(job.key, 60, 60, 1.1), Progress(job.key, 59, 59)]
    seen = fold(events).jobs[job.key]
    assert (seen.step, seen.executed, seen.loss) == (60, 60, 1.1)


def test_a_missing_loss_is_left_out_of_the_last_losses() -> None:
    job = probe(1e-3)
    assert fold([Proposed(job, "bracket"), Started(job.key, 1), ended(job, 94)]).jobs[job.key].loss == 1.5


def test_only_the_last_jobs_are_shown_where_there_are_many() -> None:
    jobs = [probe(1e-5 * 2**at) for at in range(12)]
    view = fold([event for job in jobs for event in (Proposed(job, "bracket"), Started(job.key, 1))])
    lines = view_lines(view, Page())
    assert len(lines) == 10
    assert lines[-1].split()[0] == "2e-2"


def test_ten_thousand_events_keep_one_glimpse_a_job() -> None:
    job = probe(1e-3, 20_000)
    events = [Progress(job.key, step, step, 1.0) for step in range(10_000)]
    view = fold([Proposed(job, "final"), Started(job.key, 1), *events])
    assert len(view.jobs) == 1
    assert view.spent == 9999


def test_a_log_line_tells_how_a_job_ended() -> None:
    job = probe(1e-3)
    view = fold([Proposed(job, "bracket"), Started(job.key, 1), ended(job, 94)])
    assert job_text(view.jobs[job.key], view, Page()) == "bracket: rate 1e-3, done, loss 1.50, score 1.50"
