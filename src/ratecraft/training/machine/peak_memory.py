"""The peak memory of this process's training.

Path:   a hosted run -> `RunFacts` -> how many jobs fit side by side (`laws.room`).
Units:  bytes.
"""

import sys
from pathlib import Path

import torch


def peak_memory(loader_workers: int = 0) -> int:
    """The most host memory that was resident, with that of loader workers; 0 on a system that does not tell.

    Workers share pages with this process, which are counted for each: rather too much than too little.

    Args:
        loader_workers: Number of workers at a time; each counts as the largest child that has ended.

    Example:
        >>> peak_memory() > 0
        True
    """
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    own, child = (resource.getrusage(of).ru_maxrss * unit for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (_peak_of_program() or own) + loader_workers * child


def _peak_of_program() -> int | None:
    """As Linux tells it, which counts into `ru_maxrss` what the process held before it became this program."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii", errors="replace").splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def peak_device_memory() -> int:
    """The most memory that torch has reserved on one CUDA device; 0 without CUDA.

    CUDA's own context, some hundred megabytes a process, is not in it.

    Example:
        >>> peak_device_memory()
        0
    """
    if not torch.cuda.is_initialized():
        return 0
    return max(torch.cuda.max_memory_reserved(number) for number in range(torch.cuda.device_count()))
