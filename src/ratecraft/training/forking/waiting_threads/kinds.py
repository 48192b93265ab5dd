"""All kinds of threads that can be held during a fork, and how to hold all of them.

Path:   `branch` -> the threads of this process, each held by its kind -> a fork -> the branch has its own.

A kind is known by the class of its threads, or by what they run, under the full name. To hold a thread of an unknown
kind would be a guess at what it does next: it refuses the fork, by its name.
"""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ratecraft.training.forking.waiting_threads.bars import hold_live, hold_monitor, hold_track
from ratecraft.training.forking.waiting_threads.boards import hold_event_writer, hold_log_listener
from ratecraft.training.forking.waiting_threads.holding import AtWork, Held
from ratecraft.training.forking.waiting_threads.loops import hold_wandb
from ratecraft.training.forking.waiting_threads.pools import hold_compiler, hold_worker

_KINDS: Mapping[str, Callable[[Any], AbstractContextManager[Held]]] = {
    "rich.live._RefreshThread": hold_live,  # before those whose bars it draws
    "rich.progress._TrackThread": hold_track,
    "tqdm._monitor.TMonitor": hold_monitor,
    "tensorboard.summary.writer.event_file_writer._AsyncWriterThread": hold_event_writer,
    "logging.handlers.QueueListener._monitor": hold_log_listener,
    "concurrent.futures.thread._worker": hold_worker,
    "torch._inductor.compile_worker.subproc_pool.SubprocPool._read_thread": hold_compiler,
    "torch._inductor.compile_worker.timer.Timer.check": hold_compiler,
    "wandb.sdk.lib.asyncio_manager.AsyncioManager._main": hold_wandb,
}
"""In the order in which they are held, which is that in which they take their locks."""


@dataclass(frozen=True, slots=True)
class HeldThreads:
    """The state of all threads except the forking one.

    Attributes:
        threads: Each as it is held.
        unknown: The name of one that cannot be held; empty if there is none.
    """

    threads: tuple[Held, ...] = ()
    unknown: str = ""

    @property
    def sockets(self) -> frozenset[int]:
        """Descriptors of sockets that they are woken by."""
        return frozenset(number for thread in self.threads for number in thread.sockets)

    def begin_anew(self) -> None:
        """In the branch, after the hold: have them again."""
        for thread in self.threads:
            thread.begin()


@contextmanager
def holding_threads() -> Generator[HeldThreads]:
    """Hold all other Python threads of this process where each of them waits."""
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    kinds = {thread: _kind_of(thread) for thread in others}
    unknown = next((thread for thread in others if not kinds[thread]), None)
    if unknown is not None:
        yield HeldThreads(unknown=_name_of(unknown))
        return
    with ExitStack() as stack:
        held, order = list[Held](), list(_KINDS)
        for thread in sorted(others, key=lambda other: order.index(kinds[other])):
            try:
                held.append(stack.enter_context(_KINDS[kinds[thread]](thread)))
            except AtWork:
                yield HeldThreads(unknown=_name_of(thread))
                return
        yield HeldThreads(tuple(held))


def _kind_of(thread: threading.Thread) -> str:
    names = (_full_name(owner) for owner in (getattr(thread, "_target", None), *type(thread).__mro__) if owner)
    return next((name for name in names if name in _KINDS), "")


def _name_of(thread: threading.Thread) -> str:
    """How a user knows it: by what it runs, or by its class."""
    target = getattr(thread, "_target", None)
    return getattr(target, "__qualname__", "") or type(thread).__qualname__


def _full_name(thing: Any) -> str:
    return f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', '')}"
