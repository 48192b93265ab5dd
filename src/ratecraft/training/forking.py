"""A branch of a hosted run by `fork`: a second process that goes on from the same step, with all it can change its own.

Path:   a paused run's host -> `branch_off` -> the branch's host obeys its own supervisor's pipe.
Source: the order of the child's first acts was found by measuring branches against replays, bit for bit: threads first
        (the parent's pool does not exist in the child), then Python's `random`, which is seeded anew in every fork.
"""

import fcntl
import gc
import multiprocessing
import os
import random
import shutil
import stat
import sys
import tempfile
import threading
from collections.abc import Collection
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from ratecraft.training.control import Control
from ratecraft.training.wire import Branched, Start

__all__ = ["blocker", "branch_off", "own_descriptors"]

_HARMLESS_THREADS = ("TMonitor",)  # tqdm's


def blocker(own: Collection[int]) -> str:
    """Why this process must not be forked now, as a slug; empty when it may.

    Args:
        own: Descriptors of ours that may be sockets.
    """
    if not sys.platform.startswith("linux"):
        return "platform"
    if torch.cuda.is_initialized():
        return "cuda"
    if torch.get_num_threads() > 1:
        return "threads"
    if multiprocessing.active_children():
        return "children"
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if any(type(thread).__name__ not in _HARMLESS_THREADS for thread in others):
        return "python-threads"
    if any(number not in own and _is_socket(number) for number in _descriptors()):
        return "socket"
    sqlite = sys.modules.get("sqlite3")
    if sqlite is not None and any(isinstance(each, sqlite.Connection) for each in gc.get_objects()):
        return "sqlite"
    return ""


def branch_off(control: Control) -> tuple[Start, int] | None:
    """Fork a second run from where this one waits, or say why there can be none.

    Returns:
        None in the run that was left, which has told the answer; in the branch, whose control now speaks with its own
        supervisor, how it is to go on and the descriptor of its output.
    """
    pipe, output = control.take_descriptors()
    reason = blocker({control.descriptor, pipe})
    child = None if reason else _fork()
    if child != 0:
        os.close(pipe)
        os.close(output)
        control.tell(Branched(child or 0, reason))
        return None
    control.change_to(Connection(pipe))
    start = control.next_command()
    if not isinstance(start, Start):
        os._exit(1)
    return start, output


def _fork() -> int:
    """Fork; 0 in the child, which goes on with one thread and with its parent's random numbers."""
    sys.stdout.flush()
    sys.stderr.flush()
    dice = random.getstate()
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)
        random.setstate(dice)
        os.setsid()
    return child


def own_descriptors(output: int, before: Path, now: Path) -> None:
    """In a fresh branch: an output, a working folder and a copy of every file that is open for writing, all its own.

    Args:
        output: Descriptor that takes what it writes; closed here.
        before: The folder of the run that it left.
        now: Its own copy of that folder.
    """
    for number in (1, 2):
        os.dup2(output, number)
    os.close(output)
    for number in _descriptors():
        if number > 2:
            _own_file(number, before, now)
    here = Path.cwd()
    os.chdir(now / here.relative_to(before) if here.is_relative_to(before) else here)


def _own_file(number: int, before: Path, now: Path) -> None:
    """Point a descriptor that writes to a file of the run before at a file of this one, at the same place in it."""
    try:
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        if flags & os.O_ACCMODE == os.O_RDONLY or not stat.S_ISREG(os.fstat(number).st_mode):
            return
        path = Path(f"/proc/self/fd/{number}").readlink()
        inheritable, at = os.get_inheritable(number), os.lseek(number, 0, os.SEEK_CUR)
    except OSError:
        return
    if path.is_relative_to(before):
        copy = now / path.relative_to(before)
        if not copy.exists():
            shutil.copyfile(f"/proc/self/fd/{number}", copy)
        new = os.open(copy, flags & (os.O_ACCMODE | os.O_APPEND))
    else:
        new = _nameless_copy(number)
        fcntl.fcntl(new, fcntl.F_SETFL, flags & os.O_APPEND)
    os.lseek(new, at, os.SEEK_SET)
    os.dup2(new, number, inheritable)
    os.close(new)


def _nameless_copy(number: int) -> int:
    """A copy of what a descriptor leads to, which is gone with the last descriptor of it."""
    with Path(f"/proc/self/fd/{number}").open("rb") as old, tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(old, copy)
        copy.flush()
        return os.dup(copy.fileno())


def _descriptors() -> list[int]:
    return [int(each.name) for each in Path("/proc/self/fd").iterdir()]


def _is_socket(number: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False
