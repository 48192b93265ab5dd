"""Lets the processes of one run agree while they train: the loss of a step is the mean over all of them.

Path:   the script's `init_process_group` -> a group of our own beside its own -> the losses, where they are looked at.

The script's own groups stay out of it: a message of ours could come between two of the script's. All processes look at
their losses after the same steps, within `Optimizer.step`, so each look is one exchange that all of them take part in.
What follows from a loss (whether a run blew up, to which copy it goes back) is then the same in all of them.
"""

import functools
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol

import torch

_LEAST_WAIT = timedelta(minutes=30)  # one rank may evaluate meanwhile; torch's own groups wait as long


class Refuses(Protocol):
    """What this file needs of the host."""

    def refuse(self, kind: str, name: str) -> None:
        """End a script whose way of training is not supported."""
        ...


class Agreement:
    """Holds the group of a run's processes.

    Args:
        ranks: Number of ranks.

    Attributes:
        ranks: Number of ranks.
        joined: Whether the script has joined the processes, and not left them since.
    """

    def __init__(self, ranks: int) -> None:
        self.ranks, self.joined = ranks, False
        self._meet = {name: os.environ[name] for name in ("MASTER_ADDR", "MASTER_PORT") if name in os.environ}
        self._group: Any = None
        self._gather: Any = getattr(torch.distributed, "all_gather", None)  # unheard by who listens to the script's own

    def follow(
        self, hooks: Refuses, joins: Callable[[], object] = lambda: None, leaves: Callable[[], object] = lambda: None
    ) -> None:
        """Make a group of our own as soon as the script has made its first one. The patch stays for good.

        They meet at the supervisor's address, whatever the script says: two concurrent runs must not meet each other.

        Args:
            hooks: Told if the script's processes are not those of the run.
            joins: Called just before the script joins the others.
            leaves: Called just before the script leaves them, unless because of an exception: then others may be
                waiting for it elsewhere.
        """
        distributed: Any = torch.distributed
        join: Callable[..., Any] = distributed.init_process_group
        leave: Callable[..., Any] = distributed.destroy_process_group
        signature = inspect.signature(join)

        @functools.wraps(join)
        def joined(*args: Any, **kwargs: Any) -> Any:
            joins()
            bound = signature.bind(*args, **kwargs)
            given = bound.arguments
            world = given.get("world_size", -1)
            world = world if world > 0 else int(os.environ.get("WORLD_SIZE", "1"))
            if world != self.ranks:
                hooks.refuse("other-processes", f"{world} {self.ranks}")
            os.environ.update(self._meet)
            if str(given.get("init_method") or "").startswith("tcp://"):
                given["init_method"] = "tcp://{MASTER_ADDR}:{MASTER_PORT}".format_map(os.environ)
            result = join(*bound.args, **bound.kwargs)
            wait = max(given.get("timeout") or _LEAST_WAIT, _LEAST_WAIT)
            self._group = distributed.new_group(backend="gloo", timeout=wait)
            self.joined = True
            return result

        @functools.wraps(leave)
        def left(group: Any = None) -> Any:
            if self.joined and group in (None, distributed.group.WORLD):
                if sys.exc_info()[0] is None:
                    leaves()
                self.joined = False
            return leave(group)

        _replace(join, joined)
        _replace(leave, left)

    def first_step(self, hooks: Refuses) -> None:
        """Call at the first step: refuses processes that do not train together."""
        if not self.joined:
            hooks.refuse("not-joined", str(self.ranks))

    def mean(self, values: Sequence[float]) -> list[float]:
        """The mean of each value over all processes. All must call it, with the same number of values.

        Raises:
            RuntimeError: Another process is gone, or did not come here in time.
        """
        return torch.stack(self._gathered(values)).mean(0).tolist() if values else []  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    def exchange(self, values: Sequence[float]) -> list[list[float]]:
        """The values of each process, in the order of the ranks. All must call it, with the same number of values.

        Raises:
            RuntimeError: The script never joined the others, or as for `mean`.
        """
        if not self.joined:
            raise RuntimeError("not joined")
        return [gathered.tolist() for gathered in self._gathered(values)]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    def _gathered(self, values: Sequence[float]) -> list[torch.Tensor]:
        own = torch.tensor(values, dtype=torch.float64)
        each = [torch.empty_like(own) for _ in range(self.ranks)]
        self._gather(each, own, group=self._group)
        return each


def _replace(function: Any, ours: Any) -> None:
    """Some modules of torch have it under their own name."""
    for module in tuple(sys.modules.values()):
        is_torch = getattr(module, "__name__", "").startswith("torch.distributed")
        if is_torch and vars(module).get(function.__name__) is function:
            setattr(module, function.__name__, ours)
