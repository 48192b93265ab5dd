"""Places in a mirror of the user's folder, for systems that do not allow namespaces.

Path:   `choosing` -> a `MirrorSandbox` for the study -> a `MirrorPlace` for each run.

The mirror stands in folders of the names that it has at home, each with links to what else it holds, so that `../data`
leads where it should. What a script writes goes to the mirror; the rest is denied (`first_write`, `landlock`).
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ratecraft.errors import CannotBranch
from ratecraft.records.outcome import Note
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.sandbox.bringing_home import bring_home, entries_of, is_same_file
from ratecraft.training.sandbox.fingerprint import Fingerprint, changes, fingerprint
from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies
from ratecraft.training.sandbox.landlock import has_landlock
from ratecraft.training.sandbox.mirror import link_surroundings, mirror, remove_mirror
from ratecraft.training.sandbox.place import Told
from ratecraft.training.sandbox.quiet_trackers import quiet_trackers
from ratecraft.training.sandbox.writable import writable_folders

_LONGEST_TEMPORARY = 70  # characters: a loader's socket in it has up to 36 more, and may have 107 in all


@dataclass(frozen=True, slots=True)
class MirrorSandbox:
    """A `Sandbox` of mirrors.

    Attributes:
        directory: The user's working folder.
        study: The study; mirrors lie in its scratch folder.
        hidden: Files and folders that runs do not see, absolute.
        reason: Why runs are in mirrors, as a code for the user; empty if the user need not know.
        numbers: Names temporary folders.
    """

    directory: Path
    study: StudyFolder
    hidden: tuple[Path, ...] = ()
    reason: str = ""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def open(self, name: str, environment: Mapping[str, str], *, waits: bool, prepares: bool) -> "MirrorPlace":
        """A fresh mirror."""
        del prepares  # caches of frameworks are written for real; what else the first run made went with its mirror
        base = self.study.scratch / name
        remove_mirror(base)
        home = self.directory.resolve(strict=True)
        folder = mirror(home, base / home.relative_to("/"), leave_out=(self.study.path, *self.hidden))
        base = base.resolve()
        link_surroundings(home, base)
        given = {**environment, "PYTHONDONTWRITEBYTECODE": "1"}
        temporary = self._temporary(environment, waits=waits)
        if temporary is not None:
            given["TMPDIR"] = str(temporary)
        given = quiet_trackers(given, folder)
        before = None if has_landlock() else fingerprint(self.directory, leave_out=(self.study.path,))
        return MirrorPlace(self, base, given, temporary, waits, _Family(entries_of(base), before))

    def _temporary(self, environment: Mapping[str, str], *, waits: bool) -> Path | None:
        """A run's own folder for temporary files, where the user's lies among those of all: that is not written to.

        A run that others will leave, with the folder's name in theirs, has no loader workers, which are who needs a
        short name.
        """
        shared = Path(environment.get("TMPDIR") or "/tmp").resolve()  # noqa: S108 - where temporary files go
        if not self.directory.resolve().is_relative_to(shared):
            return None
        own = self.study.scratch / f"t{next(self.numbers)}"
        if len(str(own)) > _LONGEST_TEMPORARY and not waits:
            return Path(tempfile.mkdtemp(prefix="rc", dir=shared))
        own.mkdir(parents=True, exist_ok=True)
        return own


@dataclass(frozen=True, slots=True)
class _Family:
    """A run at step 0 and all that leave it.

    Attributes:
        begun: What the mirror held when the first began.
        home: The user's files at that time, if the kernel does not deny changing them.
        strayed: Paths in the folders of other runs that one of the family wanted to write to: none branches then.
    """

    begun: Mapping[Path, str]
    home: Fingerprint | None
    strayed: set[Path] = field(default_factory=set[Path])


@dataclass(frozen=True, slots=True)
class MirrorPlace:
    """A `Place` in a mirror.

    Attributes:
        sandbox: The study's.
        base: Stands for `/`.
        environment: Environment of the run's process.
        temporary: The run's own folder for temporary files; None if it has none.
        waits: Other runs will leave this one.
        family: What it shares with those.
    """

    sandbox: MirrorSandbox
    base: Path
    environment: dict[str, str]
    temporary: Path | None
    waits: bool
    family: _Family
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def name(self) -> str:
        """Tells it from others of the study."""
        return self.base.name

    @property
    def told(self) -> Told:
        """The mirror's folder, and where else the kernel lets the run write."""
        sandbox = self.sandbox
        folders = writable_folders(sandbox.directory, self.base, self.environment, (sandbox.study.models,))
        branches = (str(sandbox.study.scratch),) if self.waits else ()
        return Told(str(self._folder), str(self.base), None, tuple(map(str, folders)), branches)

    def branch(self, *, waits: bool) -> "MirrorPlace":
        """A copy of the mirror.

        Raises:
            CannotBranch: A run of this family wanted to write where another one has its files (`absolute-path`).
        """
        if self.family.strayed:
            raise CannotBranch("cannot-branch", reason="absolute-path")
        copy = self.base.with_name(f"{self.base.name}.{next(self.numbers)}")
        shutil.copytree(self.base, copy, symlinks=True)
        return replace(self, base=copy, temporary=None, waits=waits, numbers=itertools.count(1))

    def strays(self, path: Path) -> bool:
        """Whether the path is in the folder of another run of the study, now or as a name that its script remembers."""
        if path.is_relative_to(self.sandbox.study.scratch):
            self.family.strayed.add(path)
        return path in self.family.strayed

    def look(self) -> tuple[Note, ...]:
        """Why this is a mirror; and files of the user's that something has changed, where nothing could deny it."""
        code = "in-mirror" if self.family.home is None else "in-mirror-unprotected"
        notes = [Note(code, {"reason": self.sandbox.reason})] if self.sandbox.reason else []
        if self.family.home is not None:
            now = fingerprint(self.sandbox.directory, leave_out=(self.sandbox.study.path,))
            found = changes(self.family.home, now)
            paths = ", ".join((*found.added, *found.removed, *found.changed))
            notes += [Note("files-changed", {"paths": paths})] if paths else []
        return tuple(notes)

    def keep(self, target: Path) -> None:
        """Copy what the run wrote below the working folder: no links, no untouched copies, no empty folders."""
        remove_mirror(target)
        shutil.copytree(self._folder, target, symlinks=True)
        for folder, names, files in os.walk(target, topdown=False):
            here = Path(folder)
            for path in (here / name for name in (*files, *names)):
                original = self.sandbox.directory / path.relative_to(target)
                if path.is_symlink() or (path.suffix == ".py" and is_same_file(path, original)):
                    path.unlink()
                elif path.is_dir() and not any(path.iterdir()):
                    path.rmdir()

    def bring_home(self, first_writes: Path) -> None:
        """Do at home what the run did here."""
        before = FirstWriteCopies(first_writes, self.sandbox.directory)
        bring_home(self.base, Path("/"), before, self.family.begun)

    def remove(self) -> None:
        """Remove the mirror; one that others left has its path in their names, and goes with the study's scratch."""
        if self.waits:
            return
        if self.temporary is not None:
            remove_mirror(self.temporary)
        remove_mirror(self.base)

    @property
    def _folder(self) -> Path:
        return self.base / self.sandbox.directory.resolve().relative_to("/")
