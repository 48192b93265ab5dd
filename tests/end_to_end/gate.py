"""Holds a script at a place of its own, so that what a test does meanwhile is done in time however busy the machine is.

A script of these tests that finds `HELD` in its environment comes to that port at that place, and waits there until it
is let go.
"""

import os
import socket
from collections.abc import Callable
from select import select
from subprocess import Popen
from typing import Any, Self

from tests.end_to_end.command import TIME_ENOUGH, Workplace

from ratecraft.records.job import Phase

__all__ = ["Gate"]


class Gate:
    """Where scripts wait, whether it is asked for them or not; they all go on when the `with` block is left.

    Args:
        place: The place of the scripts that is meant.
    """

    def __init__(self, place: str) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._waiting: list[socket.socket] = []
        self.environment = {"HELD": f"{place}:{self._door.getsockname()[1]}"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open()

    def hold(self, command: "Popen[Any]", when: Callable[[], bool] = lambda: True) -> None:
        """Wait until a script of the command is at the gate; those that come before the condition holds pass."""
        with os.fdopen(os.pidfd_open(command.pid)) as ended:
            while True:
                ready, _, _ = select([self._door, ended], [], [], TIME_ENOUGH)
                assert self._door in ready, "no script came to the gate"
                self._waiting.append(self._door.accept()[0])
                if when():
                    return
                self._waiting.pop().close()

    def hold_in(self, phase: Phase, command: "Popen[Any]", place: Workplace, outcomes: int = 0) -> None:
        """Wait until a script is at the gate that runs for this phase, of which so many jobs are done."""

        def is_it() -> bool:
            study = place.study()
            jobs = study.keys(phase)
            return bool(jobs) and len(study.outcomes.keys() & jobs) >= outcomes

        self.hold(command, is_it)

    def open(self) -> None:
        """Whoever waits goes on, and whoever comes later passes."""
        self._door.close()
        while self._waiting:
            self._waiting.pop().close()
