"""Where one run works: the interface that the supervisor uses, whichever way the place is made.

Path:   `starting` -> a `Sandbox` -> a `Place` for each run -> what the run changed is kept, brought home or removed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ratecraft.records.outcome import Note
from ratecraft.training.sandbox.view import Overlaid


@dataclass(frozen=True, slots=True)
class Told:
    """What a worker has to know of the place.

    Attributes:
        directory: The folder to run in.
        mirror: Stands for `/` in the names of a run in a mirror; empty where names are those of home.
        overlaid: The run's view of the file system; None without a namespace.
        writable: Folders that the kernel lets a run in a mirror write to.
        branches: Folders for the mirrors of the runs that leave this one.
    """

    directory: str
    mirror: str = ""
    overlaid: Overlaid | None = None
    writable: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


class Place(Protocol):
    """The files of one run that is only tried."""

    @property
    def name(self) -> str:
        """Tells it from others of the study."""
        ...

    @property
    def told(self) -> Told:
        """The description of the place for its worker."""
        ...

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its process, and of all runs that leave it."""
        ...

    def branch(self, *, waits: bool) -> "Place":
        """A place for a run that leaves this one, which waits.

        Args:
            waits: Others will leave that run in turn.

        Raises:
            CannotBranch: The branch's files would differ from those of its replay.
        """
        ...

    def strays(self, path: Path) -> bool:
        """Whether a path that this run was not let write to is one of the run that it left."""
        ...

    def look(self) -> tuple[Note, ...]:
        """What the user is to be told of the place, once the run has been there."""
        ...

    def keep(self, target: Path) -> None:
        """Copy what the run wrote below the working folder to a new folder."""
        ...

    def bring_home(self, first_writes: Path) -> None:
        """Do at home what the run did here.

        Args:
            first_writes: Keeps what is replaced (`first_write_copies.put_back`).
        """
        ...

    def remove(self) -> None:
        """Clean up after a run that has ended and will not be branched again; safe to call twice."""
        ...


class Sandbox(Protocol):
    """Makes places in which nothing of the user's is changed."""

    def open(self, name: str, environment: Mapping[str, str], *, waits: bool, prepares: bool) -> Place:
        """A fresh place.

        Args:
            name: Tells it from others of the study.
            environment: The user's, with what the job sets.
            waits: Other runs will leave the one that works there.
            prepares: What its script has finished before the first optimizer step is for later runs too.
        """
        ...
