"""The contents of a study's record as one value: its summary, its identity, and every run from its step 0.

Path:   summary, header and events (put together by `api`) -> `Evidence` -> the sections of the report.
Units:  steps are optimizer steps, counted from a run's step 0; rates are absolute, of the leading group.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.job import Job, Phase
from ratecraft.records.outcome import Outcome
from ratecraft.records.storage.header import StudyHeader
from ratecraft.reporting.results.summary import Summary


@dataclass(frozen=True, slots=True)
class Made:
    """A job that has ended. `attempt` is 0 if its losses came from another job's process or from another study."""

    job: Job
    phase: Phase
    outcome: Outcome
    attempt: int = 1
    reused: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A study with everything that its record holds.

    Attributes:
        summary: Its summary.
        header: Its identity.
        made: Every job that has ended, by key, in the order of the proposals.
    """

    summary: Summary
    header: StudyHeader
    made: Mapping[str, Made]

    @property
    def baseline(self) -> Made | None:
        """The run of the script as it is; None without one."""
        return next((job for job in self.made.values() if job.phase == "baseline"), None)

    @property
    def constant(self) -> Made | None:
        """The full run at a constant rate for comparison; None without one. If there are several, the last."""
        if self.summary.answer.constant is None:
            return None
        others = [job for key, job in self.made.items() if job.phase == "final" and key != self._final]
        return others[-1] if others else None

    @property
    def final(self) -> Made | None:
        """The final run that is kept; None without one."""
        return self.made.get(self._final)

    @property
    def _final(self) -> str:
        return self.summary.answer.final_job

    def losses(self, key: str) -> list[float]:
        """Training loss at every step of a run, including the jobs that it branched off; NaN where it is not known."""
        made = self.made.get(key)
        if made is None:
            return []
        before = self.losses(made.job.parent)[: made.job.start] if made.job.parent else []
        before += [math.nan] * (made.job.start - len(before))
        return [*before, *made.outcome.losses]

    def rates(self, key: str) -> list[float]:
        """The rate at every step of a run: from its schedule, halved where the run was; else the script's own."""
        made = self.made.get(key)
        if made is None:
            return []
        schedule = made.job.schedules.get("rate")
        if schedule is None or schedule.needs_horizon:
            return list(made.outcome.own_rates)
        rates: list[float] = schedule.curve(made.job.start + made.outcome.steps).tolist()
        for step in made.outcome.halvings:
            rates[step:] = [rate / 2 for rate in rates[step:]]
        return rates

    def figures(self, key: str) -> dict[int, float]:
        """The compared figure by step, at every step where a run gave it."""
        made = self.made.get(key)
        if made is None:
            return {}
        name = self.summary.answer.metric.name
        before = self.figures(made.job.parent) if made.job.parent else {}
        told = {step: value for step, value in before.items() if step <= made.job.start}
        return told | {figure.step: figure.value for figure in made.outcome.figures if figure.name == name}


def evidence_of(summary: Summary, header: StudyHeader, events: Iterable[Event]) -> Evidence:
    """Put together what a record holds."""
    proposed: dict[str, Proposed] = {}
    made: dict[str, Made] = {}
    for event in events:
        if isinstance(event, Proposed):
            proposed[event.job.key] = event
        elif isinstance(event, Finished) and event.outcome.job in proposed:
            asked = proposed[event.outcome.job]
            made[asked.job.key] = Made(asked.job, asked.phase, event.outcome, event.attempt, event.reused)
    ordered = {key: made[key] for key in proposed if key in made}
    return Evidence(replace(summary, next_command="", baseline=""), header, ordered)
