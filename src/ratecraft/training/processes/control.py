"""The worker's end of the control pipe: receives commands and sends reports.

Path:   supervisor -> commands -> the host; series, figures, lines, notes and answers -> the supervisor.

If the supervisor has gone, the process ends at once with all that it started, as no one is left to take its outcome.
"""

import os
import select
import socket
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection

from ratecraft.records.outcome import Note
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.training.processes.lifeline import NO_LIFELINE, hold_on
from ratecraft.training.processes.wire import Close, Handed, Message, Noted, receive, send


class Control:
    """The connection to the supervisor.

    Args:
        pipe: This process's end.
        lifeline: Descriptor of a pipe that closes when the supervisor dies.

    Attributes:
        is_left: Whether this is a forked child of the script's process, which sends nothing.
    """

    def __init__(self, pipe: Connection, lifeline: int = NO_LIFELINE) -> None:
        hold_on(lifeline)
        self._pipe, self._lifeline = pipe, lifeline
        self._sending = threading.Lock()  # a script may print from several threads
        self._waiting = select.poll()  # at every step: asking the connection itself costs ten times as much
        self._waiting.register(pipe.fileno(), select.POLLIN)
        self._told: dict[str, int] = {}
        self._noted: list[Note] = []
        self._handed: Handed | None = None
        self.is_left = False

    def tell(self, message: Message) -> None:
        """Send a message."""
        with self._sending:
            try:
                send(self._pipe, message)
            except OSError:
                os._exit(1)

    def tell_series(self, name: str, values: Sequence[float]) -> None:
        """Send the next values of a series with one value per step."""
        if values:
            first = self._told.get(name, 0)
            self.tell(SeriesBlock(name, first, pack(values)))
            self._told[name] = first + len(values)

    def note(self, code: str, **values: object) -> None:
        """Tell the user something, once; a forked child of the script's tells nothing."""
        note = Note(code, values)
        if note not in self._noted and not self.is_left:
            self._noted.append(note)
            self.tell(Noted(note))

    def command_waits(self) -> bool:
        """Whether a command has come, or the supervisor is gone."""
        return bool(self._waiting.poll(0))

    def next_command(self) -> Message:
        """Wait for the next command. Functions handed over meanwhile are kept for `handed`."""
        while isinstance(message := self._receive(), Handed):
            self._handed = message
        return message

    def handed(self) -> bytes | None:
        """Wait for the function that the first process of the run hands over; None if the run is closed instead."""
        while self._handed is None:
            match self._receive():
                case Handed() as handed:
                    self._handed = handed
                case Close():
                    return None
                case _:
                    pass
        return self._handed.payload

    def _receive(self) -> Message:
        try:
            return receive(self._pipe)
        except (EOFError, OSError):
            os._exit(1)

    @property
    def descriptor(self) -> int:
        """The descriptor of this process's end of the pipe."""
        return self._pipe.fileno()

    def take_descriptors(self) -> tuple[int, int]:
        """The pipe and the output that the supervisor sends behind a `Branch`."""
        with socket.socket(fileno=os.dup(self._pipe.fileno())) as side:
            _, descriptors, _, _ = socket.recv_fds(side, 1, 2)
        pipe, output = descriptors
        return pipe, output

    def change_to(self, pipe: Connection) -> None:
        """In a branch: switch to the branch's own pipe to the supervisor; series continue."""
        hold_on(self._lifeline)
        self._noted.clear()
        self._waiting.unregister(self._pipe.fileno())
        self._pipe.close()
        self._pipe, self._sending = pipe, threading.Lock()
        self._waiting.register(pipe.fileno(), select.POLLIN)

    def leave(self) -> None:
        """In a forked child: only the process itself holds the pipe open, so that its end tells of its death."""
        self.is_left = True
        self._pipe.close()
