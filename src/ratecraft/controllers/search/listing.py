"""Searches that know all their trials beforehand: a grid, or draws that do not depend on earlier trials.

Path:   ledger -> a look at every command line -> the list of jobs with their shared trunks -> the next ones.
Units:  steps are optimizer steps; the budget is in runs (steps / horizon).

The list does not depend on any outcome, so their order cannot matter. For a run that shares nothing it holds only the
trial's number, and the job is made when its turn comes: ten thousand jobs would take most of the memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

from ratecraft.controllers.search.draws import drawn
from ratecraft.controllers.search.ledger import Ledger
from ratecraft.controllers.search.sharing import beginning, saved_steps, shared
from ratecraft.controllers.search.space import Values
from ratecraft.controllers.search.trial_jobs import Frame, arguments_of, look_at, trial_jobs
from ratecraft.controllers.synchronous import at_most
from ratecraft.errors import InvalidInput
from ratecraft.records.events import Proposed
from ratecraft.records.trials import Trial
from ratecraft.schedules.lengths import Horizon

_Place: TypeAlias = tuple[int, int]
"""The trial, and which of its runs (one for each seed)."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A run in a list: how to make its job, its steps, and what it must have in common with others to share."""

    place: _Place
    stop: int
    beginning: object


def listed(ledger: Ledger, free: int) -> tuple[Proposed, ...]:
    """The next jobs of a search whose trials are all known; first a look at every command line.

    Raises:
        InvalidInput: The budget does not hold a whole grid (`search-budget-too-small`).
    """
    frame, runs = ledger.frame, None
    if frame.looks:  # runs may be of any length
        looks = _looks(frame)
        seen = [run for look in looks if (run := ledger.length(look)) is not None]
        if len(seen) < len(looks):
            unknown = dict(zip(reversed(looks), reversed(_trials(frame)), strict=True))
            fresh = (ledger.opened(unknown[look]) for look in dict.fromkeys(looks) if look and look not in ledger.jobs)
            return at_most(free, tuple(proposal for (proposal,) in islice(fresh, max(0, free))))
        runs = tuple(seen)
    return at_most(free, _left(frame, runs, ledger.begun))


@lru_cache(maxsize=4)
def _looks(frame: Frame) -> tuple[str, ...]:
    """For every trial the key of the look that tells its length; empty if its arguments are the script's own."""
    words = (arguments_of(frame, trial.values) for trial in _trials(frame))
    return tuple(look_at(frame, word).key if word else "" for word in words)


@lru_cache(maxsize=4)
def _trials(frame: Frame) -> tuple[Trial, ...]:
    """All trials of a grid, or all draws, without repetitions."""
    settings, most = frame.settings, frame.settings.most_trials
    if settings.rule.is_grid:
        return tuple(Trial(number, values) for number, values in enumerate(frame.space.grid(most)))
    found: dict[tuple[tuple[str, Any], ...], Values] = {}
    for number in range((most or 0) + settings.most_misses):
        if len(found) == most:
            break
        values = drawn(frame, number)
        found.setdefault(tuple(values.items()), values)
    return tuple(Trial(number, values) for number, values in enumerate(found.values()))


def _left(frame: Frame, runs: tuple[Horizon, ...] | None, begun: int) -> Iterator[Proposed]:
    """The jobs of the list that were not asked for yet."""
    planned = _planned(frame, runs)
    for at in range(begun, len(planned)):
        each = planned[at]
        yield each if isinstance(each, Proposed) else _made(frame, runs, each)


def _made(frame: Frame, runs: tuple[Horizon, ...] | None, place: _Place) -> Proposed:
    at, seed = place
    return trial_jobs(frame, _trials(frame)[at], runs[at] if runs else frame.run)[seed]


@lru_cache(maxsize=4)
def _planned(frame: Frame, runs: tuple[Horizon, ...] | None = None) -> tuple[Proposed | _Place, ...]:
    """All jobs in the order in which they are asked for, with their shared trunks; as many as the budget holds.

    Args:
        frame: What was fixed before the first trial.
        runs: Steps of each trial's full run, 0 if it has none; None if all are as long as the script's own.

    Raises:
        InvalidInput: The budget does not hold a whole grid (`search-budget-too-small`).
    """
    settings, found = frame.settings, [_runs(frame, runs, at) for at in range(len(_trials(frame)))]
    while True:
        distinct = {key: run for trial in reversed(found) for key, run in reversed(trial.items())}
        planned = _together(frame, runs, tuple(distinct.values())[::-1])
        total = sum(run.stop for run in distinct.values())
        total -= saved_steps(proposal.job for proposal in planned if isinstance(proposal, Proposed))
        if settings.budget is None or total <= settings.budget * frame.horizon * (1 + 1e-9):
            return planned
        if settings.rule.is_grid:
            raise InvalidInput("search-budget-too-small", budget=settings.budget, least=total / frame.horizon)
        found.pop()


def _runs(frame: Frame, runs: tuple[Horizon, ...] | None, at: int) -> dict[str, _Run]:
    """The runs of a trial, by the keys of their jobs."""
    if runs and not runs[at].steps:
        return {}
    jobs = trial_jobs(frame, _trials(frame)[at], runs[at] if runs else frame.run)
    is_fork, least = frame.branching == "fork", frame.settings.tuner.least_trunk
    return {
        job.job.key: _Run((at, seed), job.job.stop or 0, beginning(job.job, least) if is_fork else None)
        for seed, job in enumerate(jobs)
    }


def _together(frame: Frame, runs: tuple[Horizon, ...] | None, planned: Sequence[_Run]) -> tuple[Proposed | _Place, ...]:
    """The runs in an order that puts those that begin alike next to each other, after the trunks that they share."""
    if frame.branching != "fork":
        return tuple(run.place for run in planned)
    groups: dict[object, list[_Run]] = {}
    for run in planned:
        groups.setdefault(run.beginning, []).append(run)
    found: list[Proposed | _Place] = []
    for group in groups.values():
        if len(group) == 1:
            found.append(group[0].place)
        else:
            found += shared([_made(frame, runs, run.place) for run in group], frame.settings.tuner.least_trunk)
    return tuple(found)
