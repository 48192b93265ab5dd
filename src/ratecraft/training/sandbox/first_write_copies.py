"""Copies of what the final run changes in the user's own folder, so that it can be restored.

Path:   `write_events` -> what a path held before its first change is copied into the study -> the change goes on;
        after an interrupted run, `put_back` -> the folder as it was -> the run starts again.

The manifest has one JSON line a path, on the disk before the change goes on. So a process killed at any instant leaves
either the old file or a line that leads back to it. The first line of a path counts.
"""

import json
import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["absent", "file", "folder", "link"]

_MANIFEST = "manifest.jsonl"
_NEVER_KEPT = frozenset({"__pycache__", ".ratecraft"})
_NOT_FILES = (Path("/dev"), Path("/proc"), Path("/sys"))


@dataclass(frozen=True, slots=True)
class Before:
    """What a path held before the run first changed it.

    Attributes:
        path: Relative to the user's working folder, or absolute outside it; its folders are without links.
        kind: `absent` if there was nothing.
        mode: Permission bits of a file or folder.
        changed_ns: Time of a file's last change, in nanoseconds.
        copy: Name of a file's copy in the store.
        target: Where a link led.
    """

    path: str
    kind: Kind
    mode: int = 0
    changed_ns: int = 0
    copy: str = ""
    target: str = ""


class FirstWriteCopies:
    """A `WriteGuard` for the final run, in the user's own folder.

    Not kept are temporary files, devices, `__pycache__`, studies, and what is named in `ignored`. Files that programs
    started by the script write are not seen.

    Args:
        store: Folder for the manifest and the copies; made where it is missing. One that holds a manifest is continued.
        folder: The user's working folder: inside it files are kept even where it lies in the temporary folder.
        ignored: Further folders whose files are not kept, such as caches.
    """

    def __init__(self, store: Path, folder: Path, ignored: Sequence[Path] = ()) -> None:
        store.mkdir(parents=True, exist_ok=True)
        self._store = store.resolve()
        self._folder = folder.resolve()
        self._elsewhere = (*_NOT_FILES, Path(tempfile.gettempdir()).resolve())
        self._ignored = (self._store, *(path.resolve() for path in ignored))
        self._known = set(_first_lines(self._store))
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._copies = 0

    def contents(self, path: Path, *, truncates: bool) -> None:
        """Keep the file behind the path."""
        del truncates  # what is thrown away is what must be kept
        self._keep(Path(os.path.realpath(path)))

    def name(self, path: Path) -> None:
        """Keep what the name itself stands for."""
        self._keep(_entry(path))

    def move(self, source: Path, target: Path) -> None:
        """Keep both names, and where a folder moves, all that moves with it."""
        before, after = _entry(source), _entry(target)
        for path in _tree(before):
            self._keep(path)
            self._keep(after / path.relative_to(before))

    def folder(self, path: Path) -> None:
        """Nothing to do: changes of its entries are reported one by one."""

    def _keep(self, path: Path) -> None:
        with self._own_lock():
            name = str(path.relative_to(self._folder)) if path.is_relative_to(self._folder) else str(path)
            if name not in self._known and self._is_kept(path):
                before = self._before(path, name)
                if before is not None:
                    self._append(before)
                self._known.add(name)

    def _own_lock(self) -> AbstractContextManager[object]:
        if os.getpid() != self._process:  # a forked child: its lock may be held by a thread that is not there
            self._process, self._lock, self._copies = os.getpid(), threading.RLock(), 0
        return self._lock

    def _is_kept(self, path: Path) -> bool:
        inside = path.is_relative_to(self._folder)
        parts = path.relative_to(self._folder).parts if inside else path.parts
        if any(path.is_relative_to(file) for file in self._ignored) or not _NEVER_KEPT.isdisjoint(parts):
            return False
        return inside or not any(path.is_relative_to(file) for file in self._elsewhere)

    def _before(self, path: Path, name: str) -> Before | None:
        try:
            facts = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return Before(name, "absent")
        mode = stat.S_IMODE(facts.st_mode)
        if stat.S_ISLNK(facts.st_mode):
            return Before(name, "link", target=str(path.readlink()))
        if stat.S_ISDIR(facts.st_mode):
            return Before(name, "folder", mode)
        if stat.S_ISREG(facts.st_mode):
            return Before(name, "file", mode, facts.st_mtime_ns, self._copy(path))
        return None  # a pipe or a device holds nothing to put back

    def _copy(self, path: Path) -> str:
        self._copies += 1
        name = f"{self._process}-{self._copies}"
        while (self._store / name).exists():  # of a process before, with this number
            name += "-"
        copy_durably(path, self._store / name)
        _sync_folder(self._store)
        return name

    def _append(self, before: Before) -> None:
        # A line feed first: a line that was torn by a crash stays a line of its own.
        line = f"\n{json.dumps(asdict(before))}\n".encode()
        is_new = not (self._store / _MANIFEST).exists()
        with (self._store / _MANIFEST).open("ab", buffering=0) as manifest:
            manifest.write(line)
            os.fsync(manifest.fileno())
        if is_new:
            _sync_folder(self._store)


