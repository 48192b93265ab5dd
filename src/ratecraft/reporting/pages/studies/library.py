"""The studies that the site shows, and the functions that read them; `api` puts them together.

Path:   folders (known to `api`) -> `Library` -> pages.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.progress.estimate import Planner
from ratecraft.reporting.progress.studies import StudyLine, own_arguments
from ratecraft.reporting.report.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Known:
    """A study in the list.

    Attributes:
        id: Id in addresses.
        folder: Its folder.
        directory: Working folder that it belongs to, where commands about it are typed.
        line: Its line in the list.
        verb: The verb that started it; empty if its record cannot be read.
        script: The script; empty if the task was made by a program.
    """

    id: str
    folder: StudyFolder
    directory: Path
    line: StudyLine
    verb: str = ""
    script: str = ""

    @property
    def subject(self) -> str:
        """The study's subject: the script, or else, as for the demo, the name of the study."""
        return self.line.name if not self.script or self.script.startswith("ratecraft.") else self.script


@dataclass(frozen=True, slots=True)
class Library:
    """Access to the studies. Every function may read files, and may be called in any thread.

    Attributes:
        directories: The working folders.
        studies: Lists all studies, the newest first.
        evidence: Reads the evidence of a finished study.
        plan: Reads the estimate of a study by the length of its run; None if nothing is planned.
        command: Makes the command to type about a study in its working folder, from the verb and the study.
    """

    directories: tuple[Path, ...]
    studies: Callable[[], Sequence[Known]]
    evidence: Callable[[Known], Evidence]
    command: Callable[[str, Known], str]
    plan: Callable[[Known], Planner | None]

    def find(self, wanted: str) -> Known | None:
        """The study of this id; None if there is none."""
        return next((study for study in self.studies() if study.id == wanted), None)


def names_of(studies: Sequence[Known]) -> list[str]:
    """The subjects of the studies in a list: the script, with those of its arguments that not all of them have."""
    own = own_arguments([study.line for study in studies])
    return [f"{study.subject} {said}".strip() for study, said in zip(studies, own, strict=True)]


def name_in_address(folder: StudyFolder, directory: Path, first: Path) -> str:
    """A study's id in addresses: its name, with a hash of its working folder unless that is the first one.

    Example:
        >>> home, other = Path("/home/me"), Path("/home/me/other")
        >>> name_in_address(StudyFolder(other / ".ratecraft/tune-train-1"), other, home)
        'tune-train-1~b0a8cb51'
    """
    if directory == first:
        return folder.name
    return f"{folder.name}~{hashlib.sha256(str(directory).encode()).hexdigest()[:8]}"
