"""`report`: a finished study as one HTML file that explains it to a colleague, or as a card to pass on.

Path:   a study's record -> evidence -> the page or the card -> a file, or a frame of a notebook.
"""

from pathlib import Path

from ratecraft.api.results.summaries import summarise_study
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.html.card import card
from ratecraft.reporting.html.document import document
from ratecraft.reporting.html.frame import folded, frame
from ratecraft.reporting.html.painting import png_of
from ratecraft.reporting.notebook import result_html
from ratecraft.reporting.report.evidence import Evidence, evidence_of
from ratecraft.reporting.report.study_report import report_of
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.page import Page


def study_report(folder: StudyFolder, directory: Path, language: str = "en") -> str:
    """The report of a finished study as HTML.

    Args:
        folder: The study's.
        directory: Folder that paths are told from.
        language: Code of a language, e.g. `ja`.

    Raises:
        StudyError: The study has no answer yet (`study-unfinished`), or its record cannot be read.
    """
    return document(report_of(study_evidence(folder, directory), language))


def study_evidence(folder: StudyFolder, directory: Path) -> Evidence:
    """What the record of a finished study holds.

    Args:
        folder: The study's.
        directory: Folder that paths are told from.

    Raises:
        StudyError: The study has no answer yet (`study-unfinished`), or its record cannot be read.
    """
    with Record.open(folder.record, read_only=True) as record:
        summary = summarise_study(folder, record, directory)
        return evidence_of(summary, record.header, record.events())


def notebook_report(summary: Summary, language: str = "en") -> str:
    """The study in a notebook: the answer as part of the page, and the whole report with its own scroll bar, folded.

    Where the study is not there any more, what is known of it alone.

    Args:
        summary: Summary of a study in the current folder.
        language: Code of a language, e.g. `ja`.
    """
    folder, shown = StudyFolder(Path(summary.path)), result_html(summary, language)
    try:
        return shown + folded(frame(study_report(folder, Path.cwd(), language), folder.name), language)
    except StudyError:
        return shown


def write_report(folder: StudyFolder, directory: Path, file: Path, language: str = "en") -> None:
    """Write the report of a finished study into a file, whole or not at all.

    Args:
        folder: The study's.
        directory: Folder that paths are told from.
        file: Where to; what is there is written over.
        language: Code of a language, e.g. `ja`.

    Raises:
        InvalidInput: The file cannot be written (`report-not-written`).
        StudyError: Same as `study_report`.
    """
    write_page(study_report(folder, directory, language), file)


def write_card(folder: StudyFolder, directory: Path, file: Path, language: str = "en") -> None:
    """Write the card of a finished study, whole or not at all: its picture and five lines.

    Args:
        folder: The study's.
        directory: Folder that paths are told from.
        file: Where to, `.svg` or `.png`; what is there is written over.
        language: Code of a language, e.g. `ja`.

    Raises:
        InvalidInput: The file's name has another ending (`card-ending`), it cannot be written (`report-not-written`),
            or what a PNG needs is not there (`card-pillow`, `card-font`).
        StudyError: Same as `study_report`.
    """
    if file.suffix.lower() not in (".svg", ".png"):
        raise InvalidInput("card-ending", file=file.name)
    with Record.open(folder.record, read_only=True) as record:
        drawn = card(summarise_study(folder, record, directory), Page(language))
    write_page(png_of(drawn) if file.suffix.lower() == ".png" else drawn, file)


def write_page(page: str | bytes, file: Path) -> None:
    """Write a page or a picture into a file, whole or not at all.

    Args:
        page: HTML, SVG or PNG.
        file: Where to; what is there is written over.

    Raises:
        InvalidInput: The file cannot be written (`report-not-written`).
    """
    part = file.parent / f"{file.name}.part"
    try:
        part.write_bytes(page if isinstance(page, bytes) else page.encode())
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InvalidInput("report-not-written", path=file, reason=error.strerror or type(error).__name__) from error
