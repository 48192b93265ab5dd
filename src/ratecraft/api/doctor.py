"""`doctor`: what works on this machine, what does not and how to fix it; with `gpu`, how runs behave on its GPU.

Path:   this Python, its packages, the machine, the working folder, the terminal -> checks -> `Examination`.

A child process loads PyTorch while the rest is checked. The user's code is never run, and no files are left behind.
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ratecraft.records.check import Check, is_able
from ratecraft.records.program import Entry
from ratecraft.reporting import reading_place
from ratecraft.reporting.doctor import doctor_json, doctor_text
from ratecraft.reporting.text.language import choose_language
from ratecraft.reporting.text.page import Page, page_of

_GPU_FILE = "ratecraft-gpu.json"


@dataclass(frozen=True)
class Examination:
    """The checks of this machine. `print(examination)` is the screen of `ratecraft doctor`.

    Attributes:
        checks: One for each thing that was checked.
        language: Language of the text.
        of_gpu: Whether runs on a GPU were checked, instead of the requirements of a study.
    """

    checks: tuple[Check, ...]
    language: str = "en"
    of_gpu: bool = False

    @property
    def able(self) -> bool:
        """Whether a study can run here."""
        return is_able(self.checks)

    def to_json(self) -> dict[str, Any]:
        """The same as `ratecraft doctor --json` prints."""
        return doctor_json(self.checks, self.language)

    def text(self, page: Page) -> str:
        """The screen, in the given language, width and character set."""
        return doctor_text(self.checks, page, of_gpu=self.of_gpu)

    def __str__(self) -> str:
        return self.text(page_of(sys.stdout, os.environ, self.language))


def doctor(language: str | None = None, *, gpu: bool = False, output: str | Path = "") -> Examination:
    """Check what a study needs: Python, PyTorch, devices, the working folder, optional packages, the terminal.

    Args:
        language: Code of a language, e.g. `ja`. Default: `RATECRAFT_LANGUAGE`, else the locale.
        gpu: Train small scripts on the GPU instead, for about a minute. This checks that runs are repeated bit for bit,
            gradient scalers and rates in tensors are handled, jobs fit in memory on devices of their own, and
            processes can train together over NCCL.
        output: File for the results of `gpu`, in English, to attach to an issue. Default: `ratecraft-gpu.json` in the
            working folder. No file is written if PyTorch finds no GPU.

    Raises:
        InvalidInput: ratecraft has no translation into this language.
        OSError: The file cannot be written.

    Example:
        >>> found = doctor("en")
        >>> found.able, [check.part for check in found.checks][:3]
        (True, ['python', 'system', 'torch'])
    """
    spoken = choose_language(language, os.environ)
    if gpu:
        return _of_gpu(Path(output or _GPU_FILE), spoken)
    return Examination(tuple(_checks(Path.cwd(), spoken)), spoken)


def _checks(directory: Path, language: str) -> Iterator[Check]:
    from ratecraft.training.checking import folders, machine, packages, torch_loading
    from ratecraft.training.machine.devices import visible_devices

    loading = torch_loading.begin()
    try:
        page = page_of(sys.stdout, os.environ, language)
        behind = [
            machine.process_groups(),
            machine.forks(),
            folders.overlay(directory, os.environ),
            machine.landlock(),
            machine.cores(),
            machine.memory(),
            machine.shared_memory(),
            folders.room(directory),
            folders.file_system_of(directory),
            folders.scratch_room(),
            packages.frameworks(),
            packages.extra_of("search", ("optuna", "scipy"), "search-missing"),
            packages.extra_of("ray", ("ray",), "ray-missing"),
            packages.extra_of("ui", ("starlette", "uvicorn"), "ui-missing"),
            reading_place.guide(),
            reading_place.browser(),
            reading_place.terminal(page, sys.stdout),
            reading_place.language(language, page, os.environ),
        ]
        listed = visible_devices({name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"})
    finally:
        look = loading.look()
    yield _python()
    yield machine.system()
    yield torch_loading.torch(look)
    yield torch_loading.cuda(look, listed, os.environ)
    yield from (check for check in behind if check is not None)


def _of_gpu(file: Path, language: str) -> Examination:
    """What comes of scripts on the GPU, and a file that says so; where there is no GPU, why."""
    from ratecraft.training.checking import machine, torch_loading
    from ratecraft.training.machine.devices import visible_devices

    loading = torch_loading.begin()
    listed = visible_devices({name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"})
    look = loading.look()
    reached = torch_loading.cuda(look, listed, os.environ)
    begun = [_python(), machine.system(), torch_loading.torch(look)]
    if not look.devices:
        reached = reached if listed else replace(reached, code="gpu-none")
        return Examination((*begun, replace(reached, state="missing", essential=True)), language, of_gpu=True)
    checks = (*begun, reached, *runs_on("cuda", file, (*begun, reached)))
    return Examination(checks, language, of_gpu=True)


def runs_on(device: str, file: Path, before: Sequence[Check]) -> Iterator[Check]:
    """Run the scripts that check a device (`cuda`, `cpu`); the last check names the file with the results.

    Args:
        device: As torch names it.
        file: It takes the checks.
        before: Checks that stand before them in the file.
    """
    from ratecraft.api.programs.launchers import torchrun_variables
    from ratecraft.training.checking.gpu import Bench, gpu_checks
    from ratecraft.training.machine.devices import LIBRARY_THREADS, visible_devices
    from ratecraft.training.processes.launcher import Launcher, fresh_python

    environment, devices = {**os.environ, **dict.fromkeys(LIBRARY_THREADS, "1")}, visible_devices(os.environ)
    together = Entry(processes=2, variables=torchrun_variables(2))
    with tempfile.TemporaryDirectory(prefix="ratecraft-gpu-") as folder, Launcher() as launcher:
        bench = Bench(Path(folder), device, devices, environment, (fresh_python, launcher), together)
        checks = tuple(gpu_checks(bench))
    file.write_text(json.dumps(doctor_json((*before, *checks)), indent=1) + "\n", encoding="utf-8")
    yield from (*checks, Check("gpu-file", "gpu-file", values={"file": str(file)}))


def _python() -> Check:
    from ratecraft.training.checking.packages import version_of

    values = {
        "version": platform.python_version(),
        "executable": sys.executable,
        "ratecraft": version_of("ratecraft") or "?",
    }
    return Check("python", "python", values=values, essential=True)
