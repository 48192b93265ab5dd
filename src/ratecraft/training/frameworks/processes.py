"""Training in several processes that one host cannot follow: refused when the script is about to start it.

Path:   `init_process_group`, `torch.multiprocessing.spawn`, the launcher of torchrun -> the host refuses.

Forked children that are about to join others end there, and leave word in memory that they share with their parent.
"""

import functools
import inspect
import mmap
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework
from ratecraft.training.instrument.in_place import in_place, take_spawns

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks

_WIDTH = 4
_told_by_children = list[mmap.mmap]()


def is_one_of_several(environment: Mapping[str, str]) -> bool:
    """Whether a launcher started this process as one of several that train together.

    Example:
        >>> is_one_of_several({"RANK": "0", "WORLD_SIZE": "2"})
        True
    """
    world = environment.get("WORLD_SIZE", "")
    return "RANK" in environment and world.isdecimal() and int(world) > 1


def joined_by_children() -> int:
    """How many processes a forked child of this one was about to join; 0 where none was."""
    return max((int.from_bytes(word[:_WIDTH], "little") for word in _told_by_children), default=0)


def _refusing(function: Any, name: str, hooks: "Hooks") -> Any:
    @functools.wraps(function)
    def refused(*args: Any, **kwargs: Any) -> Any:
        hooks.refuse("several-processes", name)
        return function(*args, **kwargs)

    return refused


def _adapt_spawning(module: Any, hooks: "Hooks") -> None:
    """Refuse to start others for training; a single one is this process."""

    def spawned(asked: Mapping[str, Any], start: Callable[[], Any]) -> Any:
        if asked["nprocs"] == 1:
            return in_place(asked["fn"], asked["args"], joins=asked["join"])
        hooks.refuse("spawns-processes", str(asked["nprocs"]))
        return start()

    take_spawns(module, spawned)


def _adapt_launching(module: Any, hooks: "Hooks") -> None:
    """Refuse to start others as torchrun does."""
    module.launch_agent = _refusing(module.launch_agent, "torchrun", hooks)


def _adapt_joining(module: Any, hooks: "Hooks") -> None:
    """Refuse to join others."""
    join = getattr(module, "init_process_group", None)
    if join is None:  # a torch without it
        return
    signature, word = inspect.signature(join), mmap.mmap(-1, _WIDTH)
    _told_by_children[:] = [word]

    @functools.wraps(join)
    def joined(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments.get("world_size", -1)
        world = given if given > 0 else int(os.environ.get("WORLD_SIZE", "1"))
        if world > 1 and not hooks.active:
            word[:_WIDTH] = world.to_bytes(_WIDTH, "little")
            raise SystemExit
        if world > 1:
            hooks.refuse("several-processes", "torch.distributed")
        return join(*args, **kwargs)

    for place in (module, sys.modules[join.__module__]):
        setattr(place, join.__name__, joined)


PROCESSES = Framework(
    {
        "torch.distributed": _adapt_joining,
        "torch.multiprocessing.spawn": _adapt_spawning,
        "torch.distributed.launcher.api": _adapt_launching,
    }
)
