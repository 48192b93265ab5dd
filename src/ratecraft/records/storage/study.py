"""Where a study lives, and how it is begun, found again and put aside.

Path:   a command -> its study's name and folder -> the claimed record, new or gone on with.
Source: docs/reference/studies.md, "Identity".
"""

import contextlib
import difflib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.storage.file_systems import journal_mode
from ratecraft.records.storage.header import StudyHeader, check_identity
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.watched import watched_of

HOME = ".ratecraft"

StudyState: TypeAlias = Literal["finished", "running", "unfinished", "unreadable"]


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """The folder of one study and what lies where in it."""

    path: Path

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.path.name

    @property
    def record(self) -> Path:
        """The SQLite file."""
        return self.path / "record.sqlite"

    @property
    def changed(self) -> int:
        """When something was last committed to the record, in nanoseconds since 1970; 0 without one.

        Its file alone does not tell: what is new may lie in the log beside it for hours.
        """
        times = [0]
        for file in (self.record, self.record.with_name(f"{self.record.name}-wal")):
            with contextlib.suppress(OSError):
                times.append(file.stat().st_mtime_ns)
        return max(times)

    @property
    def logs(self) -> Path:
        """What the jobs' processes printed."""
        return self.path / "logs"

    def lines(self, job: str) -> Path:
        """The lines that a baseline printed, each with its step, to look for a figure that was not asked for then."""
        return self.logs / f"{job}.lines"

    @property
    def models(self) -> Path:
        """Saved states."""
        return self.path / "models"

    @property
    def baseline(self) -> Path:
        """Files that the baseline run wrote."""
        return self.path / "baseline"

    def run(self, job: str) -> Path:
        """Files that a complete run in a mirror wrote."""
        return self.path / f"run-{job}"

    @property
    def scratch(self) -> Path:
        """Mirrors of the working directory that probes write into; each is removed with its probe."""
        return self.path / "scratch"

    @property
    def first_writes(self) -> Path:
        """Copies of the user's files from before the final run first wrote to them."""
        return self.path / "first-writes"


@dataclass(frozen=True, slots=True)
class StudySummary:
    """One study of a list; without a header, and with the problem, where its record cannot be read."""

    folder: StudyFolder
    state: StudyState
    header: StudyHeader | None = None
    problem: StudyError | None = None


def study_name(verb: str, script: Path, arguments: Sequence[str], directory: Path) -> str:
    """The name of the study of a command: verb, script and a hash of script path and arguments.

    Example:
        >>> study_name("tune", Path("./train.py"), ["--epochs", "3"], Path("/home/me"))
        'tune-train-2f2fdf0c'
    """
    whole = Path(os.path.realpath(directory / script))  # a link that leads to itself has no `resolve`
    home = directory.resolve()
    path = whole.relative_to(home) if whole.is_relative_to(home) else whole
    return folder_name(verb, script.stem, [path.as_posix(), *arguments])


def folder_name(verb: str, stem: str, of: Sequence[str]) -> str:
    """The name of a study: verb, its subject in a word, and a hash of what tells it from others.

    Example:
        >>> folder_name("tune", "make_task", ["digits:make_task"])
        'tune-make_task-a6f00ee4'
    """
    digest = hashlib.sha256(json.dumps(list(of)).encode()).hexdigest()[:8]
    word = re.sub(r"[^\w.]+", "-", stem).strip("-.")[:40]
    return f"{verb}-{word}-{digest}"


def study_folder(directory: Path, name: str) -> StudyFolder:
    """The folder of the study of this name in a working directory."""
    return StudyFolder(directory.absolute() / HOME / name)


def script_hash(script: Path) -> str:
    """Hash of the script's bytes.

    Raises:
        InvalidInput: There is no such script (`no-such-script`), it is a folder (`script-is-folder`), cannot be read
            (`script-unreadable`), or is not text (`script-binary`).
    """
    try:
        content = script.read_bytes()
    except IsADirectoryError as error:
        raise InvalidInput("script-is-folder", path=script.name or script) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        folder = script.absolute().parent
        beside = [path.name for path in folder.glob("*") if path.suffix in (".py", ".ipynb")]
        near = _nearest(script.name, beside)
        raise InvalidInput("no-such-script", path=script.name, directory=folder, near=near) from error
    except OSError as error:
        raise InvalidInput("script-unreadable", path=script.name, reason=error.strerror) from error
    if b"\0" in content:
        raise InvalidInput("script-binary", path=script.name)
    return hashlib.sha256(content).hexdigest()


def open_study(folder: StudyFolder, header: StudyHeader) -> Record:
    """The claimed record of a study: of the one that is there and is the same, else of a new one.

    Raises:
        StudyError: It is of another script or of other settings (`changed-script`, `changed-settings`), another
            supervisor is at work (`study-busy`), the folder is not writable (`directory-read-only`); and as
            `Record.open`.
    """
    _prepare(folder)
    record = _open_or_create(folder, header)
    try:
        record.claim()
        check_identity(record.header, header)
    except BaseException:
        record.close()
        raise
    return record


