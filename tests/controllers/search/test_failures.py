"""Mirrors ratecraft/controllers/search/controller.py: whole searches of a program on made outcomes."""

from collections.abc import Callable

import pytest

from ratecraft.controllers.search.controller import Search
from ratecraft.controllers.search.reading import space_of
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.errors import NoAnswer, ScriptFailed
from ratecraft.records.answer import Answer
from ratecraft.records.events import Finished
from ratecraft.records.job import Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Failure, Figure, Outcome

RATES = (0.1, 0.01, 0.001)
CRASH = Failure("exit", "1", traceback="Traceback: no data")
LATE = Failure("time-limit", "5")


def settings(rates: tuple[float, ...] = RATES) -> SearchSettings:
    return SearchSettings(
        method="grid",
        space=space_of({"rate": list(rates)}, in_command=True),
        metric=Metric("val_loss", "min"),
        baseline=False,
        arguments=("train", "--lr={rate}"),
        what="program",
    )


def well(job: Job, *figures: Figure) -> Outcome:
    score = next((each.value for each in figures if each.name == "val_loss"), None)
    return Outcome(job.key, Ending.DONE, steps=1, executed=1, score=score, figures=figures)


def failed(job: Job, failure: Failure = CRASH) -> Outcome:
    return Outcome(job.key, Ending.FAILED, steps=1, executed=1, failure=failure)


def searched(
    perform: Callable[[Job], Outcome], given: SearchSettings | None = None, at_once: int = 1
) -> tuple[Answer, list[Job]]:
    """The answer of a search, with the jobs that it asked for; each batch comes back in the reverse order."""
    search, jobs = Search(given or settings()), list[Job]()
    state = search.init()
    while True:
        wanted = search.wanted(state, at_once)
        if isinstance(wanted, Answer):
            return wanted, jobs
        for each in wanted:
            state = search.observe(state, each)
        for each in reversed(wanted):
            jobs.append(each.job)
            state = search.observe(state, Finished(perform(each.job), 1))


def test_a_trial_is_one_job_with_its_values_as_words() -> None:
    answer, jobs = searched(lambda job: well(job, Figure(1, "val_loss", 0.5)))
    assert [job.arguments for job in jobs] == [("train", f"--lr={rate}") for rate in RATES]
    assert not any(job.schedules for job in jobs)
    assert answer.horizon == 1
    assert [each.code for each in answer.decisions][-1] == "search-among-trials"


def test_a_trial_that_fails_is_lost_and_no_more() -> None:
    answer, _ = searched(
        lambda job: failed(job) if "0.001" not in job.arguments[1] else well(job, Figure(1, "val_loss", 2.0))
    )
    assert answer.search is not None
    assert [(each.score, each.ending) for each in answer.search.trials] == [
        (2.0, "done"),
        (None, "failed"),
        (None, "failed"),
    ]


@pytest.mark.parametrize(
    ("failure", "code", "text"),
    [
        (CRASH, "program-failed", "All 3 runs of the program failed; the first one with exit code 1"),
        (LATE, "program-never-ends", "No trial finished within 5 seconds: all 3 were ended"),
    ],
)
def test_a_search_whose_every_run_fails_says_why(failure: Failure, code: str, text: str) -> None:
    with pytest.raises(ScriptFailed, match=text) as refused:
        searched(lambda job: failed(job, failure), at_once=2)
    assert refused.value.code == code


def test_a_figure_that_two_runs_never_tell_stops_the_search() -> None:
    asked: list[Job] = []

    def silent(job: Job) -> Outcome:
        asked.append(job)
        return well(job, Figure(1, "val_acc", 0.5))

    with pytest.raises(NoAnswer, match=r"neither reported `val_loss`\. What they reported: val_acc"):
        searched(silent)
    assert len(asked) == 2


def test_one_silent_run_is_lost_where_others_tell_the_figure() -> None:
    answer, _ = searched(lambda job: well(job, *([] if "0.1" in job.arguments[1] else [Figure(1, "val_loss", 1.0)])))
    assert answer.search is not None
    assert [each.score for each in answer.search.trials] == [1.0, 1.0, None]


def test_a_single_silent_trial_is_told_too() -> None:
    with pytest.raises(NoAnswer, match="neither reported `val_loss`"):
        searched(well, settings((0.1,)))
