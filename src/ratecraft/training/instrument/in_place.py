"""The share of a spawn that the process runs itself which spawns, since at home that one would only wait.

Path:   the script's `torch.multiprocessing.spawn` -> its function, for one rank, here.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["in_place", "replace_start"]


def replace_start(module: Any, started: Callable[..., Any]) -> None:
    """Let torch start processes by this function: `spawn` calls it by its module, scripts by the package."""
    package: Any = sys.modules["torch.multiprocessing"]
    module.start_processes = package.start_processes = started


def in_place(
    function: Callable[..., object], arguments: Sequence[Any], *, joins: bool, rank: int = 0
) -> "_Over | None":
    """Run one share of a spawn in this process; its end is not the end of the script."""
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
        """Of processes that were started here: none."""
        return []

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Whether all are joined."""
        return True
