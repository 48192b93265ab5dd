"""How much memory this process's training has held at its most.

Path:   a hosted run -> `RunFacts` -> how many jobs fit side by side (`laws.room`).
Units:  bytes.
"""

import sys
from pathlib import Path

import torch

__all__ = ["peak_device_memory", "peak_memory"]


def peak_memory(loader_workers: int = 0) -> int:
    """The most host memory that was resident, with that of loader workers; 0 on a system that does not tell.

    Workers share pages with this process, which are counted for each: rather too much than too little.

    Args:
        loader_workers: How many there were at a time; each counts as the largest child that has ended.

    Example:
        >>> peak_memory() > 0
        True
    """
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return _own_peak(unit) + loader_workers * child * unit


def _own_peak(unit: int) -> int:
    """This program's own peak; Linux counts into `ru_maxrss` what the process held before it became this program."""
    import resource

    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


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
