"""What of a folder is not read, and why: told in notes, never dropped in silence.

Path:   `logs` walks a folder -> `LeftOut` -> notes of its first reading.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ratecraft.errors import InvalidInput, RatecraftError, StudyError
from ratecraft.records.outcome import Note

_NAMED = 3
_NO_LOG = "log-binary"  # a database of something else is not a log that is missed


class LeftOut:
    """Collects what of a folder is not read.

    Args:
        folder: The folder that paths are relative to.
        most: Logs that are read of one folder.

    Attributes:
        beyond: Files after the last log that is read.
        unseen: Folders that were not looked into.
        reason: Why the first log that cannot be read cannot; None where all can.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self.beyond: list[Path] = []
        self.unseen: list[Path] = []
        self.reason: RatecraftError | None = None
        self._folder = folder
        self._most = most
        self._damaged: list[Path] = []

    def fails(self, path: Path, error: "InvalidInput | StudyError | OSError") -> None:
        """A log cannot be read."""
        if isinstance(error, OSError):
            error = InvalidInput("log-damaged", path=path, reason=error.strerror or str(error))
        if error.code == _NO_LOG:
            return
        self._damaged.append(path)
        self.reason = self.reason or error

    def notes(self) -> Iterator[Note]:
        """Notes on what was not read, one per kind."""
        if self.beyond:
            yield Note("log-folder-left-out", {**self._told(self.beyond), "most": self._most})
        if self.unseen:
            yield Note("log-folder-deep", self._told(self.unseen))
        if self._damaged:
            yield Note("log-folder-damaged", self._told(self._damaged))

    def _told(self, paths: Sequence[Path]) -> dict[str, float | str]:
        """How many, and the names of the first."""
        names = [str(path.relative_to(self._folder)) for path in paths[:_NAMED]]
        return {"count": len(paths), "names": ", ".join((*names, "…") if len(paths) > _NAMED else names)}
