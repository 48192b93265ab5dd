"""Idle connections of HTTP clients: in a branch they look as if the server had closed them.

Path:   `branch` -> the sockets of idle connections -> in the branch, a dead end under each of their numbers.

Both ends of a fork would otherwise speak over one connection. Every client finds out before it uses one that is kept
that it is closed, and then makes a new one; so does a run that was not forked, whose server closed it.
"""

import os
import socket
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any


def idle_connections(things: Iterable[Any]) -> frozenset[int]:
    """Descriptors of the idle connections in the pools of urllib3 (which requests uses) and httpcore (httpx).

    Args:
        things: Everything that is alive.
    """
    pools = tuple(
        pool
        for module, name in (("urllib3.connectionpool", "HTTPConnectionPool"), ("httpcore", "ConnectionPool"))
        if (pool := getattr(sys.modules.get(module), name, None)) is not None
    )
    if not pools:
        return frozenset()
    return frozenset(number for candidate in things if isinstance(candidate, pools) for number in _idle(candidate))


def close_in_branch(connections: Iterable[int]) -> None:
    """In a branch: let each of these sockets be one that its other end has closed.

    Args:
        connections: Descriptors. What is not a socket any more is left alone: a library saw to it itself.
    """
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        for number in connections:
            if is_socket(number):
                os.dup2(ours.fileno(), number, os.get_inheritable(number))


def is_socket(number: int) -> bool:
    """Whether a descriptor is one of a socket."""
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False


def _idle(pool: Any) -> Iterator[int]:
    """The sockets of a pool that no request uses now; of a pool that is not as we know it, none."""
    with suppress(AttributeError):
        waiting = getattr(pool, "pool", None)
        if waiting is not None:  # urllib3 takes out what is in use
            yield from _numbers(connection and connection.sock for connection in tuple(waiting.queue))
        else:
            idle = [connection for connection in tuple(getattr(pool, "connections", ())) if connection.is_idle()]
            yield from _numbers(connection._connection._network_stream.get_extra_info("socket") for connection in idle)


def _numbers(sockets: Iterable[Any]) -> Iterator[int]:
    for descriptor in sockets:
        number = descriptor.fileno() if descriptor else -1
        if number >= 0:
            yield number
