"""Branches a hosted run by `fork`: a second process continues from the same step with its own copies.

Path:   a paused run's host -> `branch_off` -> the branch's host obeys its own supervisor's pipe.
Source: the order of the child's first acts was found by measuring branches against replays, bit for bit: threads first
        (the parent's pool does not exist in the child), then Python's `random`, which is seeded again in every fork.
"""

import gc
import multiprocessing
import os
import random
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from ratecraft.training.forking.idle_connections import close_in_branch, idle_connections, is_socket
from ratecraft.training.forking.open_databases import shares_a_database
from ratecraft.training.forking.waiting_threads.kinds import holding_threads
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import Branched, Start

_LOOKED_FOR = {"httpcore", "sqlite3", "urllib3"}  # modules whose objects may stand in the way of a fork


@dataclass(frozen=True, slots=True)
class Begun:
    """A branch that has begun.

    Attributes:
        start: How it is to go on.
        output: Descriptor that takes what it writes.
        have_threads: To be called once all else is its own: starts the threads that its run had.
    """

    start: Start
    output: int
    have_threads: Callable[[], None]


def branch_off(control: Control) -> Begun | None:
    """Fork a second run from where this one waits, or say why there can be none.

    Returns:
        None in the run that was left, which has told the answer; in the branch, whose control now speaks with its own
        supervisor, how it is to go on.
    """
    pipe, output = control.take_descriptors()
    with holding_threads() as threads:
        alive = gc.get_objects() if _LOOKED_FOR & sys.modules.keys() else []
        idle = idle_connections(alive)
        reason = _blocker({control.descriptor, pipe, *threads.sockets, *idle})
        reason = reason or (f"python-thread {threads.unknown}" if threads.unknown else "")
        reason = reason or ("sqlite" if shares_a_database(alive) else "")
        del alive
        child = None if reason else _fork()
    if child != 0:
        os.close(pipe)
        os.close(output)
        control.tell(Branched(child or 0, reason))
        return None
    close_in_branch(idle)
    control.change_to(Connection(pipe))
    start = control.next_command()
    if not isinstance(start, Start):
        os._exit(1)
    return Begun(start, output, threads.begin_anew)


def _blocker(others: Collection[int]) -> str:
    """Why this process must not be forked now, whatever its threads do, as a slug; empty when it may.

    Args:
        others: Descriptors that may be sockets, as they are ours or idle.
    """
    if not sys.platform.startswith("linux"):
        return "platform"
    if torch.cuda.is_initialized():
        return "cuda"
    if torch.get_num_threads() > 1:
        return "threads"
    if multiprocessing.active_children():
        return "children"
    if any(number not in others and is_socket(number) for number in _descriptors()):
        return "socket"
    return ""


def _fork() -> int:
    """Fork; 0 in the child, which continues one thread and with its parent's random numbers."""
    sys.stdout.flush()
    sys.stderr.flush()
    dice = random.getstate()
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)
        random.setstate(dice)
        os.setsid()
    return child


def _descriptors() -> list[int]:
    return [int(path.name) for path in Path("/proc/self/fd").iterdir()]
