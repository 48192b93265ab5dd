"""A study of one script: as a command describes it, or as its own record does.

Path:   command line, `tune()` or a record -> `ScriptStudy` -> `run_study`.
Source: DESIGN §2, "Identity".
"""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from ratecraft.controllers.settings import TunerSettings
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.codec import from_plain, to_plain
from ratecraft.records.header import StudyHeader
from ratecraft.records.store import Record
from ratecraft.records.study import HOME, StudyFolder, script_hash, study_folder, study_name

__all__ = ["ScriptStudy", "branching_of", "recorded_study", "script_study"]

_VERB = "tune"


@dataclass(frozen=True, slots=True)
class ScriptStudy:
    """A tuning study of one script.

    Attributes:
        script: Path of the script, from `directory` where it lies inside.
        arguments: The script's own arguments.
        settings: Everything that decides the study's course.
        directory: The working folder.
        folder: Where the study lives.
        command: The command that goes on with the study.
        threads: Threads of every job; it decides too, for sums differ in their last digit with it.
        workers: Jobs at a time. Decides nothing.
        start_timeout: Seconds to the script's first optimizer step. Decides nothing.
        time_limit: Seconds after which the study stops and keeps what it has; None for none. Decides nothing.
    """

    script: str
    arguments: tuple[str, ...]
    settings: TunerSettings
    directory: Path
    folder: StudyFolder
    command: str
    threads: int = 1
    workers: int = 1
    start_timeout: float = 300.0
    time_limit: float | None = None

    def header(self) -> StudyHeader:
        """The identity of the study.

        Raises:
            InvalidInput: There is no such script, or torch is not installed.
        """
        return StudyHeader(
            name=self.folder.name,
            verb=_VERB,
            script=self.script,
            arguments=self.arguments,
            script_hash=script_hash(self.directory / self.script),
            torch_version=_torch_version(),
            settings={**to_plain(self.settings), "threads": self.threads},
            ratecraft_version=metadata.version("ratecraft"),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            directory=str(self.directory),
        )


def branching_of(threads: int) -> Literal["fork", "replay"]:
    """How jobs reach their first step here: forks need Linux, and one thread in the process that forks."""
    return "fork" if sys.platform == "linux" and threads == 1 else "replay"


def script_study(
    script: str | Path,
    arguments: Sequence[str],
    settings: TunerSettings,
    *,
    study: str | Path | None = None,
    **running: Any,
) -> ScriptStudy:
    """The study that is meant by a script and its arguments in the current folder.

    Args:
        script: As the user wrote it.
        arguments: The script's own.
        settings: What decides.
        study: Folder of the study, where the user names one.
        running: `threads`, `workers`, `start_timeout`.
    """
    directory = Path.cwd()
    name = study_name(_VERB, Path(script), arguments, directory)
    folder = StudyFolder(directory / study) if study else study_folder(directory, name)
    command = _resume_command(str(study or name))
    return ScriptStudy(_from(directory, script), tuple(arguments), settings, directory, folder, command, **running)


def recorded_study(folder: StudyFolder, wanted: str = "", **running: Any) -> ScriptStudy:
    """The study of a record as its own header describes it, to go on with.

    Args:
        folder: Where it lies.
        wanted: How the user named it; empty for its name.
        running: `workers`, `start_timeout`.

    Raises:
        StudyError: The record cannot be read, or the working folder is not there any more (`moved-study`).
    """
    with Record.open(folder.record, read_only=True) as record:
        header = record.header
    # A study in its usual place moves with its working folder.
    directory = folder.path.parent.parent if folder.path.parent.name == HOME else Path(header.directory)
    if not directory.is_dir():
        raise StudyError("moved-study", study=header.name, directory=directory)
    settings = dict(header.settings)
    threads = int(settings.pop("threads"))
    return ScriptStudy(
        header.script,
        header.arguments,
        from_plain(TunerSettings, to_plain(settings)),
        directory,
        folder,
        _resume_command(wanted or folder.name),
        threads,
        **running,
    )


def _resume_command(name: str) -> str:
    return f"ratecraft resume {shlex.quote(name)}"


def _from(directory: Path, script: str | Path) -> str:
    """The script's path from the working folder where it lies inside, else whole: the same however it was written."""
    whole = directory / script
    whole = whole.parent.resolve() / whole.name
    home = directory.resolve()
    return str(whole.relative_to(home) if whole.is_relative_to(home) else whole)


def _torch_version() -> str:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError as error:
        raise InvalidInput("torch-missing") from error
