"""A log that is still being written: what is new in it, whenever it is asked for.

Path:   a growing file -> `Following.look` -> `Reading` -> live diagnosis.
"""

import os
from pathlib import Path

from ratecraft.errors import InvalidInput
from ratecraft.importers.line_reader import LineReader
from ratecraft.importers.logs import kind_of
from ratecraft.importers.reading import Reading

_PIECE = 1 << 20
_HEAD = 1 << 16


class Following:
    r"""Follows a log of lines (text, tables, JSON lines) as it grows. Waiting is up to the caller.

    A log that has become shorter, or another file under its name, is read from its beginning.

    Args:
        path: The log; it need not be there yet.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     log = Path(folder, "log.txt")
        ...     following = Following(log)
        ...     before = following.look()
        ...     _ = log.write_text("step 0 loss 2.5\nstep 1 loss 2.0\nstep 2 lo")
        ...     now = following.look()
        >>> before, now.runs[0].series["loss"].values.tolist()
        (None, [2.5, 2.0])
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = LineReader(str(path))
        self._identity = (0, 0)
        self._read = 0

    def look(self) -> Reading | None:
        """The reading of all that is there now; None if nothing is new.

        Raises:
            InvalidInput: The file is not a log of lines (`log-not-followed`).
        """
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return None
        with file:
            status = os.fstat(file.fileno())
            identity = (status.st_dev, status.st_ino)
            if identity != self._identity or status.st_size < self._read:
                self._reader, self._identity, self._read = LineReader(str(self._path)), identity, 0
                if kind_of(file.read(_HEAD)) not in ("lines", "document", "empty"):
                    raise InvalidInput("log-not-followed", path=self._path)
            file.seek(self._read)
            before = self._read
            while piece := file.read(_PIECE):
                self._reader.feed(piece)
                self._read += len(piece)
        return self._reader.reading() if self._read > before else None
