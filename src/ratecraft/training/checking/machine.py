"""Checks the machine: its system, processors, memory, and what its kernel offers for jobs.

Path:   kernel, control groups -> checks.
Units:  GiB in what is told.
"""

import os
import platform
import shutil
import sys
from pathlib import Path

from ratecraft.records.check import Check
from ratecraft.training.machine.control_groups import granted
from ratecraft.training.machine.devices import free_memory, usable_cores
from ratecraft.training.sandbox.landlock import has_landlock

_LITTLE_MEMORY = 2 << 30  # one process with torch takes a quarter of it before there is any model
_LITTLE_SHARED = 1 << 30  # loader workers hand batches over through it; containers often have 64 MiB
_SHARED = Path("/dev/shm")  # noqa: S108 - its size is asked for, nothing is written


def gibibytes(size: float) -> float:
    """Bytes as GiB.

    Example:
        >>> gibibytes(3 << 29)
        1.5
    """
    return round(size / (1 << 30), 1)


def system() -> Check:
    """The operating system: ratecraft is made for Linux."""
    named = {"system": platform.system(), "release": platform.release(), "machine": platform.machine()}
    return Check("system", "system", values=named) if _is_linux() else Check("system-other", "system", "limited", named)


def process_groups(found: bool | None = None) -> Check | None:
    """That runs of scripts cannot be held together here; None where they can, as on Linux and macOS.

    Example:
        >>> process_groups(found=False).state, process_groups(found=True)
        ('limited', None)
    """
    found = hasattr(os, "killpg") if found is None else found
    return None if found else Check("process-groups-none", "system", "limited")


def cores(found: int | None = None, of: int | None = None) -> Check:
    """Processors that this process may use, of those that the machine has.

    Example:
        >>> cores(4, 16).code, cores(1, 16).code
        ('cores', 'cores-one')
    """
    found, of = found or usable_cores(), of or os.cpu_count() or 1
    values = {"cores": found, "of": of}
    return Check("cores", "cores", values=values) if found > 1 else Check("cores-one", "cores", "limited", values)


def memory(free: int | None = None) -> Check:
    """Memory that is free, of the machine's or of the container's share."""
    import psutil

    free = free_memory() if free is None else free
    values = {"free": gibibytes(free), "total": gibibytes(min(psutil.virtual_memory().total, granted().memory))}
    if free < _LITTLE_MEMORY:
        return Check("memory-little", "memory", "limited", values)
    return Check("memory", "memory", values=values)


def shared_memory(folder: Path = _SHARED) -> Check | None:
    """Room for what processes share; None where the system has no such folder."""
    if not folder.is_dir():
        return None
    free = shutil.disk_usage(folder).free
    values = {"folder": str(folder), "free": gibibytes(free)}
    if free < _LITTLE_SHARED:
        return Check("shared-memory-little", "shared-memory", "limited", values)
    return Check("shared-memory", "shared-memory", values=values)


def forks() -> Check:
    """Whether a training process can branch."""
    return Check("forks", "forks") if _is_linux() else Check("forks-none", "forks", "limited")


def landlock(found: bool | None = None) -> Check:
    """Whether the kernel keeps jobs from writing to the user's files.

    Example:
        >>> landlock(found=False).state
        'limited'
    """
    found = has_landlock() if found is None else found
    return Check("landlock", "landlock") if found else Check("landlock-none", "landlock", "limited")


def _is_linux() -> bool:
    return sys.platform.startswith("linux")
