"""A study as sequential code: the driver of synchronous controllers.

Path:   events -> `State` -> the study's code, driven from its beginning over what is known -> new jobs, or the answer.

A synchronous controller is written as a generator that yields the jobs it needs and is sent their outcomes::

    def study(settings):
        (outcome,) = yield (Proposed(job, "bracket"),)
        ...
        return Answer(...)

It is driven again at every `wanted`, and gets a batch of outcomes only once all of it is there. So it keeps no state of
its own, and the order of the outcomes cannot reach it: resuming a study is the same as going on with it.
"""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.outcome import Outcome

__all__ = ["Asking", "State", "Synchronous", "at_most", "next_jobs", "observe"]

Found = TypeVar("Found")

Asking: TypeAlias = Generator[tuple[Proposed, ...], tuple[Outcome, ...], Found]
"""Sequential code that asks for jobs, parents first, is sent their outcomes in the same order, and finds something."""


@dataclass(frozen=True, slots=True)
class State:
    """All that a synchronous controller knows: the keys of the jobs it proposed, and the outcomes that came."""

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
    """What such controllers have in common; each says itself what is `wanted`."""

    __slots__ = ()

    def init(self) -> State:
        """The state before any event."""
        return State()

    def observe(self, state: State, event: Event) -> State:
        """The state after one more event."""
        return observe(state, event)


def next_jobs(study: Asking[Found], state: State, free: int) -> tuple[Proposed, ...] | Found:
    """What the study wants now.

    Args:
        study: The study's code, fresh from its beginning.
        state: What is known.
        free: How many jobs may be started. A trunk (a job without evaluation) takes no place: it is trained by, or
            turns into, the first job that leaves it, and is proposed together with that job.

    Returns:
        New jobs, parents before children; none while outcomes are missing; or what the study finds: its answer.
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
    """The first proposals that `free` places hold, each with the trunks that lead to it.

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
    return (*taken, *trunks[:free])  # a trunk without a job that leaves it takes a place of its own
