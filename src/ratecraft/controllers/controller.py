"""The protocol of a controller, which decides what a study does next.

A controller is pure and deterministic: no torch, no clock, no unseeded draw. It holds no state: each method takes one
and returns one. A job is proposed once only. Synchronous controllers give the same answer in whichever order the
outcomes come.
"""

from typing import Protocol, TypeVar

from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Proposed

State = TypeVar("State")


class Controller(Protocol[State]):
    """Decides which jobs a study runs next, and when it has its answer."""

    def init(self) -> State:
        """The state before any event."""
        ...

    def observe(self, state: State, event: Event) -> State:
        """The state after one more event."""
        ...

    def wanted(self, state: State, free: int) -> tuple[Proposed, ...] | Answer:
        """At most `free` new jobs (none while it waits for outcomes), or the answer.

        A trunk (a job without evaluation) that is proposed together with its branch does not count towards `free`.
        """
        ...
