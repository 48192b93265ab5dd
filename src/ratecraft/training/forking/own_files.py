"""Gives a fresh branch its own copy of every file that it has open for writing or has mapped.

Path:   the fork of a waiting run -> own output, working folder, descriptors and mappings -> it goes on as a run.

A descriptor is shared with the run that was left, its place in the file included; so is a mapping, so that two runs
would write to one array.
"""

import ctypes
import fcntl
import mmap
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Moved: TypeAlias = Callable[[Path], Path | None]
"""Where a file of the run that was left is in the branch's own place; None for a file that has none there."""

_LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (r|-)(w|-)(x|-)s ([0-9a-f]+) \S+ \d+ *(.*)")
_SHARED_MEMORY = ("/dev/shm/", "/dev/zero", "/memfd:")  # noqa: S108 - what torch and numpy share arrays by
_FIXED = 0x10
_DELETED = " (deleted)"


def own_files(output: int, moved: Moved) -> None:
    """Give the branch an output, a working folder, and a copy of every file that it may write to, all its own.

    Args:
        output: Descriptor that takes what it writes; closed here.
        moved: Where its own copies are.
    """
    for number in (1, 2):
        os.dup2(output, number)
    os.close(output)
    for number in sorted(int(path.name) for path in Path("/proc/self/fd").iterdir()):
        if number > 2:
            _own_descriptor(number, moved)
    for mapping in tuple(_shared_mappings()):
        _own_mapping(mapping, moved)
    here = Path.cwd()
    os.chdir(moved(here) or here)


def _own_descriptor(number: int, moved: Moved) -> None:
    """Point a descriptor that writes to a file of the run before at a file of this one, at the same place in it."""
    try:
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        if flags & os.O_ACCMODE == os.O_RDONLY or not stat.S_ISREG(os.fstat(number).st_mode):
            return
        path = Path(f"/proc/self/fd/{number}").readlink()
        inheritable, at = os.get_inheritable(number), os.lseek(number, 0, os.SEEK_CUR)
    except OSError:
        return
    new = _opened(moved(path), flags & (os.O_ACCMODE | os.O_APPEND), number)
    if new is None:
        new = _nameless_copy(number)
        fcntl.fcntl(new, fcntl.F_SETFL, flags & os.O_APPEND)
    os.lseek(new, at, os.SEEK_SET)
    os.dup2(new, number, inheritable)
    os.close(new)


def _opened(copy: Path | None, flags: int, number: int) -> int | None:
    """The branch's own copy of a file, made where it is not there; None if it has no name of its own."""
    if copy is None or copy.name.endswith(_DELETED):
        return None
    try:
        if not copy.exists():
            shutil.copyfile(f"/proc/self/fd/{number}", copy)
        return os.open(copy, flags)
    except OSError:
        return None


def _nameless_copy(number: int) -> int:
    """A nameless copy of a descriptor's file, which disappears with its last descriptor."""
    with Path(f"/proc/self/fd/{number}").open("rb") as old, tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(old, copy)
        copy.flush()
        return os.dup(copy.fileno())


@dataclass(frozen=True, slots=True)
class _Mapping:
    """A stretch of memory that is a file's, and is shared.

    Attributes:
        first: Address of its first byte.
        length: In bytes.
        protection: The flags for `mmap`.
        offset: Where in the file it begins.
        path: The file.
    """

    first: int
    length: int
    protection: int
    offset: int
    path: str


def _shared_mappings() -> Iterator[_Mapping]:
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        found = _LINE.fullmatch(line)
        if found is not None:
            first, end = int(found[1], 16), int(found[2], 16)
            kinds = zip(("r", "w", "x"), (mmap.PROT_READ, mmap.PROT_WRITE, mmap.PROT_EXEC), strict=True)
            protection = sum(kind for letter, kind in kinds if letter in found.group(3, 4, 5))
            yield _Mapping(first, end - first, protection, int(found[6], 16), found[7])


def _own_mapping(mapping: _Mapping, moved: Moved) -> None:
    """Map the branch's own file in place of that of the run before; shared memory becomes memory of its own."""
    copy = None if mapping.path.endswith(_DELETED) else moved(Path(mapping.path))
    if copy is not None and copy.is_file():
        writes = mapping.protection & mmap.PROT_WRITE
        descriptor = os.open(copy, os.O_RDWR if writes else os.O_RDONLY)
        _map(mapping, mmap.MAP_SHARED, descriptor, mapping.offset)
        os.close(descriptor)
    elif mapping.path.startswith(_SHARED_MEMORY) and mapping.protection & mmap.PROT_READ:
        contents = ctypes.string_at(mapping.first, mapping.length)
        writable = _Mapping(mapping.first, mapping.length, mmap.PROT_READ | mmap.PROT_WRITE, 0, "")
        _map(writable, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, -1, 0)
        ctypes.memmove(mapping.first, contents, mapping.length)


def _map(mapping: _Mapping, flags: int, descriptor: int, offset: int) -> None:
    """Replace what is mapped at an address."""
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    at = library.mmap(
        ctypes.c_void_p(mapping.first),
        ctypes.c_size_t(mapping.length),
        ctypes.c_int(mapping.protection),
        ctypes.c_int(flags | _FIXED),
        ctypes.c_int(descriptor),
        ctypes.c_long(offset),
    )
    if at != mapping.first:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), mapping.path)
