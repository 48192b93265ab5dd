"""Threads that write what they take from a queue: TensorBoard's event files, and logs.

Path:   `kinds` -> the queue is empty and stays so while the run forks -> the branch's own thread at its own queue.
"""

import queue
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from logging.handlers import QueueListener
from typing import Any

from ratecraft.training.forking.waiting_threads.holding import AtWork, Held, begin_anew, wait_until


@contextmanager
def hold_event_writer(thread: Any) -> Generator[Held]:
    """`SummaryWriter`'s thread: everything is in the file; that is opened by its name for each event."""
    waiting: queue.Queue[Any] = thread._queue
    _empty(waiting)
    yield Held(lambda: _begin_at(waiting, thread))


@contextmanager
def hold_log_listener(thread: threading.Thread) -> Generator[Held]:
    """`logging.handlers.QueueListener`'s thread: every record has been handled.

    Raises:
        AtWork: The thread's queue is shared between processes.
    """
    target: Any = getattr(thread, "_target", None)
    listener: QueueListener = target.__self__
    waiting: Any = listener.queue
    if type(waiting) is not queue.Queue:
        raise AtWork
    _empty(waiting)
    yield Held(lambda: _begin_at(waiting, thread, target))


def _empty(waiting: Any) -> None:
    """Have a thread take all that is in its queue and wait for more, which only the thread that forks could put in."""
    wait_until(lambda: not waiting.unfinished_tasks and bool(getattr(waiting.not_empty, "_waiters", ())))


def _begin_at(waiting: Any, thread: threading.Thread, target: Callable[[], object] | None = None) -> None:
    """In a branch: a thread at its queue, whose locks know nothing of the one that stayed behind."""
    waiting.mutex = threading.Lock()
    waiting.not_empty, waiting.not_full, waiting.all_tasks_done = (threading.Condition(waiting.mutex) for _ in range(3))
    begin_anew(thread, target)
