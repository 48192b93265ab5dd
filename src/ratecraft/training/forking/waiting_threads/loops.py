"""Idle event loops that run in threads of their own.

Path:   `kinds` -> the loop has no task while the run forks -> the branch's own loop.
"""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from ratecraft.training.forking.waiting_threads.holding import Held, wait_until


@contextmanager
def hold_wandb(thread: threading.Thread) -> Generator[Held]:
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
