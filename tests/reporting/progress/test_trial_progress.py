"""Mirrors ratecraft/reporting/progress/trial_progress.py, with the block and the plain lines of a running search."""

import io

from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Direction
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.trials import Trial
from ratecraft.reporting.progress.screen import open_screen
from ratecraft.reporting.progress.trial_progress import TrialProgress, trial_progress_lines
from ratecraft.reporting.progress.view import View, follow, view_lines
from ratecraft.reporting.text.page import Page


def asked(number: int, *, stop: int = 400, direction: Direction = "min", is_whole: bool = True) -> Proposed:
    evaluate = Evaluate("natural", "val_loss", direction=direction) if is_whole else Evaluate("figure", "val_loss")
    job = Job(stop=stop, seed=number, evaluate=evaluate)
    return Proposed(job, "trial", trial=Trial(number, {"rate": 0.1 / (number + 1), "batch": 16}))


def ended(proposed: Proposed, score: float | None) -> Finished:
    return Finished(Outcome(proposed.job.key, Ending.DONE if score else Ending.BLOWN_UP, steps=1, score=score), 1)


def after(*events: Event) -> TrialProgress:
    standings = TrialProgress()
    for event in events:
        standings = standings.after(event)
    return standings


def test_the_best_is_the_best_full_run_in_the_metric_s_own_direction() -> None:
    for direction, best in (("min", 1), ("max", 0)):
        first, second = asked(0, direction=direction), asked(1, direction=direction)  # type: ignore[arg-type]
        found = after(first, second, ended(first, 0.5), ended(second, 0.25)).best
        assert found is not None
        assert found.number == best


def test_a_shortened_run_and_a_lost_one_are_never_the_best() -> None:
    short, lost = asked(0, stop=25, is_whole=False), asked(1)
    standings = after(short, lost, ended(short, 0.1), ended(lost, None))
    assert (standings.best, standings.came_to) == (None, {25: 1})


def test_the_lines_tell_trials_rungs_and_the_best() -> None:
    short = [asked(number, stop=25, is_whole=False) for number in range(3)]
    whole = asked(1)
    standings = after(*short, *(ended(each, 0.5) for each in short), whole, ended(whole, 0.25), asked(3))
    assert trial_progress_lines(standings, Page()) == [
        "4 trials, 1 under way, 25 steps: 3, 400 steps: 1",
        "best so far 0.250: trial 1, rate 5e-2, batch 16",
    ]


def test_what_is_no_search_has_no_such_lines() -> None:
    job = Job(stop=5, evaluate=Evaluate("figure"))
    baseline = Proposed(job, "baseline")
    assert trial_progress_lines(after(baseline, ended(baseline, 0.5)), Page()) == []


def test_the_block_shows_how_trials_stand() -> None:
    view, first = View(horizon=400), asked(0)
    for event in (first, Started(first.job.key, 1), ended(first, 0.25)):
        view = follow(view, event)
    assert view_lines(view, Page())[1:3] == (
        "1 trials, 0 under way",
        "best so far 0.250: trial 0, rate 0.1, batch 16",
    )


def test_a_plain_log_tells_of_every_new_best_once() -> None:
    stream, first, second = io.StringIO(), asked(0), asked(1)
    screen = open_screen(stream, Page(), None, live=False)
    for event in (first, second, Started(first.job.key, 1), ended(first, 0.25)):
        screen.hear(event)
    for event in (Started(second.job.key, 1), ended(second, 0.5)):
        screen.hear(event)
    assert [line for line in stream.getvalue().splitlines() if line.startswith("best so far")] == [
        "best so far 0.250: trial 0, rate 0.1, batch 16"
    ]
