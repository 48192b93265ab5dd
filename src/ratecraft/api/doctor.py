"""`doctor`: what works on this machine and why not, each with what to do.

Path:   this Python, its packages, the machine, the working folder, the terminal -> checks -> `Examination`.

PyTorch is loaded by a child process while everything else is looked at. Nothing of the user's is run; nothing is left.
"""

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ratecraft.records.check import Check, is_able
from ratecraft.reporting import reading_place
from ratecraft.reporting.doctor import doctor_json, doctor_text
from ratecraft.reporting.text.language import choose_language
from ratecraft.reporting.text.page import Page, page_of

__all__ = ["Examination", "doctor"]


@dataclass(frozen=True)
class Examination:
    """The checks of this machine. `print(examination)` is the screen of `ratecraft doctor`.

    Attributes:
        checks: One for each thing that was looked at.
        language: Language of the text.
    """

    checks: tuple[Check, ...]
    language: str = "en"

    @property
    def able(self) -> bool:
        """Whether a study can run here."""
        return is_able(self.checks)

    def to_json(self) -> dict[str, Any]:
        """The same as `ratecraft doctor --json` prints."""
        return doctor_json(self.checks, self.language)

    def text(self, page: Page) -> str:
        """The screen, in this page's language, width and alphabet."""
        return doctor_text(self.checks, page)

    def __str__(self) -> str:
        return self.text(page_of(sys.stdout, os.environ, self.language))


def doctor(language: str | None = None) -> Examination:
    """Look at what a study needs here: Python, PyTorch, devices, the working folder, extras, the terminal.

    Args:
        language: Code of a language, e.g. `ja`. Default: `RATECRAFT_LANGUAGE`, else the locale.

    Raises:
        InvalidInput: A language that ratecraft does not speak.

    Example:
        >>> found = doctor("en")
        >>> found.able, [check.part for check in found.checks][:3]
        (True, ['python', 'system', 'torch'])
    """
    spoken = choose_language(language, os.environ)
    return Examination(tuple(_checks(Path.cwd(), spoken)), spoken)


def _checks(directory: Path, language: str) -> Iterator[Check]:
    from ratecraft.training.checking import folders, machine, packages, torch_loading
    from ratecraft.training.machine.devices import visible_devices

    loading = torch_loading.begin()
    try:
        page = page_of(sys.stdout, os.environ, language)
        behind = [
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


def _python() -> Check:
    from ratecraft.training.checking.packages import version_of

    values = {
        "version": platform.python_version(),
        "executable": sys.executable,
        "ratecraft": version_of("ratecraft") or "?",
    }
    return Check("python", "python", values=values, essential=True)
