"""Checks PyTorch as a job would find it: loads it in a separate Python and reports its build and devices.

Path:   `begin` -> a child process, while all else is looked at -> `TorchLook` -> checks of PyTorch and CUDA.
Units:  seconds.

It is a process of its own because a broken PyTorch may end the process that loads it. Modules of the working folder are
not seen by it (`-P`), so that nothing of the user's is run.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ratecraft.records.check import Check
from ratecraft.training.checking.packages import is_older, least_version, version_of
from ratecraft.training.machine.devices import Device

_LONGEST = 120.0  # to load torch from a slow disk for the first time
_QUESTION = """
import json
import torch
count = torch.cuda.device_count() if torch.cuda.is_available() else 0
build = {"version": torch.__version__, "cuda": torch.version.cuda, "hip": torch.version.hip}
print(json.dumps({**build, "devices": [torch.cuda.get_device_name(number) for number in range(count)]}))
"""


@dataclass(frozen=True, slots=True)
class TorchLook:
    """The result of loading torch in a child process.

    Attributes:
        version: Version in its metadata; empty if it is not installed.
        problem: Why it cannot be loaded; empty if it can.
        cuda: The CUDA version that it is built for; empty for none.
        hip: The same of ROCm.
        devices: Names of those that it reaches.
    """

    version: str = ""
    problem: str = ""
    cuda: str = ""
    hip: str = ""
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TorchLoading:
    """A child process that loads torch; None where it is not installed."""

    version: str
    process: "subprocess.Popen[str] | None"

    def look(self, longest: float = _LONGEST) -> TorchLook:
        """Wait for what the child tells. Called once."""
        if self.process is None:
            return TorchLook()
        with self.process as child:
            try:
                said, errors = child.communicate(timeout=longest)
            except subprocess.TimeoutExpired:
                child.kill()
                return TorchLook(self.version, f"> {longest:.0f} s")
            except BaseException:
                child.kill()
                raise
        with suppress(ValueError, TypeError, IndexError):
            told: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
            return TorchLook(
                str(told["version"]), "", told["cuda"] or "", told["hip"] or "", tuple(map(str, told["devices"]))
            )
        lines = errors.strip().splitlines()
        return TorchLook(self.version, lines[-1] if lines else f"exit code {child.returncode}")


def begin(program: Sequence[str] = ("-c", _QUESTION)) -> TorchLoading:
    """Begin to load torch, where it is installed.

    Args:
        program: What Python runs.
    """
    version = version_of("torch")
    if not version:
        return TorchLoading("", None)
    child = subprocess.Popen(  # noqa: S603 - a list, no shell
        [sys.executable, "-P", *program],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return TorchLoading(version, child)


def torch(look: TorchLook) -> Check:
    """Whether a training can be loaded at all.

    Example:
        >>> torch(TorchLook()).code, torch(TorchLook("2.13.0", cuda="13.0")).code
        ('torch-missing', 'torch-cuda')
    """
    least = least_version("torch", "torch")
    values = {"version": look.version, "cuda": look.cuda, "hip": look.hip, "least": least}
    if not look.version:
        return Check("torch-missing", "torch", "missing", essential=True)
    if look.problem:
        values["problem"] = look.problem
        return Check("torch-broken", "torch", "missing", values, essential=True)
    if is_older(look.version, least):
        return Check("torch-old", "torch", "limited", values)
    return Check("torch-rocm" if look.hip else "torch-cuda" if look.cuda else "torch-cpu", "torch", values=values)


def cuda(look: TorchLook, listed: Sequence[Device], environment: Mapping[str, str]) -> Check:
    """Whether training has devices.

    Args:
        look: What PyTorch reaches.
        listed: What the driver lists, whatever the user chose of it.
        environment: The user's.

    Example:
        >>> cuda(TorchLook("2.13.0"), [Device("GPU-1a", 80)], {}).code, cuda(TorchLook("2.13.0"), [], {}).code
        ('cuda-unused', 'cuda-none')
    """
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    values = {"count": len(listed), "cuda": look.cuda, "chosen": chosen or ""}
    if look.devices:
        return Check("cuda", "cuda", values={**values, "count": len(look.devices), "names": ", ".join(look.devices)})
    if not listed:
        return Check("cuda-none", "cuda", "missing")
    if not look.version or look.problem:
        return Check("cuda-listed", "cuda", "limited", values)
    if not look.cuda:
        return Check("cuda-unused", "cuda", "limited", values)
    return Check("cuda-hidden" if chosen is not None else "cuda-unreachable", "cuda", "limited", values)
