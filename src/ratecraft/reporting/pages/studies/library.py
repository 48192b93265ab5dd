"""The studies that the site shows, and what it can be told of one: the seam to whoever joins the parts.

Path:   folders (given to api) -> `Library` -> pages.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.progress.estimate import Planner
from ratecraft.reporting.progress.studies import StudyLine, own_arguments
from ratecraft.reporting.report.evidence import Evidence

__all__ = ["Known", "Library", "name_in_address", "names_of"]


@dataclass(frozen=True, slots=True)
class Known:
    """A study of the list.

    Attributes:
        id: Its name in addresses.
        folder: Where it lies.
        directory: Working folder that it belongs to, which commands about it are typed in.
        line: What the list tells.
        verb: What was asked for; empty if its record cannot be read.
        script: What it is of; empty if a program made the task.
    """

    id: str
    folder: StudyFolder
    directory: Path
    line: StudyLine
    verb: str = ""
    script: str = ""

    @property
    def subject(self) -> str:
        """What it is of, as people call it: the script, else the name of the study, as of the demo."""
        return self.line.name if not self.script or self.script.startswith("ratecraft.") else self.script


@dataclass(frozen=True, slots=True)
class Library:
    """What is known of the studies. Every function may read files, and may be called in any thread.

    Attributes:
        directories: The working folders.
        studies: All studies, the newest first.
        evidence: What the record of a finished study holds.
        plan: The estimate of a study by the length of its run; None if nothing is planned.
        command: What is typed about a study in its working folder: verb and study -> command.
    """

    directories: tuple[Path, ...]
    studies: Callable[[], Sequence[Known]]
    evidence: Callable[[Known], Evidence]
    command: Callable[[str, Known], str]
    plan: Callable[[Known], Planner | None]

    def find(self, wanted: str) -> Known | None:
        """The study of a name in an address; None where there is none."""
        return next((study for study in self.studies() if study.id == wanted), None)


def names_of(studies: Sequence[Known]) -> list[str]:
    """What the studies of a list are of: the script, with those of its arguments that not all of them have."""
    own = own_arguments([study.line for study in studies])
    return [f"{study.subject} {said}".strip() for study, said in zip(studies, own, strict=True)]


def name_in_address(folder: StudyFolder, directory: Path, first: Path) -> str:
    """What a study is called in addresses: by its name, in any but the first working folder with a hash of that.

    Example:
        >>> home, other = Path("/home/me"), Path("/home/me/other")
        >>> name_in_address(StudyFolder(other / ".ratecraft/tune-train-1"), other, home)
        'tune-train-1~b0a8cb51'
    """
    if directory == first:
        return folder.name
    return f"{folder.name}~{hashlib.sha256(str(directory).encode()).hexdigest()[:8]}"
