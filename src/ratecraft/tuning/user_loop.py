"""Drives a search whose trials are run by the user's own loop: the study waits while the loop's body trains.

Path:   controller -> a job -> `Turn`, for the loop's body -> reports -> outcome -> record -> controller.
Units:  steps as they are reported.

One trial is under way at a time. A trial that was cut off is asked for again; a finished one is never repeated.
"""

import math
import time
from bisect import insort
from collections.abc import Iterator, Mapping
from operator import index
from typing import TypeVar

from ratecraft.controllers.controller import Controller
from ratecraft.controllers.search.early_stopping import is_left_behind, report_at, rungs_of
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Figure, Outcome
from ratecraft.records.storage.store import Record
from ratecraft.records.trials import Trial

State = TypeVar("State")


class Turn:
    """One run of a trial: what the loop's body is given, and what it reports.

    Args:
        job: The job.
        trial: The trial.
        settings: Settings of the search.
        before: Rung to the scores that earlier runs reported there, in ascending order; smaller is better.
    """

    def __init__(self, job: Job, trial: Trial, settings: SearchSettings, before: Mapping[int, list[float]]) -> None:
        assert settings.metric is not None  # noqa: S101 - a search of a loop always has one
        self.job, self.trial = job, trial
        self._metric, self._reduction, self._rungs = settings.metric, settings.reduction, [*rungs_of(settings)]
        self._before, self._whole = before, settings.steps
        self._reports: list[tuple[int, float]] = []
        self._stopped = False
        self._begun = time.monotonic()

    def report(self, step: int, loss: float) -> None:
        """Report the score at a step.

        Raises:
            InvalidInput: It is not a step and a number, or the step comes before the last one (`loop-report`).
        """
        last = self._reports[-1][0] if self._reports else 1
        try:
            at, score = index(step), float(loss)
        except (TypeError, ValueError):
            at, score = 0, math.nan
        if at < max(1, last):
            raise InvalidInput("loop-report", given=f"({step!r}, {loss!r})")
        self._reports.append((at, score))

    def should_stop(self) -> bool:
        """Whether the trial is left behind; once it is, it stays so."""
        if not self._reports or self._stopped:
            return self._stopped
        if not math.isfinite(self._reports[-1][1]):
            self._stopped = True
        while not self._stopped and self._rungs and self._reports[-1][0] >= self._rungs[0]:  # each rung is reached once
            rung, *self._rungs = self._rungs
            mine = report_at(scores_of(self._reports, self._metric.sign()), rung)
            self._stopped = mine is not None and is_left_behind(mine, self._before[rung], self._reduction)
        return self._stopped

    def outcome(self) -> Outcome:
        """The outcome of the run."""
        steps, last = self._reports[-1] if self._reports else (0, math.nan)
        if self._reports and not math.isfinite(last):
            ending = Ending.BLOWN_UP
        else:
            ending = Ending.ENDED_EARLY if self._stopped else Ending.DONE
        done = steps if self._whole else 1
        return Outcome(
            self.job.key,
            ending,
            steps=done,
            executed=done,
            score=last if math.isfinite(last) else None,
            figures=tuple(Figure(step, self._metric.name, value, "logged") for step, value in self._reports),
            seconds=time.monotonic() - self._begun,
        )


def scores_of(reports: list[tuple[int, float]], sign: float) -> list[tuple[int, float]]:
    """Reports as scores, smaller = better; NaN counts as the worst."""
    return [(step, sign * value if math.isfinite(value) else math.inf) for step, value in reports]


def turns(controller: Controller[State], record: Record, settings: SearchSettings) -> Iterator[Turn]:
    """Yield every run that is still to be made; at the end the answer is in the record.

    A run is over when the next one is requested.

    Raises:
        StudyError: The controller waits although no job is under way (`study-stuck`), or the record cannot be written.
    """
    sign = settings.metric.sign() if settings.metric else 1.0
    state, open_jobs, attempts = controller.init(), dict[str, Proposed](), dict[str, int]()
    before = {rung: list[float]() for rung in rungs_of(settings)}

    def fold(event: Event) -> None:
        nonlocal state
        state = controller.observe(state, event)
        match event:
            case Proposed(job):
                open_jobs[job.key] = event
            case Started(key, attempt):
                attempts[key] = attempt
            case Finished(outcome):
                open_jobs.pop(outcome.job, None)
                reports = scores_of([(figure.step, figure.value) for figure in outcome.figures], sign)
                for rung, scores in before.items():
                    if (score := report_at(reports, rung)) is not None:
                        insort(scores, score)
            case _:
                pass

    def happen(event: Proposed | Started | Finished) -> None:
        record.append(event)
        fold(event)

    for event in record.events():
        fold(event)
    while True:
        if not open_jobs:
            wanted = controller.wanted(state, 1)
            if isinstance(wanted, Answer):
                record.set_answer(wanted)
                return
            if not wanted:
                raise StudyError("study-stuck")
            for proposed in wanted:
                happen(proposed)
        key, proposed = next(iter(open_jobs.items()))
        attempt = attempts.get(key, 0) + 1
        happen(Started(key, attempt))
        turn = Turn(proposed.job, proposed.trial or Trial(0), settings, before)
        yield turn
        happen(Finished(turn.outcome(), attempt))
