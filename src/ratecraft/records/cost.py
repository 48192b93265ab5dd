"""What a study cost: a pure fold over its events.

Path:   events of the record -> costs for the budget, the screen and `--json`.
Units:  runs are multiples of the horizon; steps are optimizer steps; seconds are wall time of the jobs' processes.
Source: docs/reference/studies.md, "Cost".
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Phase

Attempt: TypeAlias = tuple[str, int]
"""Job key and number of the attempt."""


@dataclass(frozen=True, slots=True)
class Reused:
    """Jobs that another study had run already, so that this one did not: their number, and their own steps."""

    jobs: int = 0
    steps: int = 0

    def and_one_of(self, steps: int) -> "Reused":
        """One more job."""
        return Reused(self.jobs + 1, self.steps + steps)


@dataclass(frozen=True, slots=True)
class Costs:
    """What a study cost so far.

    Attributes:
        runs: Steps of all finished jobs but the baseline, replayed prefixes included, in runs: what the budget limits.
        baseline_runs: Steps of the baseline, in runs.
        evaluation_steps: What scoring cost, in steps: a third of a step for each frozen one.
        recomputed_steps: Steps of attempts that were cut off, and of trunks that had to be trained once more because
            they were no longer there.
        total_runs: All of it together, in runs.
        seconds: Wall time of all finished jobs.
        by_phase: Phase to the steps that its finished jobs executed, in the order of their first finish.
        reused: Name of another study to what it had run already.
    """

    runs: float
    baseline_runs: float
    evaluation_steps: float
    recomputed_steps: int
    total_runs: float
    seconds: float
    by_phase: Mapping[Phase, int]
    reused: Mapping[str, Reused] = field(default_factory=dict[str, Reused])


def costs(
    events: Iterable[Event], horizon: int, reached: Mapping[Attempt, int], running: Collection[Attempt] = ()
) -> Costs:
    """Fold the events of a study into its costs.

    Args:
        events: All events, in order.
        horizon: Optimizer steps of a full run, at least 1.
        reached: Steps that each attempt did, as the series show (`Record.reached`).
        running: Attempts that are under way now: started, without a finish, and not cut off.

    Raises:
        ZeroDivisionError: A horizon of 0.

    Example:
        >>> from ratecraft.records.job import Job
        >>> from ratecraft.records.outcome import Ending, Outcome
        >>> job = Job(stop=25)
        >>> started = [Started(job.key, 1), Started(job.key, 2)]
        >>> outcome = Outcome(job.key, Ending.DONE, steps=25, executed=25)
        >>> spent = costs([Proposed(job, "bracket"), *started, Finished(outcome, 2)], 100, {(job.key, 1): 10})
        >>> spent.runs, spent.recomputed_steps, spent.total_runs
        (0.25, 10, 0.35)
    """
    phases: dict[str, Phase] = {}
    started: dict[Attempt, None] = {}
    finished: dict[str, Finished] = {}
    for event in events:
        match event:
            case Proposed(job, phase):
                phases[job.key] = phase
            case Started(job, attempt):
                started[job, attempt] = None
            case Finished(outcome):
                finished[outcome.job] = event
            case _:
                pass
    ended = {(job, event.attempt) for job, event in finished.items()}
    recomputed = sum(reached.get(attempt, 0) for attempt in started if attempt not in ended and attempt not in running)
    recomputed += sum(event.outcome.recomputed for event in finished.values())
    by_phase: dict[Phase, int] = {}
    reused: dict[str, Reused] = {}
    for job, event in finished.items():
        if event.reused:
            reused[event.reused] = reused.get(event.reused, Reused()).and_one_of(event.outcome.steps)
            continue
        by_phase[phases[job]] = by_phase.get(phases[job], 0) + event.outcome.executed
    baseline = by_phase.get("baseline", 0)
    searched = sum(by_phase.values()) - baseline
    evaluation = sum(event.outcome.evaluation_steps for event in finished.values())
    return Costs(
        runs=searched / horizon,
        baseline_runs=baseline / horizon,
        evaluation_steps=evaluation,
        recomputed_steps=recomputed,
        total_runs=(searched + baseline + evaluation + recomputed) / horizon,
        seconds=sum(event.outcome.seconds for event in finished.values()),
        by_phase=by_phase,
        reused=reused,
    )
