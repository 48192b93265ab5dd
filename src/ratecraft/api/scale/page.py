"""Keeps a law over sizes in its folder, so that `ratecraft report` can show it again.

Path:   `Scaled` -> law.json in the folder of the law -> the page -> a file.
"""

import json
from importlib.metadata import version
from pathlib import Path

from ratecraft.api.results.report import write_page
from ratecraft.controllers.scale.answer import Scaled
from ratecraft.controllers.scale.record import recorded_scale, scale_record
from ratecraft.errors import StudyError
from ratecraft.records.program import Program
from ratecraft.records.storage.study import StudyFolder, study_folder
from ratecraft.reporting.html.document import document
from ratecraft.reporting.report.scale import scale_report


def keep_law(folder: StudyFolder, found: Scaled, program: Program) -> None:
    """Write a law into its folder."""
    folder.path.mkdir(parents=True, exist_ok=True)
    _file(folder).write_text(json.dumps(scale_record(found, program), indent=1), encoding="utf-8")


def find_law(directory: Path, wanted: str) -> StudyFolder | None:
    """The folder of a law, by its path, its name or the start of its name; None if no law matches."""
    if not wanted:
        return None
    named = [StudyFolder(directory / wanted), study_folder(directory, wanted)]
    begun = sorted(study_folder(directory, wanted).path.parent.glob(f"{_plain(wanted)}*"))
    found = [folder for folder in (*named, *map(StudyFolder, begun)) if _file(folder).is_file()]
    return found[0] if found else None


def read_law(folder: StudyFolder) -> tuple[Scaled, Program]:
    """A law that was kept.

    Raises:
        StudyError: The file of the law cannot be read (`scale-unreadable`).
    """
    try:
        return recorded_scale(json.loads(_file(folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudyError("scale-unreadable", path=_file(folder)) from error


def write_scale_page(found: Scaled, program: Program, file: Path, language: str = "en") -> None:
    """Write a law over sizes as one HTML file, whole or not at all.

    Args:
        found: The law.
        program: What is run for the target.
        file: Where to; what is there is written over.
        language: Code of a language, e.g. `ja`.

    Raises:
        InvalidInput: The file cannot be written (`report-not-written`).
    """
    write_page(document(scale_report(found, program, language, version("ratecraft"))), file)


def _file(folder: StudyFolder) -> Path:
    return folder.path / "law.json"


def _plain(name: str) -> str:
    """A name without what `glob` would take for a pattern, or for a folder."""
    return "".join(letter for letter in name if letter not in "*?[]/\\")
