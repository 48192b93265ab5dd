"""A study written as sequential code, and what drives it.

Path:   events -> `State` -> the study's code, run from its beginning over the known outcomes -> new jobs, or the
        answer.

A synchronous controller is written as a generator that yields the jobs it needs and is sent their outcomes::

    def study(settings):
        (outcome,) = yield (Proposed(job, "bracket"),)
        ...
        return Answer(...)

`wanted` runs it again from the beginning each time, and sends it a batch of outcomes only once all of them are there.
So it keeps no state of its own, and cannot depend on the order of the outcomes: resuming a study is the same as going
on with it.
"""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.outcome import Outcome

Found = TypeVar("Found")

Asking: TypeAlias = Generator[tuple[Proposed, ...], tuple[Outcome, ...], Found]
"""Sequential code that yields jobs (parents first), is sent their outcomes in that order, and returns a result."""


@dataclass(frozen=True, slots=True)
class State:
    """All that a synchronous controller knows: the keys of the jobs it proposed, and the outcomes so far."""

    proposed: frozenset[str] = frozenset()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict[str, Outcome])


def observe(state: State, event: Event) -> State:
    """The state after one more event; only proposals and outcomes matter."""
    match event:
        case Proposed(job=job):
            return replace(state, proposed=state.proposed | {job.key})
        case Finished(outcome=outcome):
            return replace(state, outcomes={**state.outcomes, outcome.job: outcome})
        case _:
            return state


class Synchronous:
    """The base of synchronous controllers; each defines `wanted`."""

    __slots__ = ()

    def init(self) -> State:
        """The state before any event."""
        return State()

    def observe(self, state: State, event: Event) -> State:
        """The state after one more event."""
        return observe(state, event)


def next_jobs(study: Asking[Found], state: State, free: int) -> tuple[Proposed, ...] | Found:
    """The next jobs of the study, or what it found.

    Args:
        study: The study's code, not yet started.
        state: The proposals and outcomes so far.
        free: How many jobs may be started. A trunk (a job without evaluation) does not count: the first job that
            branches off it trains it or continues it, and the two are proposed together.

    Returns:
        New jobs, parents before children, none while outcomes are missing; or the study's answer.
    """
    try:
        asked = next(study)
        keys = [proposal.job.key for proposal in asked]
        while all(key in state.outcomes for key in keys):
            asked = study.send(tuple(state.outcomes[key] for key in keys))
            keys = [proposal.job.key for proposal in asked]
    except StopIteration as end:
        found: Found = end.value
        return found
    return at_most(free, [proposal for proposal, key in zip(asked, keys, strict=True) if key not in state.proposed])


def at_most(free: int, fresh: Iterable[Proposed]) -> tuple[Proposed, ...]:
    """The first `free` of the proposed jobs, each with the trunks that lead to it.

    Args:
        free: How many scored jobs may be started.
        fresh: Proposals, parents before children.
    """
    taken: list[Proposed] = []
    trunks: list[Proposed] = []
    for proposal in fresh:
        trunks.append(proposal)
        if proposal.job.evaluate is None:
            continue
        if free <= 0:
            return tuple(taken)
        free -= 1
        taken += trunks
        trunks = []
    return (*taken, *trunks[:free])  # a trunk proposed without a branch counts towards `free`
