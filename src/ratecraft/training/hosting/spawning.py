"""A script that starts its processes itself: those of the run, which wait already, take the place of its own.

Path:   the first process runs the script to its `torch.multiprocessing.spawn`, or to the last `Process.start()` of as
        many -> the function, pickled as torch does it -> the supervisor,
        which passes it on unread -> each other process, prepared as Python prepares a spawned one.

The first process runs its share where it is, since at home it would only wait. Whether the others have to wait is read
off the script; where it joins them without a spawn after all, they are told to run it as it is. Where a library of
its spawns for it, all of them run the script, each to its own share. A later spawn, such as one to evaluate, starts
processes as at home.

Processes that are forked have all that the first one has. Here they get what they are given and the state of its random
generators; what the script makes below `if __name__ == "__main__"` and does not hand over, they lack.
"""

import functools
import random
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import resource_sharer, spawn
from multiprocessing.context import set_spawning_popen
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeAlias, cast

import numpy as np
import torch

from ratecraft.training.frameworks.framework import Framework
from ratecraft.training.frameworks.hooks import Hooks
from ratecraft.training.instrument.in_place import in_place, take_spawns
from ratecraft.training.instrument.process_starts import Share, take_starts
from ratecraft.training.processes.wire import Handed


class Spawning:
    """Hands the functions that a script spawns to the other processes of its run.

    Args:
        rank: The number of this process.
        ranks: Number of ranks.
        seed: Seeds this process like a new one.
        tell: Sends a message to the supervisor; None if the others do not wait for this process.
    """

    def __init__(self, rank: int, ranks: int, seed: Callable[[], None], tell: Callable[[Handed], None] | None) -> None:
        self._rank, self._ranks, self._seed, self._tell = rank, ranks, seed, tell
        self._spawned = self._told = False

    @property
    def framework(self) -> Framework:
        """The patch of torch that reports the spawn."""
        return Framework({"torch.multiprocessing.spawn": self._adapt})

    def joins_without(self) -> None:
        """The script joins the others without having spawned: they must run the script as it is."""
        self._hand_over(lambda rank: b"")

    def _hand_over(self, payload: Callable[[int], bytes]) -> None:
        if self._tell is not None and not self._told:
            self._told = True
            for rank in range(1, self._ranks):
                self._tell(Handed(rank, payload(rank)))

    def _adapt(self, module: Any, hooks: Hooks) -> None:
        take_spawns(module, functools.partial(self._spawn, hooks))
        if self._tell is not None:
            too_few = functools.partial(self._too_few, hooks)
            take_starts(self._ranks, functools.partial(self._start, hooks), too_few)

    def _too_few(self, hooks: Hooks, started: int) -> None:
        hooks.refuse("other-processes", f"{started} {self._ranks}")

    def _start(self, hooks: Hooks, shares: Sequence[Share]) -> None:
        if self._spawned:  # it has trained, and starts others now
            hooks.refuse("other-processes", f"{len(shares)} {self._ranks}")
        self._spawned = True
        state = _random_state() if shares[0].forks else None
        try:
            self._hand_over(lambda rank: _pickled(_run_share, (state, shares[rank]), rank))
        except Exception:  # noqa: BLE001 - whatever it raises: a fork would hand it over as it is
            hooks.refuse("several-processes", "fork")
        if state is None:
            self._seed()
        in_place(_run_share, (None, shares[0]), joins=True)

    def _spawn(self, hooks: Hooks, asked: Mapping[str, Any], start: Callable[[], Any]) -> Any:
        if self._spawned:
            return start()
        if asked["nprocs"] != self._ranks:
            hooks.refuse("other-processes", f"{asked['nprocs']} {self._ranks}")
        if asked["start_method"] == "fork":
            hooks.refuse("several-processes", "fork")
        self._spawned = True
        self._hand_over(lambda rank: _pickled(asked["fn"], asked["args"], rank))
        self._seed()
        return in_place(asked["fn"], asked["args"], joins=asked["join"], rank=self._rank)


def run_spawned(payload: bytes, rank: int) -> None:
    """In a process that has waited: become the process that the script spawned, and run its share.

    Args:
        payload: What `Spawning` made in the first process.
        rank: The number of this process.

    Raises:
        BaseException: Whatever the script raises.
    """
    loads = cast("Any", ForkingPickler).loads
    prepared, spawned = loads(payload)
    spawn.prepare(prepared)
    function, arguments = loads(spawned)
    function(rank, *arguments)


_Random: TypeAlias = tuple[Any, Any, torch.Tensor]


def _random_state() -> _Random:
    """Of the generators that a fork takes along; one that had begun with CUDA could not be forked."""
    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def _run_share(rank: int, state: _Random | None, share: Share) -> None:
    """Run what one process would have done; a fork goes on with the random numbers of the process that forks it."""
    del rank  # the script's own arguments say it
    if state is not None:
        random.setstate(state[0])
        np.random.set_state(state[1])
        torch.set_rng_state(state[2])
    share.function(*share.args, **share.kwargs)


def _pickled(function: object, arguments: object, rank: int) -> bytes:
    """What one process needs to run its share, in two parts: modules have their place before the second one is read."""
    set_spawning_popen(cast("Any", _Sharing))
    try:
        prepared = spawn.get_preparation_data(f"SpawnProcess-{rank + 1}")
        spawned = bytes(ForkingPickler.dumps((function, arguments)))
        return bytes(ForkingPickler.dumps((prepared, spawned)))
    finally:
        set_spawning_popen(None)


class _Sharing:
    """In the place of a process that is just being started: its descriptors go to the process that gets the pickle."""

    DupFd = resource_sharer.DupFd

    @staticmethod
    def duplicate_for_child(descriptor: int) -> int:
        """The descriptor itself, which is shared where it is wrapped."""
        return descriptor
