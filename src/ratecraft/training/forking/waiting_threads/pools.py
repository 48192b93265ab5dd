"""Idle pools: of threads, and of the processes that compile for torch.

Path:   `kinds` -> every worker waits while the run forks -> in the branch, a pool that starts workers when asked.
"""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from ratecraft.training.forking.waiting_threads.holding import AtWork, Held, wait_until


@contextmanager
def hold_worker(thread: threading.Thread) -> Generator[Held]:
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
        executor._work_queue = SimpleQueue()
        executor._idle_semaphore = threading.Semaphore(0)

    yield Held(begin)


@contextmanager
def hold_compiler(thread: threading.Thread) -> Generator[Held]:
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
