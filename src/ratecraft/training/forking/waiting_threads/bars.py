"""Threads that redraw progress bars: those of tqdm and rich, and Lightning's, which uses rich.

Path:   `kinds` -> they wait for the lock of what they draw while the run forks -> the branch's own threads.

What they draw tells nothing but progress: no figure and no weight hangs on when they do it.
"""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from ratecraft.training.forking.waiting_threads.holding import Held, begin_anew, locked


@contextmanager
def hold_monitor(thread: Any) -> Generator[Held]:
    """Hold tqdm's monitor, whose lock all processes share: a branch that ended with it would stop all others."""
    lock = thread.tqdm_cls.get_lock()

    def begin() -> None:
        own = threading.RLock()
        for bars in _with_subclasses(_eldest(thread.tqdm_cls)):
            if "_lock" in vars(bars):
                bars.set_lock(own)
        begin_anew(thread)

    with locked(getattr(lock, "th_lock", lock)):
        yield Held(begin)


@contextmanager
def hold_live(thread: Any) -> Generator[Held]:
    """Hold the thread of a live display of rich."""
    with locked(thread.live._lock):
        yield Held(lambda: begin_anew(thread))


@contextmanager
def hold_track(thread: Any) -> Generator[Held]:
    """`rich.progress.track`'s, which adds to a bar what it has not added yet: started again it has added nothing."""
    progress = thread.progress

    def begin() -> None:
        progress.update(thread.task_id, completed=0)
        begin_anew(thread)

    with locked(progress.live._lock, progress._lock):
        yield Held(begin)


def _eldest(bars: type[Any]) -> type[Any]:
    """The class of bars that all others come from."""
    return [kind for kind in bars.__mro__ if hasattr(kind, "set_lock")][-1]


def _with_subclasses(bars: type[Any]) -> Iterator[type[Any]]:
    yield bars
    for subclass in bars.__subclasses__():
        yield from _with_subclasses(subclass)
