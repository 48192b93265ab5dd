"""Places in a namespace of their own: a run finds every file under its usual name, and changes none of them.

Path:   `choosing` -> an `OverlaySandbox` for the study -> an `OverlayPlace` for each run.

The changes of a run lie in upper folders in the study's store, which is outside of every root. A run that leaves
another one begins with a copy of its uppers. What the first run prepared is a read-only layer below all later ones.
"""

import itertools
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ratecraft.records.outcome import Note
from ratecraft.records.storage.study import HOME, StudyFolder
from ratecraft.training.sandbox.bringing_home import bring_upper_home, is_same_file
from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies
from ratecraft.training.sandbox.mirror import remove_mirror
from ratecraft.training.sandbox.place import Told
from ratecraft.training.sandbox.prepared import settle
from ratecraft.training.sandbox.quiet_trackers import quiet_trackers
from ratecraft.training.sandbox.uppers import copy_upper, hide, new_upper, walk
from ratecraft.training.sandbox.view import Layer, Overlaid
from ratecraft.training.sandbox.writable import cache_folders


@dataclass(frozen=True, slots=True)
class OverlaySandbox:
    """A `Sandbox` of overlays.

    Attributes:
        directory: The user's working folder, without links.
        study: The study; its models are written for real.
        roots: Folders that an overlay was proven to work for, the working folder below the first.
        store: The study's folder for changes, outside of every root.
        hidden: Files and folders that runs do not see, absolute.
    """

    directory: Path
    study: StudyFolder
    roots: tuple[Path, ...]
    store: Path
    hidden: tuple[Path, ...] = ()

    def open(self, name: str, environment: Mapping[str, str], *, waits: bool, prepares: bool) -> "OverlayPlace":
        """A fresh place with nothing changed in it."""
        del waits  # a run that leaves another one begins with a copy of its changes
        place = self.store / "runs" / name
        remove_mirror(place)
        layers = tuple(self._layer(number, root, place) for number, root in enumerate(self.roots))
        for layer in layers:
            self._begin(layer)
        given = {**environment, "PYTHONDONTWRITEBYTECODE": "1"}
        if not any(_temporary(environment).is_relative_to(root) for root in self.roots):
            given["TMPDIR"] = str(place / "tmp")
            (place / "tmp").mkdir()
        first = prepares and not self._prepared.exists()
        overlaid = Overlaid(
            tuple(replace(layer, prepared="") for layer in layers) if first else layers,
            str(self.store),
            self._writable(),
            tuple(dict.fromkeys((str(self.directory / HOME), str(self.study.path)))),
            str(self.store / "preparing") if first else "",
        )
        remove_mirror(self.store / "preparing") if first else None
        return OverlayPlace(self, place, overlaid, quiet_trackers(given, self.directory))

    @property
    def _prepared(self) -> Path:
        return self.store / "prepared"

    def _layer(self, number: int, root: Path, place: Path) -> Layer:
        pristine, prepared = self.store / "pristine" / str(number), self._prepared / str(number)
        pristine.mkdir(parents=True, exist_ok=True)
        return Layer(str(root), str(pristine), str(place / str(number)), str(prepared) if prepared.exists() else "")

    def _begin(self, layer: Layer) -> None:
        root = Path(layer.root)
        new_upper(layer.upper, root)
        layer.work.mkdir()
        for path in self.hidden:
            if path.is_relative_to(root):
                hide(layer.upper, root, path)

    def _writable(self) -> tuple[tuple[str, str], ...]:
        place = self.store / "models"
        place.mkdir(exist_ok=True)
        return ((str(self.study.models), str(place)),)


@dataclass(frozen=True, slots=True)
class OverlayPlace:
    """A `Place` of overlays.

    Attributes:
        sandbox: The study's.
        path: Holds the uppers.
        overlaid: What its run sees.
        environment: Environment of its process.
    """

    sandbox: OverlaySandbox
    path: Path
    overlaid: Overlaid
    environment: dict[str, str]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def name(self) -> str:
        """Tells it from others of the study."""
        return self.path.name

    @property
    def told(self) -> Told:
        """The working folder under its own name, and the view in which that is safe."""
        return Told(str(self.sandbox.directory), overlaid=self.overlaid)

    def branch(self, *, waits: bool) -> "OverlayPlace":
        """A place with what the run that waits here has changed so far."""
        del waits
        path = self.path.with_name(f"{self.path.name}.{next(self.numbers)}")
        remove_mirror(path)
        layers = tuple(replace(layer, place=str(path / Path(layer.place).name)) for layer in self.overlaid.layers)
        for before, layer in zip(self.overlaid.layers, layers, strict=True):
            copy_upper(before.upper, layer.upper)
            layer.work.mkdir()
        return replace(
            self, path=path, overlaid=replace(self.overlaid, layers=layers, prepared=""), numbers=itertools.count(1)
        )

    def strays(self, path: Path) -> bool:
        """Never: a branch's paths are its own."""
        del path
        return False

    def look(self) -> tuple[Note, ...]:
        """Nothing to do: denied writes are reported as they happen."""
        return ()

    def keep(self, target: Path) -> None:
        """Copy the files that the run wrote below the working folder, as far as they differ from those at home."""
        home = self.sandbox.directory
        (layer,) = [layer for layer in self.overlaid.layers if home.is_relative_to(layer.root)]
        upper = layer.upper / home.relative_to(layer.root)
        remove_mirror(target)
        target.mkdir(parents=True)
        for entry in walk(upper) if upper.is_dir() else ():
            name, kind = entry.relative_to(upper), stat.S_IFMT(entry.lstat().st_mode)
            if kind == stat.S_IFREG and not is_same_file(entry, home / name):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(entry, target / name)

    def bring_home(self, first_writes: Path) -> None:
        """Do in every root what the run did in its overlay."""
        before = FirstWriteCopies(first_writes, self.sandbox.directory)
        for layer in self.overlaid.layers:
            if layer.prepared:  # what the run would have made had it not found it
                bring_upper_home(Path(layer.prepared), Path(layer.root), before)
            bring_upper_home(layer.upper, Path(layer.root), before, left_alone=self.sandbox.hidden)

    def remove(self) -> None:
        """Drop the changes; of a run that prepared something, keep that."""
        preparing = Path(self.overlaid.prepared) if self.overlaid.prepared else None
        if preparing is not None and preparing.exists() and self.path.exists():
            settle(preparing, self.sandbox.store / "prepared", self.overlaid.layers, cache_folders(self.environment))
        remove_mirror(self.path)


def _temporary(environment: Mapping[str, str]) -> Path:
    return Path(os.path.realpath(environment.get("TMPDIR") or "/tmp"))  # noqa: S108 - where temporary files go