def _entry(path: Path) -> Path:
    """The path with the links of its folders resolved, not its own."""
    return Path(os.path.realpath(path.parent)) / path.name


def _tree(path: Path) -> Iterator[Path]:
    """The path and all below it, folders first; links are not followed."""
    yield path
    if path.is_dir() and not path.is_symlink():
        for entry in path.iterdir():
            yield from _tree(entry)


def _first_lines(store: Path) -> Mapping[str, Before]:
    """The first line of every path, in order; lines torn by a crash belong to changes that never happened."""
    first: dict[str, Before] = {}
    try:
        text = (store / _MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        return first
    for line in text.splitlines():
        try:
            before = Before(**json.loads(line))
        except (ValueError, TypeError):
            continue
        first.setdefault(before.path, before)
    return first


def written_paths(store: Path) -> Mapping[str, Path | None]:
    """The paths that the run has changed (`Before.path`), with a copy of the old content; None if not a file."""
    return {name: store / before.copy if before.copy else None for name, before in _first_lines(store).items()}


def copy_durably(source: Path, target: Path) -> None:
    """Copy the bytes of a file onto the disk."""
    with source.open("rb") as old, target.open("wb") as new:
        shutil.copyfileobj(old, new, 1 << 20)
        new.flush()
        os.fsync(new.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class PutBack:
    """What `put_back` did, as absolute paths: back as it was, removed, and left because something stands in the way.

    Of those that are left, `lost` had been there before, and only its copy has it.
    """

    restored: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def put_back(store: Path, folder: Path, *, forgets: bool = True) -> PutBack:
    """Make every path that the run changed what it was before, and forget the copies.

    Killed half-way it is simply called again. Without a manifest there is nothing to do. Folders that hold files which
    the run did not record stay; where one stands in the way of an original, the copies stay too.

    Args:
        store: The store of the `FirstWriteCopies` of the interrupted run, which is not running any more.
        folder: Current path of the user's working folder.
        forgets: Drop the copies once all is back.

    Raises:
        OSError: The disk is full or a file may not be written; nothing is forgotten then.
    """
    places = {folder.resolve() / line.path: line for line in _first_lines(store).values()}
    deepest_first = sorted(places, key=lambda place: len(place.parts), reverse=True)
    absent = [place for place in deepest_first if places[place].kind == "absent"]
    present = [place for place in reversed(deepest_first) if places[place].kind != "absent"]
    removed = [str(place) for place in absent if _remove(place)]
    restored = [place for place in present if _restore(place, places[place], store)]
    for place in reversed(restored):  # the modes of folders last: one may forbid what was done above
        if places[place].kind == "folder":
            place.chmod(places[place].mode)
    lost = [place for place in present if place not in restored]
    if forgets and not lost:  # else the copies are the only ones
        forget(store)
    left = (*lost, *(place for place in absent if _is_there(place)))
    return PutBack(*(tuple(map(str, paths)) for paths in (restored, removed, left, lost)))


def forget(store: Path) -> None:
    """Drop the copies of a run that needs none any more; safe to call twice."""
    (store / _MANIFEST).unlink(missing_ok=True)  # first: copies without it are nothing
    if store.exists():
        _sync_folder(store)
        shutil.rmtree(store)


def _is_there(path: Path) -> bool:
    """Whether the path itself is there, reached without a link that the run may have put in its way."""
    return path.parent == Path(os.path.realpath(path.parent)) and os.path.lexists(path)


def _remove(path: Path) -> bool:
    if not _is_there(path):
        return False
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return True
    try:
        path.rmdir()
    except OSError:  # not empty
        return False
    return True


def _restore(path: Path, before: Before, store: Path) -> bool:
    """Bring one path back; False if a link or a folder with unrecorded files stands in the way."""
    if path.parent != Path(os.path.realpath(path.parent)):
        return False
    if not path.parent.exists() and not Path(before.path).is_absolute():  # a program of the script's removed it
        path.parent.mkdir(parents=True)
    if not path.parent.is_dir():
        return False
    is_folder = path.is_dir() and not path.is_symlink()
    if before.kind == "folder":
        if not is_folder:
            path.unlink(missing_ok=True)
            path.mkdir()
        path.chmod(before.mode | stat.S_IRWXU)
        return True
    if is_folder and not _remove(path):
        return False
    part = path.with_name(f"{path.name}.ratecraft-part")
    part.unlink(missing_ok=True)
    if before.kind == "link":
        part.symlink_to(before.target)
    else:
        copy_durably(store / before.copy, part)
        part.chmod(before.mode)
        os.utime(part, ns=(before.changed_ns, before.changed_ns))
    part.replace(path)
    _sync_folder(path.parent)
    return True
