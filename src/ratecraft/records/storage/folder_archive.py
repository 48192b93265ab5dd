"""A folder as one archive and back: so code and data come to another machine, and what a run leaves there comes home.

Path:   the user's folder -> archive -> a folder elsewhere; what runs leave there -> archive -> the study's folder.
Units:  sizes are bytes.

An archive is data: it is unpacked by the `data` filter of `tarfile`, which lets nothing out of the folder.
"""

import os
import tarfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from ratecraft.errors import InvalidInput
from ratecraft.records.outcome import Note
from ratecraft.records.storage.disk_full import is_disk_full

_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, a folder, or a link to something else within.

    Attributes:
        path: Where it is read.
        name: Where it is in the archive.
        kind: What it is there; what lies behind a link that leads out of the folder is packed as what it is.
        size: Size of a file.
    """

    path: Path
    name: Path
    kind: Literal["file", "folder", "link"]
    size: int = 0


@dataclass(frozen=True, slots=True)
class ArchiveContents:
    """What of a folder goes to other machines.

    Attributes:
        files: Number of files.
        size: Total size.
        held_back: What stays at home because it looks like a secret: paths within the folder.
    """

    files: int = 0
    size: int = 0
    held_back: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the user must be told of it.

        Example:
            >>> [note.values["names"] for note in ArchiveContents(held_back=(".env", "my.key")).notes]
            ['.env, my.key']
        """
        if not self.held_back:
            return ()
        names = [*self.held_back[:_MOST_NAMES], *(["…"] if len(self.held_back) > _MOST_NAMES else [])]
        return (Note("held-back", {"names": ", ".join(names), "count": len(self.held_back)}),)


def pack(
    folder: Path,
    archive: IO[bytes],
    *,
    leaves_out: Callable[[Path], bool] = lambda path: False,
    most: int | None = None,
) -> None:
    """Write a folder into an archive (tar, not compressed).

    Links within the folder stay links; what lies behind one that leads out of it is packed in its place. Of a file that
    grows meanwhile, only the part that existed when its turn came is packed.

    Args:
        folder: The folder.
        archive: Takes it.
        leaves_out: Whether a file or a folder within is left out, with all that is in it.
        most: Largest number of bytes to pack; None for no limit.

    Raises:
        InvalidInput: The files are larger (`folder-too-large`), a link leads into itself (`folder-link`), or something
            cannot be read, or becomes shorter while it is (`folder-unreadable`).
        OSError: The disk that takes the archive is full.

    Example:
        >>> import io, tempfile
        >>> with tempfile.TemporaryDirectory() as place:
        ...     folder, archive = Path(place, "folder"), io.BytesIO()
        ...     folder.mkdir()
        ...     _ = (folder / "train.py").write_text("print(1)")
        ...     pack(folder, archive)
        ...     _ = archive.seek(0)
        ...     unpack(archive, Path(place, "copy"))
        ...     Path(place, "copy", "train.py").read_text()
        'print(1)'
    """
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for entry in archive_entries(folder, leaves_out=leaves_out, most=most):
            with _reading(entry.path):
                if entry.kind == "link":
                    _add_link(tar, entry, folder.resolve())
                else:
                    tar.add(entry.path.resolve(), str(entry.name), recursive=False)


def archive_entries(
    folder: Path, *, leaves_out: Callable[[Path], bool] = lambda path: False, most: int | None = None
) -> Iterator[Entry]:
    """What would be packed of a folder, in the order of the archive. Its arguments are those of `pack`.

    Raises:
        InvalidInput: Same as `pack`.
    """
    home, size = folder.resolve(), 0
    waiting = [(folder, Path())]
    while waiting:
        here, name = waiting.pop()
        with _reading(here):
            within = sorted(here.iterdir())
        for path in within:
            if leaves_out(path):
                continue
            with _reading(path):
                entry = _entry(path, name / path.name, home)
            if entry is None:
                continue
            size += entry.size
            if most is not None and size > most:
                raise InvalidInput("folder-too-large", folder=folder, most=most >> 20)
            if entry.kind == "folder":
                waiting.append((path, entry.name))
            yield entry


def _entry(path: Path, name: Path, home: Path) -> Entry | None:
    """One entry; None for what is not a file, such as a socket.

    Raises:
        InvalidInput: A link leads into itself (`folder-link`).
    """
    target = path.resolve()
    if target.is_symlink():  # what earlier Pythons raise by themselves
        raise RuntimeError(f"Symlink loop from {str(path)!r}")
    if path.is_symlink() and target.is_relative_to(home):
        return Entry(path, name, "link")
    if target.is_dir():
        if path.is_symlink() and path.parent.resolve().is_relative_to(target):
            raise InvalidInput("folder-link", path=path)
        return Entry(path, name, "folder")
    return Entry(path, name, "file", target.stat().st_size) if target.is_file() else None


@contextmanager
def _reading(path: Path) -> Generator[None]:
    """Name what cannot be read. A link that leads to itself is a RuntimeError."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if is_disk_full(error):
            raise
        raise InvalidInput("folder-unreadable", path=path, reason=getattr(error, "strerror", None) or error) from error


def _add_link(tar: tarfile.TarFile, entry: Entry, home: Path) -> None:
    """A link to what is packed too; relative, as it is then right wherever the folder is unpacked."""
    link = tarfile.TarInfo(str(entry.name))
    link.type = tarfile.SYMTYPE
    link.linkname = os.path.relpath(entry.path.resolve(), home / entry.name.parent)
    tar.addfile(link)


def unpack(archive: IO[bytes], folder: Path) -> None:
    """Unpack an archive into a folder, which is made where it is not there.

    Raises:
        OSError: It cannot be written.
        tarfile.TarError: The archive is torn, or would write outside of the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=archive) as tar:
        tar.extractall(folder, filter="data")
