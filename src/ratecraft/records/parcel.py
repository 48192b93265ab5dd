"""A folder as one archive and back: so code and data come to another machine, and what a run leaves there comes home.

Path:   the user's folder -> archive -> a folder elsewhere; what runs leave there -> archive -> the study's folder.
Units:  sizes are bytes.

An archive is data: it is unpacked by the `data` filter of `tarfile`, which lets nothing out of the folder.
"""

import os
import tarfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ratecraft.errors import InvalidInput
from ratecraft.records.disk_full import is_disk_full

__all__ = ["pack", "unpack"]


def pack(
    folder: Path,
    archive: IO[bytes],
    *,
    leaves_out: Callable[[Path], bool] = lambda path: False,
    most: int | None = None,
) -> None:
    """Write a folder into an archive (tar, not compressed).

    Links within the folder stay links; what lies behind one that leads out of it is packed in its place. Of a file that
    grows meanwhile, so much is packed as there was when its turn came.

    Args:
        folder: The folder.
        archive: Takes it.
        leaves_out: Whether a file or a folder within is left out, with all that is in it.
        most: So many bytes may be packed; None for no limit.

    Raises:
        InvalidInput: They are more (`folder-too-large`), a link leads into itself (`folder-link`), or something cannot
            be read, or becomes shorter while it is (`folder-unreadable`).
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
    home, size = folder.resolve(), 0
    waiting = [(folder, Path())]
    with tarfile.open(fileobj=archive, mode="w") as tar:
        while waiting:
            here, name = waiting.pop()
            with _reading(here):
                within = sorted(here.iterdir())
            for path in within:
                if leaves_out(path):
                    continue
                with _reading(path):
                    target = path.resolve()
                    if path.is_symlink() and target.is_relative_to(home):
                        _add_link(tar, path, name, home)
                    elif target.is_dir():
                        if path.is_symlink() and here.resolve().is_relative_to(target):
                            raise InvalidInput("folder-link", path=path)
                        tar.add(target, str(name / path.name), recursive=False)
                        waiting.append((path, name / path.name))
                    elif target.is_file():
                        size += target.stat().st_size
                        if most is not None and size > most:
                            raise InvalidInput("folder-too-large", folder=folder, most=most >> 20)
                        tar.add(target, str(name / path.name))


@contextmanager
def _reading(path: Path) -> Generator[None]:
    """Name what cannot be read. A link that leads to itself is a RuntimeError before Python 3.13."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if is_disk_full(error):
            raise
        raise InvalidInput("folder-unreadable", path=path, reason=getattr(error, "strerror", None) or error) from error


def _add_link(tar: tarfile.TarFile, path: Path, name: Path, home: Path) -> None:
    """A link to what is packed too; relative, as it is then right wherever the folder is unpacked."""
    link = tarfile.TarInfo(str(name / path.name))
    link.type = tarfile.SYMTYPE
    link.linkname = os.path.relpath(path.resolve(), home / name)
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
