"""Training in several processes, which one host cannot follow: refused where the script is about to begin it.

Path:   `init_process_group`, `torch.multiprocessing.spawn`, the launcher of torchrun -> the host refuses.
"""

import functools
import inspect
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework
from ratecraft.training.instrument.in_place import in_place, replace_start

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks

__all__ = ["PROCESSES", "is_one_of_several"]


def is_one_of_several(environment: Mapping[str, str]) -> bool:
    """Whether a launcher started this process as one of several that train together.

    Example:
        >>> is_one_of_several({"RANK": "0", "WORLD_SIZE": "2"})
        True
    """
    world = environment.get("WORLD_SIZE", "")
    return "RANK" in environment and world.isdecimal() and int(world) > 1


def _refusing(function: Any, name: str, hooks: "Hooks") -> Any:
    @functools.wraps(function)
    def refused(*args: Any, **kwargs: Any) -> Any:
        hooks.refuse("several-processes", name)
        return function(*args, **kwargs)

    return refused


def _adapt_spawning(module: Any, hooks: "Hooks") -> None:
    """Refuse to start others for training; a single one is this process."""
    start = module.start_processes
    signature = inspect.signature(start)

    @functools.wraps(start)
    def started(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        count: int = given.arguments["nprocs"]
        if count != 1:
            hooks.refuse("spawns-processes", str(count))
            return start(*args, **kwargs)
        return in_place(given.arguments["fn"], given.arguments["args"], joins=given.arguments["join"])

    replace_start(module, started)


def _adapt_launching(module: Any, hooks: "Hooks") -> None:
    """Refuse to start others as torchrun does."""
    module.launch_agent = _refusing(module.launch_agent, "torchrun", hooks)


def _adapt_joining(module: Any, hooks: "Hooks") -> None:
    """Refuse to join others."""
    join = getattr(module, "init_process_group", None)
    if join is None:  # a torch without it
        return
    signature = inspect.signature(join)

    @functools.wraps(join)
    def joined(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments.get("world_size", -1)
        world = given if given > 0 else int(os.environ.get("WORLD_SIZE", "1"))
        if world > 1:
            hooks.refuse("several-processes", "torch.distributed")
        return join(*args, **kwargs)

    for each in (module, sys.modules[join.__module__]):
        setattr(each, join.__name__, joined)


PROCESSES = Framework(
    {
        "torch.distributed": _adapt_joining,
        "torch.multiprocessing.spawn": _adapt_spawning,
        "torch.distributed.launcher.api": _adapt_launching,
    }
)
