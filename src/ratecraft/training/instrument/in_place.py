"""Runs one share of a spawn in the process that spawns, which would otherwise only wait.

Path:   the script's `torch.multiprocessing.spawn` -> its function, for one rank, here.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Spawn: TypeAlias = Callable[[Mapping[str, Any], Callable[[], Any]], Any]
"""What becomes of a spawn: it is given the arguments by name, and what starts the processes as torch does."""


def take_spawns(module: Any, spawn: Spawn) -> None:
    """Call this function whenever the script has torch start processes.

    Args:
        module: `torch.multiprocessing.spawn`, by which torch itself calls; scripts call by the package.
        spawn: Its result is what the script gets.
    """
    start = module.start_processes
    signature = inspect.signature(start)

    @functools.wraps(start)
    def started(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        return spawn(given.arguments, lambda: start(*args, **kwargs))

    package: Any = sys.modules["torch.multiprocessing"]
    module.start_processes = package.start_processes = started


def in_place(
    function: Callable[..., object], arguments: Sequence[Any], *, joins: bool, rank: int = 0
) -> "_Over | None":
    """Run one share of a spawn in this process, without ending the script afterwards."""
    try:
        function(rank, *arguments)
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    return None if joins else _Over()


class _Over:
    """What a spawn returns that is not joined, once all of it is done here (`ProcessContext`)."""

    processes: Sequence[object] = ()

    def pids(self) -> list[int]:
        """Process ids of runs in this process: empty."""
        return []

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Whether all are joined."""
        return True
