"""What is available for parallel jobs: free memory, and CUDA devices, one for each job.

Path:   the user's environment, the driver's list -> `visible_devices` -> `DevicePool` -> a worker's environment.
Units:  bytes.

CUDA itself is asked nothing: it would be initialised in a process that has no use for it.
"""

import math
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ratecraft.laws.capacity import least_loaded_device
from ratecraft.training.machine.control_groups import granted

LIBRARY_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Variables that tell numerical libraries how many threads they may have."""

Begun = TypeVar("Begun")
"""What a device is lent to."""

_VARIABLE = "CUDA_VISIBLE_DEVICES"
_GROUPS = Path("/sys/fs/cgroup")
_ASK_SECONDS = 30.0  # a driver that sleeps takes some


@dataclass(frozen=True, slots=True)
class Device:
    """A device: how `CUDA_VISIBLE_DEVICES` names it, and its memory."""

    name: str
    memory: int


def free_memory(groups: Path = _GROUPS) -> int:
    """Host memory that can still be had: of the machine, or of the container's share where that is less.

    Args:
        groups: Where the control groups that limit this process are mounted.

    Example:
        >>> free_memory() > 0
        True
    """
    import psutil  # 20 ms that only a study of several workers needs

    return int(min(psutil.virtual_memory().available, granted(groups).free))


def usable_cores(groups: Path = _GROUPS) -> int:
    """Processors that this process may use at a time: at least one.

    Args:
        groups: Where the control groups that limit this process are mounted.

    Example:
        >>> usable_cores() >= 1
        True
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, math.floor(min(granted(groups).cores, allowed))))


def visible_devices(environment: Mapping[str, str], listed: str | None = None) -> tuple[Device, ...]:
    r"""The devices that jobs may use: those of the driver, of which the user's own `CUDA_VISIBLE_DEVICES` chooses.

    Numbers of that variable are in CUDA's order, which need not be the driver's, so that each device is then taken for
    one with the least memory of all.

    Args:
        environment: The user's.
        listed: What `nvidia-smi` says, a line `identifier, mebibytes` for each device; asked for where not given.

    Example:
        >>> text = "GPU-1a, 81559\nGPU-2b, 24564"
        >>> [device.name for device in visible_devices({}, text)]
        ['GPU-1a', 'GPU-2b']
        >>> visible_devices({"CUDA_VISIBLE_DEVICES": "1"}, text)
        (Device(name='1', memory=25757220864),)
        >>> visible_devices({"CUDA_VISIBLE_DEVICES": ""}, text), visible_devices({"CUDA_VISIBLE_DEVICES": "0"}, "")
        ((), ())
    """
    found = _parsed(_asked(environment) if listed is None else listed)
    if not found or _VARIABLE not in environment:
        return found
    least = min(device.memory for device in found)
    memory = {device.name: device.memory for device in found}
    chosen = list[Device]()
    for name in map(str.strip, environment[_VARIABLE].split(",")):
        if not name or name.startswith("-"):  # CUDA sees none behind one that is not there
            break
        chosen.append(Device(name, memory.get(name, least)))
    return tuple(chosen)


def in_sets(devices: Sequence[Device], processes: int) -> tuple[Device, ...]:
    """The devices in sets for jobs of `processes` processes: a device for every process.

    A set is named by all of its devices and has the memory of its least one. Devices that fill no set stay unused;
    where there are not enough for one, all of them are the one set, as the script would see them at home.

    Example:
        >>> devices = [Device("0", 80), Device("1", 40), Device("2", 80)]
        >>> in_sets(devices, 1) == tuple(devices)
        True
        >>> in_sets(devices, 2), in_sets(devices, 4), in_sets((), 2)
        ((Device(name='0,1', memory=40),), (Device(name='0,1,2', memory=40),), ())
    """
    size = min(processes, len(devices))
    starts = range(0, len(devices) - size + 1, size) if size else ()
    sets = [devices[start : start + size] for start in starts]
    return tuple(Device(",".join(tensor.name for tensor in one), min(tensor.memory for tensor in one)) for one in sets)


class DevicePool:
    """Gives each run a device; used by several threads.

    Args:
        devices: To choose from; with none, nothing is pinned.

    Example:
        >>> pool = DevicePool([Device("0", 80), Device("1", 80)])
        >>> pool.take(), pool.take()
        (Device(name='0', memory=80), Device(name='1', memory=80))
        >>> DevicePool().take() is None
        True
    """

    def __init__(self, devices: Sequence[Device] = ()) -> None:
        self.devices = tuple(devices)
        self._jobs = [0] * len(self.devices)
        self._lock = threading.Lock()

    def take(self) -> Device | None:
        """The device for one more run, which gives it back when it has ended."""
        if not self.devices:
            return None
        with self._lock:
            number = least_loaded_device([device.memory for device in self.devices], self._jobs)
            self._jobs[number] += 1
        return self.devices[number]

    def lend(self, begin: Callable[[Device | None], Begun]) -> Begun:
        """Begin a run on a device; where it can't be begun, the device is free again."""
        device = self.take()
        try:
            return begin(device)
        except BaseException:
            self.give_back(device)
            raise

    def give_back(self, device: Device | None) -> None:
        """A run on it has ended."""
        if device is not None:
            with self._lock:
                self._jobs[self.devices.index(device)] -= 1


def pinned(environment: Mapping[str, str], device: Device | None) -> dict[str, str]:
    """The environment of a run on a device.

    Example:
        >>> pinned({}, Device("GPU-1a", 80)), pinned({"A": "b"}, None)
        ({'CUDA_VISIBLE_DEVICES': 'GPU-1a'}, {'A': 'b'})
    """
    return dict(environment) if device is None else {**environment, _VARIABLE: device.name}


def _asked(environment: Mapping[str, str]) -> str:
    """What the driver's own program says; nothing where there is none."""
    program = shutil.which("nvidia-smi", path=environment.get("PATH"))
    if program is None:
        return ""
    question = [program, "--query-gpu=uuid,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(  # noqa: S603 - a list, no shell
            question, capture_output=True, text=True, timeout=_ASK_SECONDS, check=True, env=dict(environment)
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def _parsed(listed: str) -> tuple[Device, ...]:
    devices = list[Device]()
    for line in listed.splitlines():
        name, _, mebibytes = line.partition(",")
        if mebibytes.strip().isdecimal():  # a device that shares its memory with the host says `[N/A]`
            devices.append(Device(name.strip(), int(mebibytes) << 20))
    return tuple(devices)
