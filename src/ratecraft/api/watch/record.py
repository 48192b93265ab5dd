"""Keeps a watched run in a record of its own beside the studies; no later run overwrites it.

Path:   script or training -> folder, header -> `WatchedRun`. What cannot be kept is said once; the training goes on.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from ratecraft.diagnosis.finding import Finding
from ratecraft.errors import StudyError
from ratecraft.records.program import Program
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import StudyFolder, open_study, set_aside, summarise
from ratecraft.records.storage.watched import WatchedRun
from ratecraft.records.watching.observed import ObservedRun


def begin_record(folder: StudyFolder, program: Program | None = None, script_hash: str = "") -> WatchedRun:
    """A new record. An earlier one of this name is put aside, as `NAME.1` and so on.

    Beside one that is still being written, the new one gets such a name.

    Raises:
        StudyError: There is a study of another kind (`changed-settings`), or the folder is not writable
            (`directory-read-only`).
    """
    folder = _free(folder)
    header = StudyHeader(
        name=folder.name,
        verb="watch",
        script=program.title if program else "",
        arguments=program.arguments if program else (),
        script_hash=script_hash,
        torch_version="",
        ratecraft_version=metadata.version("ratecraft"),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        directory=str(Path.cwd()),
        typed=program.entry.typed if program else (),
    )
    return WatchedRun(open_study(folder, header))


def _free(folder: StudyFolder) -> StudyFolder:
    if not folder.record.is_file():
        return folder
    there = summarise(folder)
    if there.header is None or there.header.verb != "watch":
        return folder  # which `open_study` refuses
    if there.state != "running":
        set_aside(folder)
        return folder
    number = 1
    while (other := folder.path.with_name(f"{folder.name}.{number}")).exists():
        number += 1
    return StudyFolder(other)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whether a record is kept.

    Attributes:
        study: Folder of the study; None if there is none.
        fail: Takes the reason where it can be kept no more.
    """

    study: Path | None
    fail: Callable[[StudyError], None]


class Keeper:
    """Keeps a run as long as that works: a full disk ends the record, not the training.

    Args:
        run: Where to; None keeps nothing.
        fail: Takes the reason, once.
    """

    def __init__(self, run: WatchedRun | None, fail: Callable[[StudyError], None]) -> None:
        self._run, self._fail = run, fail

    def take(self, piece: ObservedRun) -> None:
        """Take the next piece of the run."""
        self._try(lambda run: run.take(piece))

    def tell(self, finding: Finding) -> None:
        """A finding was told."""
        self._try(lambda run: run.tell(finding))

    def end(self, code: int | None = None) -> None:
        """Stop following the run."""
        self._try(lambda run: run.end(code))

    def _try(self, act: Callable[[WatchedRun], None]) -> None:
        if self._run is None:
            return
        try:
            act(self._run)
        except StudyError as error:
            kept, self._run = self._run, None
            with suppress(StudyError):
                kept.end()
            self._fail(error)
