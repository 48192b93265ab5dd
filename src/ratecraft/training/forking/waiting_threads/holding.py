"""What all kinds of threads that can be held during a fork have in common.

Path:   a kind of `kinds`, which finds the kind of each thread and holds them all.

A *hold* is a context manager: inside it the thread waits at a known point. Its value says what a branch does after the
hold to have the thread again, as no fork takes it along. The run that was left just goes on.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_SECONDS = 2.0  # a thread that is at work for longer does more than to wait


class AtWork(Exception):
    """The thread did not come to wait."""


@dataclass(frozen=True, slots=True)
class Held:
    """A thread that is held.

    Attributes:
        begin: In the branch, after the hold: have the thread again.
        sockets: Descriptors that the thread is woken by, of which the branch makes no use.
    """

    begin: Callable[[], None]
    sockets: frozenset[int] = frozenset()


def wait_until(waits: Callable[[], bool]) -> None:
    """Let other threads run until one of them waits, and is seen to wait twice: it may have been about to go on.

    Raises:
        AtWork: It does not.
    """
    deadline, seen = time.monotonic() + _SECONDS, 0
    while seen < 2:
        seen = seen + 1 if waits() else 0
        if time.monotonic() > deadline:
            raise AtWork
        time.sleep(0.001)


@contextmanager
def locked(*locks: Any) -> Generator[None]:
    """Have these locks, in this order; in a fork as well, as the thread that forks is the one that goes on there.

    Raises:
        AtWork: Another thread keeps one.
    """
    taken = list[Any]()
    try:
        for lock in locks:
            if not lock.acquire(timeout=_SECONDS):
                raise AtWork
            taken.append(lock)
        yield
    finally:
        for lock in reversed(taken):
            lock.release()


def begin_anew(thread: threading.Thread, target: Callable[..., object] | None = None) -> None:
    """In a branch: start a thread that stayed behind once more, as the object that the script knows.

    Args:
        thread: A thread whose class overrides `run`, or that has a target.
        target: What it runs, without arguments.
    """
    threading.Thread.__init__(thread, target=target, name=thread.name, daemon=thread.daemon)
    thread.start()
