"""Keeps the best model of a study; of a probe only while it is the best one so far.

Path:   events on their way to the screen -> files of the study's `models` folder.

A probe leaves its state only while it is the best of the study. A full run leaves its last state and its best one
(`KEY.pt`, `KEY-best.pt`), and takes the place of a probe that it beats.
"""

import math
from collections.abc import Iterable
from typing import TypeAlias

from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.job import Job, Phase
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.progress.screen import Screen

_Rank: TypeAlias = tuple[float, int, float]
_NONE: _Rank = (math.inf, 0, 0.0)
_PROBES = ("bracket", "branch")


class ModelKeeper:
    """Passes events on to a screen and removes the states of probes that are not the best.

    Args:
        screen: Hears everything.
        folder: The study's.
        past: Events of the record, in order.
    """

    def __init__(self, screen: Screen, folder: StudyFolder, past: Iterable[Event]) -> None:
        self._screen, self._folder = screen, folder
        self._jobs: dict[str, tuple[Job, Phase]] = {}
        self._best = _NONE
        self._kept = ""  # the probe whose state is kept
        for event in past:
            self._weigh(event)

    def hear(self, event: Event) -> None:
        """One more event."""
        self._weigh(event)
        self._screen.hear(event)

    def say(self, line: str) -> None:
        """A line of the user's own run."""
        self._screen.say(line)

    def _weigh(self, event: Event) -> None:
        if isinstance(event, Proposed):
            self._jobs[event.job.key] = (event.job, event.phase)
        elif isinstance(event, Finished) and event.outcome.job in self._jobs:
            job, phase = self._jobs.pop(event.outcome.job)
            if not event.outcome.model:
                return
            rank = _rank(job, phase, event.outcome)
            is_probe = phase in (*_PROBES, "untrained")
            if rank < self._best:
                self._forget(self._kept)
                self._best, self._kept = rank, job.key if is_probe else ""
            elif is_probe:
                self._forget(job.key)

    def _forget(self, probe: str) -> None:
        if probe:
            (self._folder.models / f"{probe}.pt").unlink(missing_ok=True)


def _rank(job: Job, phase: Phase, outcome: Outcome) -> _Rank:
    """Smaller is better. Of equals the controller names the full run, then the shorter probe, then the lower rate.

    A full run that nothing validated stands above every probe.
    """
    how = job.evaluate
    if how is None or phase not in (*_PROBES, "final"):
        return _NONE
    if phase == "final" and not how.metric:
        return (-math.inf, 0, 0.0) if outcome.ending in (Ending.DONE, Ending.ENDED_EARLY) else _NONE
    value = outcome.best_score if how.kind == "natural" else outcome.score
    if value is None or not math.isfinite(value):
        return _NONE
    score = value if how.direction == "min" else -value
    return (score, 0, 0.0) if phase == "final" else (score, job.stop or 0, job.schedules["rate"].at(job.start))
