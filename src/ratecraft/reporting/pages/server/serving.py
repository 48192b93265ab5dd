"""The server: one port of this machine, a wall, and limits to what a client may use.

Path:   an application -> the wall -> uvicorn on 127.0.0.1.
Units:  seconds, bytes.
"""

import signal
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn
from starlette.applications import Starlette

from ratecraft.reporting.pages.server.allowance import Allowance
from ratecraft.reporting.pages.server.patience import PatientProtocol
from ratecraft.reporting.pages.server.security import Door, Wall

LOOPBACK: Final = "127.0.0.1"
_MOST_CONNECTIONS: Final = 250
_MOST_HEADER: Final = 16 * 1024
_REQUESTS: Final = (600, 100.0)
_GUESSES: Final = (20, 0.5)


def bound(port: int = 0) -> socket.socket:
    """A socket that listens on a port of the loopback interface; 0 lets the system choose a free one.

    Raises:
        OSError: The port is taken.
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(128)  # clients that come before the server is up wait
    except OSError:
        listening.close()
        raise
    return listening


class Service:
    """The site on its port, ready to be served.

    Args:
        application: The site.
        listening: The socket to serve on.
        token: The token that opens the site.

    Attributes:
        port: Port on 127.0.0.1.
    """

    def __init__(self, application: Starlette, listening: socket.socket, token: str) -> None:
        self._listening = listening
        self.port = int(listening.getsockname()[1])
        self._server = uvicorn.Server(_config(application, Door(self.port, token)))

    @contextmanager
    def until_interrupted(self) -> Generator[None]:
        """A context, for the main thread only, in which Ctrl-C ends `run`, even before the server is up.

        Otherwise Python would raise it within an import, where it may be lost.
        """
        before = signal.signal(signal.SIGINT, lambda signum, frame: self.stop())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def run(self) -> None:
        """Serve until Ctrl-C, or until `stop`."""
        with suppress(KeyboardInterrupt):  # raised again by uvicorn once it is down
            self._server.run(sockets=[self._listening])

    def stop(self) -> None:
        """End `run`, from any thread."""
        self._server.should_exit = True

    def close(self) -> None:
        """Give up the port without having served."""
        self._listening.close()


def _config(application: Starlette, door: Door) -> uvicorn.Config:
    requests, guesses = Allowance(*_REQUESTS, time.monotonic), Allowance(*_GUESSES, time.monotonic)
    return uvicorn.Config(
        Wall(application, door, requests, guesses),
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=_MOST_HEADER,
    )
