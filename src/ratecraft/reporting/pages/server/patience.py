"""HTTP with timeouts: a client that sends a request, or reads an answer, too slowly is disconnected.

Path:   uvicorn's protocol -> this -> the application.
Units:  seconds.

uvicorn itself waits forever for the rest of a request, and for a client that does not read. A stream of events does not
count as slow: its request was read, and its answer goes on.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

LONGEST_READ: Final = 10.0
"""Seconds from the first byte of a request to its last; and from the connection to the first byte."""
LONGEST_WRITE: Final = 30.0
"""Seconds for which the other side may leave an answer unread."""


class PatientProtocol(H11Protocol):
    """uvicorn's own protocol, with two deadlines."""

    _reading: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Set the deadline for the first byte."""
        super().connection_made(transport)
        self._reading = self.loop.call_later(LONGEST_READ, self._cut)

    def data_received(self, data: bytes) -> None:
        """Clear the deadline if the request is complete, else set one."""
        super().data_received(data)
        if self._is_whole():
            self._reading = _ended(self._reading)
        elif self._reading is None:
            self._reading = self.loop.call_later(LONGEST_READ, self._cut)

    def pause_writing(self) -> None:
        """The buffer is full: set the deadline by which the other side must read."""
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(LONGEST_WRITE, self._cut)

    def resume_writing(self) -> None:
        """The other side reads: clear the deadline."""
        super().resume_writing()
        self._writing = _ended(self._writing)

    def connection_lost(self, exc: Exception | None) -> None:
        """Clear the deadline with the connection."""
        self._reading, self._writing = _ended(self._reading), _ended(self._writing)
        super().connection_lost(exc)

    def _is_whole(self) -> bool:
        """Whether a request was read to its end and is being answered."""
        return bool(self.cycle) and not self.cycle.response_complete and not self.cycle.more_body

    def _cut(self) -> None:
        self.transport.abort()


def _ended(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
