"""The state of one job on the screen, and totals over all jobs, kept up to date so that many cost no more than few.

Path:   events -> `Glimpse` by job, `Tally` -> `View`.
Units:  steps are optimizer steps; `executed` counts every one that was run, replayed prefixes included.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ratecraft.records.job import Phase
from ratecraft.records.outcome import Ending

_FULL = ("final", "trial")
"""Phases whose jobs are full runs at chosen rates."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The state of one job on the screen.

    Attributes:
        is_trunk: It is not scored, being the first part of a probe or of a run.
        leaves: Key of the job that it branches off; empty if it begins at step 0.
        reused: Name of the study that had run it before; `known` is the number of steps saved.
    """

    phase: Phase
    rate: float | None
    stop: int | None
    is_trunk: bool = False
    leaves: str = ""
    attempt: int = 0
    step: int = 0
    executed: int = 0
    loss: float | None = None
    score: float | None = None
    ending: Ending | None = None
    reused: str = ""
    known: int = 0

    @property
    def is_full(self) -> bool:
        """Whether its phase is one of full runs at chosen rates."""
        return self.phase in _FULL


@dataclass(frozen=True, slots=True)
class Tally:
    """Totals over the jobs.

    Attributes:
        spent: Steps executed, without the baseline.
        known: Steps that need not be executed, as an earlier study had run them; without the baseline.
        baseline: Steps of the baseline.
        started: Jobs that were started, without the baseline.
        full_started: Whether one of these is a full run.
        baseline_over: Whether the baseline has ended.
        longest_ended: The most steps of a full run that has ended, executed or known from an earlier study.
        under_way: Steps executed so far by each full run under way, by key.
    """

    spent: int = 0
    baseline: int = 0
    started: int = 0
    full_started: bool = False
    baseline_over: bool = False
    longest_ended: int = 0
    known: int = 0
    under_way: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def longest(self) -> int:
        """The most steps that a full run has executed so far."""
        return max(self.longest_ended, *self.under_way.values(), 0)

    def moving(self, key: str, before: Glimpse | None, now: Glimpse) -> "Tally":
        """The totals after a change of a job's state."""
        more = now.executed - (before.executed if before else 0)
        is_baseline = now.phase == "baseline"
        was_there = before is not None and (before.attempt > 0 or bool(before.reused))
        is_there = now.attempt > 0 or bool(now.reused)
        is_new = is_there and not was_there
        under_way = {job: steps for job, steps in self.under_way.items() if job != key}
        if now.is_full and now.ending is None and now.attempt > 0:
            under_way[key] = now.executed
        has_ended = now.is_full and now.ending is not None
        return Tally(
            spent=self.spent + (0 if is_baseline else more),
            baseline=self.baseline + (more if is_baseline else 0),
            started=self.started + (is_new and not is_baseline),
            full_started=self.full_started or (now.is_full and is_there),
            baseline_over=self.baseline_over or (is_baseline and now.ending is not None),
            longest_ended=max(self.longest_ended, max(now.executed, now.known) if has_ended else 0),
            known=self.known + (0 if is_baseline else now.known - (before.known if before else 0)),
            under_way=under_way,
        )
