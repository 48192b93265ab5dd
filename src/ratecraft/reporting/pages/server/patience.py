"""HTTP with a limit to patience: who sends a request, or takes an answer, too slowly is cut off.

Path:   uvicorn's protocol -> this -> the application.
Units:  seconds.

uvicorn itself waits for ever for the rest of a request, and for a reader that does not read. A stream of events is not
slow: it is a request that was read, with an answer that goes on.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["LONGEST_READ", "LONGEST_WRITE", "PatientProtocol"]

LONGEST_READ: Final = 10.0
"""From the first byte of a request to its last; and from a connection to the first."""
LONGEST_WRITE: Final = 30.0
"""Seconds for which the other side may leave an answer unread."""


class PatientProtocol(H11Protocol):
    """uvicorn's own, with two deadlines."""

    _reading: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first byte must come in time."""
        super().connection_made(transport)
        self._reading = self.loop.call_later(LONGEST_READ, self._cut)

    def data_received(self, data: bytes) -> None:
        """Ends the deadline where the request is whole by now, else sets one."""
        super().data_received(data)
        if self._is_whole():
            self._reading = _ended(self._reading)
        elif self._reading is None:
            self._reading = self.loop.call_later(LONGEST_READ, self._cut)

    def pause_writing(self) -> None:
        """The buffer is full: the other side must read."""
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(LONGEST_WRITE, self._cut)

    def resume_writing(self) -> None:
        """It does."""
        super().resume_writing()
        self._writing = _ended(self._writing)

    def connection_lost(self, exc: Exception | None) -> None:
        """No deadline outlives its connection."""
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
