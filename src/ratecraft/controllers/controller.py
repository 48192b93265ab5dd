"""The protocol of whoever decides what a study does next.

A controller is pure and deterministic: no torch, no clock, no unseeded draw. State goes in and comes out. A job once
proposed is never asked for again. Synchronous controllers are blind to the order of outcomes.
"""

from typing import Protocol, TypeVar

from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Proposed

__all__ = ["Controller"]

State = TypeVar("State")


class Controller(Protocol[State]):
    """Decides which jobs a study wants, and when it has its answer."""

    def init(self) -> State:
        """The state before any event."""
        ...

    def observe(self, state: State, event: Event) -> State:
        """The state after one more event."""
        ...

    def wanted(self, state: State, free: int) -> tuple[Proposed, ...] | Answer:
        """At most `free` new jobs (none while it waits for outcomes), or the answer.

        A trunk (a job without evaluation) that is proposed together with a job that leaves it counts for nothing: it
        takes no place of its own.
        """
        ...
