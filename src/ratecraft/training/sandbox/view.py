"""Describes a job's view of the file system; the supervisor sends these values to the worker.

Path:   `overlays` (the supervisor's side) -> `wire.Start` -> `covering` (in the worker, before the script runs).
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layer:
    """One folder that a job finds under its own name, and whose changes go elsewhere.

    Attributes:
        root: The folder; it has no other mount below it.
        pristine: Where the namespace shows the folder as it is at home.
        place: Holds the changes in `upper`, and the kernel's `work`; on one file system, outside of every root.
        prepared: What the first run of the study prepared below the root, read-only; empty if that is nothing.
    """

    root: str
    pristine: str
    place: str
    prepared: str = ""

    @property
    def upper(self) -> Path:
        """The folder of the changes."""
        return Path(self.place, "upper")

    @property
    def work(self) -> Path:
        """What the kernel needs beside it."""
        return Path(self.place, "work")


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A job's own view of the user's files: read as they are, changed in scratch; all other places are read-only.

    Attributes:
        layers: The folders that it may change.
        store: The study's folder for all changes, outside of every root.
        writable: Folders that a job changes for real (the study's models), each with where the namespace keeps it.
        masked: Folders below a root that are shown empty, but for what is writable in them (the studies).
        prepared: Where files go that are finished before the first optimizer step; empty if they are not needed.
    """

    layers: tuple[Layer, ...]
    store: str
    writable: tuple[tuple[str, str], ...] = ()
    masked: tuple[str, ...] = ()
    prepared: str = ""

    def holds(self, path: Path) -> bool:
        """Whether changes of this path, which is absolute and without links, go to scratch."""
        return any(path.is_relative_to(layer.root) for layer in self.layers)