def set_aside(folder: StudyFolder) -> StudyFolder | None:
    """Rename a study to the next free `NAME.1`, `NAME.2`…, so that its name is free; None if there is none.

    Raises:
        StudyError: The study is running (`study-busy`), or the folder is not writable (`directory-read-only`).
    """
    if not folder.path.exists():
        return None
    _check_idle(folder)
    number = 1
    while (aside := folder.path.with_name(f"{folder.name}.{number}")).exists():
        number += 1
    try:
        folder.path.rename(aside)
    except OSError as error:
        raise StudyError("directory-read-only", directory=folder.path.parent, reason=str(error.strerror)) from error
    return StudyFolder(aside)


def delete_study(folder: StudyFolder) -> None:
    """Remove a study with all that it kept: record, logs, models, files of its runs.

    Raises:
        StudyError: The study is running (`study-busy`), or the folder is not writable (`directory-read-only`).
    """
    _check_idle(folder)
    try:
        shutil.rmtree(folder.path)
    except OSError as error:
        raise StudyError("directory-read-only", directory=folder.path.parent, reason=str(error.strerror)) from error


def _check_idle(folder: StudyFolder) -> None:
    """Refuse a running study. A record that cannot be read does not prevent its removal.

    Raises:
        StudyError: The study is running (`study-busy`).
    """
    try:
        with Record.open(folder.record) as record:
            record.claim()
    except StudyError as error:
        if error.code == "study-busy":
            raise


def studies_aside(folder: StudyFolder) -> tuple[StudySummary, ...]:
    """Studies that had this folder before, which `set_aside` has renamed; newest first."""
    beside = folder.path.parent.iterdir() if folder.path.parent.is_dir() else ()
    numbered = {path: path.name.removeprefix(f"{folder.name}.") for path in beside if path.name != folder.name}
    aside = [path for path, number in numbered.items() if number != path.name and number.isdecimal()]
    folders = (StudyFolder(path) for path in sorted(aside, key=lambda path: -int(numbered[path])))
    return tuple(summarise(other) for other in folders if other.record.is_file())


def find_studies(directory: Path) -> tuple[StudySummary, ...]:
    """Every study of a working directory, oldest first; those that cannot be read at the front."""
    home = directory.absolute() / HOME
    folders = [StudyFolder(path) for path in sorted(home.iterdir())] if home.is_dir() else []
    studies = [summarise(folder) for folder in folders if folder.record.is_file()]
    return tuple(sorted(studies, key=lambda study: study.header.created if study.header else ""))


def summarise(folder: StudyFolder) -> StudySummary:
    """The state of a study."""
    try:
        with Record.open(folder.record, read_only=True) as record:
            ended = "finished" if _is_over(record) else "unfinished"
            return StudySummary(folder, "running" if record.supervisor() is not None else ended, record.header)
    except StudyError as error:
        return StudySummary(folder, "unreadable", problem=error)


def _is_over(record: Record) -> bool:
    watched = watched_of(record)
    return record.answer() is not None if watched is None else watched.over


def find_study(directory: Path, wanted: str = "") -> StudyFolder:
    """The study that is meant: by a folder's path, a name or the beginning of one; the newest where nothing is said.

    Raises:
        StudyError: None is meant (`no-study`, `no-such-study`), or several are (`several-studies`).
    """
    if wanted and StudyFolder(directory / wanted).record.is_file():
        return StudyFolder((directory / wanted).absolute())
    studies = [study.folder for study in find_studies(directory)]
    if not studies:
        raise StudyError("no-study", directory=directory.absolute())
    if not wanted:
        return studies[-1]
    exact = [folder for folder in studies if folder.name == wanted]
    meant = exact or [folder for folder in studies if folder.name.startswith(wanted)]
    names = ", ".join(folder.name for folder in meant or studies)
    if not meant:
        near = _nearest(wanted, [folder.name for folder in studies])
        raise StudyError("no-such-study", study=wanted, names=names, near=near)
    if len(meant) > 1:
        raise StudyError("several-studies", study=wanted, names=names)
    return meant[0]


def named_study(directory: Path, name: str) -> StudyFolder:
    """The study of exactly this name: what is lost must have been named in full.

    Raises:
        StudyError: There is none (`no-study`, `no-such-study`).
    """
    found = find_study(directory, name or " ")  # an empty name would mean the newest study
    if found.name == name:
        return found
    raise StudyError("no-such-study", study=name, names=found.name, near=found.name)


def _nearest(given: str, among: Sequence[str]) -> str:
    """The nearest name; empty if none is near."""
    return next(iter(difflib.get_close_matches(given, among, n=1)), "")


def _prepare(folder: StudyFolder) -> None:
    try:
        for path in (folder.path, folder.logs, folder.models, folder.baseline):
            path.mkdir(parents=True, exist_ok=True)
        ignore = folder.path.parent / ".gitignore"
        if folder.path.parent.name == HOME and not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise StudyError("directory-read-only", directory=folder.path.parent, reason=str(error.strerror)) from error


def _open_or_create(folder: StudyFolder, header: StudyHeader) -> Record:
    mode = journal_mode(folder.path)  # a study may have been moved to another disk
    try:
        return Record.open(folder.record, journal_mode=mode)
    except StudyError as error:
        if error.code != "no-record":
            raise
    try:
        return Record.create(folder.record, header, mode)
    except StudyError as error:
        if error.code != "record-exists":
            raise
    return Record.open(folder.record, journal_mode=mode)  # another process was faster
