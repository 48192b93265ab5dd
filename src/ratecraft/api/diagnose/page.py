"""`write_diagnosis`: a diagnosis as one HTML file to keep or share.

Path:   `DiagnoseResult` -> the page -> a file.
"""

from importlib.metadata import version
from pathlib import Path

from ratecraft.api.diagnose.diagnose import DiagnoseResult
from ratecraft.api.results.report import write_page
from ratecraft.reporting.html.document import document
from ratecraft.reporting.report.diagnosis import diagnosis_report


def write_diagnosis(result: DiagnoseResult, file: Path, language: str = "en") -> None:
    """Write the page of a diagnosis to a file, atomically.

    Args:
        result: What `diagnose` said.
        file: Where to; what is there is written over.
        language: Code of a language, e.g. `ja`.

    Raises:
        InvalidInput: The file cannot be written (`report-not-written`).

    Example:
        >>> import tempfile
        >>> from ratecraft.api.diagnose.diagnose import diagnose
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_diagnosis(diagnose({"loss": [2.3] * 60 + [float("nan")] * 10}), Path(folder, "page.html"))
        ...     Path(folder, "page.html").read_text(encoding="utf-8")[:15]
        '<!DOCTYPE html>'
    """
    write_page(document(diagnosis_report(result.runs, language, version("ratecraft"))), file)
