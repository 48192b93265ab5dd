"""`ui`: the local site for the studies in some folders.

Path:   folders -> a `Library` that reads them -> the site behind its wall -> a server on this machine.

The port and the token are drawn once for a working folder and kept beside its studies, readable by their owner alone: a
page that is open finds the site again when it is started again.
"""

import json
import os
import secrets
import stat
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ratecraft.api.results.summaries import command_for, study_line, summarise_study
from ratecraft.api.studies.estimating import study_estimate
from ratecraft.api.studies.recorded import recorded_settings
from ratecraft.controllers.estimate import Estimate
from ratecraft.errors import InvalidInput, RatecraftError
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import HOME, StudyFolder, StudySummary, find_studies, summarise
from ratecraft.reporting.pages.studies.library import Known, Library, name_in_address
from ratecraft.reporting.progress.estimate import Planner
from ratecraft.reporting.report.evidence import Evidence, evidence_of

if TYPE_CHECKING:
    import socket

    from ratecraft.reporting.pages.server.serving import Service

_REMEMBERED = "ui.json"


@dataclass(frozen=True, slots=True)
class Site:
    """A site that is ready to be served.

    Attributes:
        address: The link with the token; it opens once, and leaves a cookie.
        service: Serves it: `run` until Ctrl-C or `stop`.
    """

    address: str
    service: "Service"


def open_site(
    folders: Sequence[Path] = (), *, port: int | None = None, language: str = "en", allow_run: bool = False
) -> Site:
    """The site for the studies of some folders; nothing is served yet.

    Args:
        folders: Working folders, or folders of single studies. Default: the current one.
        port: Default: the one of last time, else a free one.
        language: Code of the language where the link leads.
        allow_run: Whether studies may be started and stopped from the site.

    Raises:
        InvalidInput: Starlette and uvicorn are not installed (`ui-missing`), the port is taken (`ui-port`), or a folder
            is not there (`ui-folder`).
    """
    try:
        from ratecraft.reporting.pages.server.serving import Service
        from ratecraft.reporting.pages.site import application_of
    except ModuleNotFoundError as error:
        raise InvalidInput("ui-missing", module=error.name) from error
    library = library_of(folders or [Path.cwd()])
    home = library.directories[0]
    remembered, token = _remembered(home)
    application = application_of(library, language, version("ratecraft"), allow_run=allow_run)
    service = Service(application, _bound(port, remembered), token)
    _remember(home, service.port, token)
    return Site(f"http://127.0.0.1:{service.port}/{language}/studies?token={token}", service)


def library_of(folders: Sequence[Path]) -> Library:
    """The studies of some folders, read as often as they change.

    Args:
        folders: Working folders, or folders of single studies.

    Raises:
        InvalidInput: A folder is not there (`ui-folder`).
    """
    for folder in folders:
        if not folder.is_dir():
            raise InvalidInput("ui-folder", folder=folder)
    shelf = _Shelf([folder.absolute() for folder in folders])
    return Library(
        directories=tuple(shelf.directories),
        studies=shelf.studies,
        evidence=lambda known: _evidence(known.folder, known.directory),
        command=lambda verb, known: command_for(verb, known.folder, known.directory),
        plan=lambda known: _plan(known.folder),
    )


def write_learn(folder: Path) -> int:
    """Write the guide and the playground as plain files that need no server; returns how many.

    Args:
        folder: Where to; files of the same names are written over.

    Raises:
        InvalidInput: It cannot be written (`report-not-written`).
    """
    from ratecraft.reporting.pages.learn import learn_files

    count = 0
    for place, content in learn_files():
        file = folder / place
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as error:
            raise InvalidInput("report-not-written", path=file, reason=error.strerror or "") from error
        count += 1
    return count


