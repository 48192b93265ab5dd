"""All kinds of threads that can be held during a fork, and how to hold all of them.

Path:   `branch` -> the threads of this process, each held by its kind -> a fork -> the branch has its own.

A kind is known by the class of its threads, or by what they run, under the full name. To hold a thread of an unknown
kind would be a guess at what it does next: it refuses the fork, by its name. What bars draw tells nothing but progress:
no figure and no weight hangs on when they do it.
"""

import asyncio
import queue
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from logging.handlers import QueueListener
from typing import Any

from ratecraft.training.forking.waiting_threads.holding import AtWork, Held, begin_anew, locked, wait_until


@contextmanager
def _hold_worker(thread: threading.Thread) -> Generator[Held]:
    """Hold a worker of a `ThreadPoolExecutor`: only the thread that forks could give it something to do.

    Raises:
        AtWork: Nobody has its pool any more, so that it is about to end.
    """
    executor: Any = getattr(thread, "_args")[0]()  # noqa: B009 - it is there while the thread runs

    def waits() -> bool:
        frame = getattr(sys, "_current_frames")().get(thread.ident)  # noqa: B009
        return frame is not None and frame.f_code.co_name == "_worker" and executor._work_queue.empty()

    if executor is None:
        raise AtWork
    wait_until(waits)

    def begin() -> None:
        executor._threads.discard(thread)
        executor._work_queue = queue.SimpleQueue()
        executor._idle_semaphore = threading.Semaphore(0)

    yield Held(begin)


@contextmanager
def _hold_compiler(thread: threading.Thread) -> Generator[Held]:
    """What hears the processes that compile, or counts their idle time: torch itself gives a fork a pool of its own.

    Raises:
        AtWork: The pool is not one of torch's own.
    """
    owner: Any = getattr(thread, "_target").__self__  # noqa: B009 - as above
    compiling: Any = sys.modules.get("torch._inductor.async_compile")
    pools = [pool for pool in getattr(compiling, "_pool_set", ()) if owner in (pool, getattr(pool, "timer", None))]
    if not pools:
        raise AtWork
    wait_until(lambda: not pools[0].pending_futures)
    yield Held(_nothing)


def _nothing() -> None:
    pass


@contextmanager
def _hold_wandb(thread: threading.Thread) -> Generator[Held]:
    """Hold W&B's thread, which is started even if W&B is switched off, and then has nothing to do."""
    manager: Any = getattr(thread, "_target").__self__  # noqa: B009 - it is there while the thread runs
    asked = f"{type(manager).__qualname__}._wrap"  # all that the loop is given is wrapped in this

    def waits() -> bool:
        tasks = asyncio.all_tasks(manager._loop) if hasattr(manager, "_loop") else ()
        return bool(tasks) and asked not in {getattr(task.get_coro(), "__qualname__", "") for task in tasks}

    wait_until(waits)

    def begin() -> None:
        type(manager).__init__(manager)
        manager.start()

    yield Held(begin, frozenset(end.fileno() for end in (manager._loop._ssock, manager._loop._csock)))


@contextmanager
def _hold_event_writer(thread: Any) -> Generator[Held]:
    """`SummaryWriter`'s thread: everything is in the file; that is opened by its name for each event."""
    waiting: queue.Queue[Any] = thread._queue
    _empty(waiting)
    yield Held(lambda: _begin_at(waiting, thread))


@contextmanager
def _hold_log_listener(thread: threading.Thread) -> Generator[Held]:
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


@contextmanager
def _hold_monitor(thread: Any) -> Generator[Held]:
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
def _hold_live(thread: Any) -> Generator[Held]:
    """Hold the thread of a live display of rich."""
    with locked(thread.live._lock):
        yield Held(lambda: begin_anew(thread))


@contextmanager
def _hold_track(thread: Any) -> Generator[Held]:
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


_KINDS: Mapping[str, Callable[[Any], AbstractContextManager[Held]]] = {
    "rich.live._RefreshThread": _hold_live,  # before those whose bars it draws
    "rich.progress._TrackThread": _hold_track,
    "tqdm._monitor.TMonitor": _hold_monitor,
    "tensorboard.summary.writer.event_file_writer._AsyncWriterThread": _hold_event_writer,
    "logging.handlers.QueueListener._monitor": _hold_log_listener,
    "concurrent.futures.thread._worker": _hold_worker,
    "torch._inductor.compile_worker.subproc_pool.SubprocPool._read_thread": _hold_compiler,
    "torch._inductor.compile_worker.timer.Timer.check": _hold_compiler,
    "wandb.sdk.lib.asyncio_manager.AsyncioManager._main": _hold_wandb,
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
