"""The trials of a running search: how many there are, how far they came, and the best so far.

Path:   events -> `TrialProgress`, a part of the `View` -> lines of the live block, and the end of a plain line.
Units:  steps are optimizer steps; scores in the unit of the metric.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.outcome import Outcome
from ratecraft.reporting.text.numbers import count_text, number_text, value_text
from ratecraft.reporting.text.page import Page


@dataclass(frozen=True, slots=True)
class Leader:
    """The best full run so far."""

    job: str
    number: int
    values: Mapping[str, Any]
    score: float


@dataclass(frozen=True, slots=True)
class TrialProgress:
    """A fold over events; unchanged if the study is not a search.

    Attributes:
        begun: Number of trials begun.
        open_jobs: Proposals of the scored runs under way, by the key of the job.
        came_to: Length in steps to the number of runs that reached it.
        best: None while no full run has a score.
    """

    begun: int = 0
    open_jobs: Mapping[str, Proposed] = field(default_factory=dict[str, Proposed])
    came_to: Mapping[int, int] = field(default_factory=dict[int, int])
    best: Leader | None = None

    def after(self, event: Event) -> "TrialProgress":
        """The progress after one more event."""
        if isinstance(event, Proposed) and event.trial is not None and event.job.evaluate is not None:
            begun = max(self.begun, event.trial.number + 1)
            return replace(self, begun=begun, open_jobs={**self.open_jobs, event.job.key: event})
        if isinstance(event, Finished) and event.outcome.job in self.open_jobs:
            return self._ended(self.open_jobs[event.outcome.job], event.outcome)
        return self

    def _ended(self, proposed: Proposed, outcome: Outcome) -> "TrialProgress":
        job, trial, best, came_to = proposed.job, proposed.trial, self.best, self.came_to
        still = {key: job for key, job in self.open_jobs.items() if key != outcome.job}
        if proposed.phase == "trial" and trial is not None and job.evaluate is not None and outcome.score is not None:
            stop = job.stop or 0
            came_to = {**came_to, stop: came_to.get(stop, 0) + 1}
            sign = -1 if job.evaluate.direction == "max" else 1
            if job.evaluate.kind == "natural" and (best is None or sign * outcome.score < sign * best.score):
                best = Leader(outcome.job, trial.number, trial.values, outcome.score)
        return replace(self, open_jobs=still, came_to=came_to, best=best)


def trial_progress_lines(standings: TrialProgress, page: Page) -> list[str]:
    """How many trials there are and how far they came, then the best so far; nothing if there are none."""
    if not standings.begun:
        return []
    under_way = count_text(len(standings.open_jobs))
    parts = [page.words("screen.progress.trials", begun=count_text(standings.begun), under_way=under_way)]
    if len(standings.came_to) > 1:
        parts += [
            page.words("screen.progress.rung", steps=count_text(steps), trials=count_text(trials))
            for steps, trials in sorted(standings.came_to.items())
        ]
    lines = [page.words("screen.progress.and").join(parts)]
    return [*lines, best_text(standings.best, page)] if standings.best is not None else lines


def best_text(best: Leader, page: Page) -> str:
    """The best trial so far, and its values."""
    values = page.words("screen.progress.and").join(
        f"{name} {value_text(name, value)}" for name, value in best.values.items()
    )
    score, number = number_text(best.score), count_text(best.number)
    return page.words("screen.progress.best", score=score, number=number, values=values)