class _Shelf:
    """Finds studies, and tells each again only where its record has changed."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._single = [StudyFolder(folder) for folder in folders if (folder / "record.sqlite").is_file()]
        whole = [folder for folder in folders if not (folder / "record.sqlite").is_file()]
        homes = [_working_folder(folder) for folder in self._single]
        self.directories = list(dict.fromkeys([*whole, *homes]))
        self._whole = whole
        self._told: dict[Path, tuple[object, Known]] = {}
        self._lock = threading.Lock()

    def studies(self) -> tuple[Known, ...]:
        """All studies, the newest first."""
        found = [entry for directory in self._whole for entry in _below(directory)]
        found += [(summarise(folder), _working_folder(folder)) for folder in self._single]
        with self._lock:
            known = [self._known(study, directory) for study, directory in found]
            self._told = {study.folder.path: self._told[study.folder.path] for study in known}
        unique = {study.folder.path: study for study in known}
        return tuple(sorted(unique.values(), key=lambda study: study.line.when, reverse=True))

    def _known(self, study: StudySummary, directory: Path) -> Known:
        stamp = (study.state, study.folder.changed)
        before = self._told.get(study.folder.path)
        if before is not None and before[0] == stamp:
            return before[1]
        header = study.header
        known = Known(
            name_in_address(study.folder, directory, self.directories[0]),
            study.folder,
            directory,
            study_line(study, directory),
            header.verb if header else "",
            header.script if header else "",
        )
        self._told[study.folder.path] = stamp, known
        return known


def _below(directory: Path) -> list[tuple[StudySummary, Path]]:
    """The studies of a working folder, and of those one folder down, each with its own working folder."""
    folders = (directory, *sorted(home.parent for home in directory.glob(f"*/{HOME}") if home.is_dir()))
    return [(study, folder) for folder in folders for study in find_studies(folder)]


def _working_folder(study: StudyFolder) -> Path:
    """The folder that commands about a study are typed in."""
    parent = study.path.parent
    return parent.parent if parent.name == HOME else parent


def _evidence(folder: StudyFolder, directory: Path) -> Evidence:
    with Record.open(folder.record, read_only=True) as record:
        return evidence_of(summarise_study(folder, record, directory), record.header, record.events())


def _plan(folder: StudyFolder) -> Planner | None:
    """What the settings of a study foresee; None if they cannot be read, or foresee nothing."""
    try:
        with Record.open(folder.record, read_only=True) as record:
            header = record.header
        if header.verb == "watch":
            return None
        settings = recorded_settings(header)
        study_estimate(settings)
    except (RatecraftError, ValueError):  # damaged, or of another version
        return None

    def planned(horizon: int | None) -> Estimate:
        try:
            return study_estimate(settings, horizon)
        except InvalidInput:  # the study says so itself, where it stops
            return study_estimate(settings)

    return planned


def _bound(port: int | None, remembered: int) -> "socket.socket":
    """The socket of the port that is asked for, else of last time's, else of a free one."""
    from ratecraft.reporting.pages.server.serving import bound

    if port is not None:
        try:
            return bound(port)
        except (OSError, OverflowError) as error:  # taken, or above 65535
            raise InvalidInput("ui-port", port=port, reason=getattr(error, "strerror", None) or str(error)) from error
    with suppress(OSError):
        return bound(remembered)
    return bound()


def _remembered(directory: Path) -> tuple[int, str]:
    """Port and token of last time, where the file is the owner's alone; else any port and a new token."""
    file = directory / HOME / _REMEMBERED
    try:
        seen = file.stat()
        if hasattr(os, "getuid") and seen.st_uid == os.getuid() and not stat.S_IMODE(seen.st_mode) & 0o077:
            told = json.loads(file.read_text(encoding="utf-8"))
            port, token = int(told["port"]), str(told["token"])
            if 1024 <= port < 65536 and len(token) >= 32 and token.isascii():
                return port, token
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, secrets.token_urlsafe(32)


def _remember(directory: Path, port: int, token: str) -> None:
    """Keep them where studies are; a folder without any, or that cannot be written, remembers nothing."""
    home = directory / HOME
    if not home.is_dir():
        return
    with suppress(OSError):
        part = home / f"{_REMEMBERED}.part"
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"port": port, "token": token}, file)
        part.replace(home / _REMEMBERED)
