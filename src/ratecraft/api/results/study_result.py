"""What the results of all studies have in common: answer, costs, report, and a way to display themselves.

Path:   `Summary` -> a result -> the user, a terminal, a notebook.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ratecraft.api.results.report import notebook_report, write_report
from ratecraft.records.answer import Answer
from ratecraft.records.cost import Costs
from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.results.screen import PLOT_ROWS, result_text
from ratecraft.reporting.results.summary import Summary, to_json
from ratecraft.reporting.text.language import choose_language
from ratecraft.reporting.text.page import page_of


@dataclass(frozen=True, repr=False)
class StudyResult:
    """A finished study. `print(result)` prints the end screen; a notebook displays it. Each verb has its own subclass.

    Attributes:
        summary: Everything reported about the study.
    """

    summary: Summary

    @property
    def answer(self) -> Answer:
        """The answer of the study, with every decision and its numbers."""
        return self.summary.answer

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of rates that are as good, within the noise; None if it is not known."""
        return self.answer.interval

    @property
    def costs(self) -> Costs:
        """What the study cost."""
        return self.summary.costs

    @property
    def study(self) -> Path:
        """Folder of the study."""
        return Path(self.summary.path)

    def report(self, file: str | Path) -> None:
        """Write the study as one HTML page that opens without a network, as `ratecraft report` does.

        Args:
            file: Path of the page; an existing file is overwritten.

        Raises:
            InvalidInput: The file cannot be written (`report-not-written`).
            StudyError: The study's folder no longer exists.
        """
        write_report(StudyFolder(self.study), Path.cwd(), Path(file), choose_language(None, os.environ))

    def to_json(self) -> dict[str, Any]:
        """The same as `ratecraft show --json` prints."""
        return to_json(self.summary)

    def __str__(self) -> str:
        page = page_of(sys.stdout, os.environ, choose_language(None, os.environ))
        return result_text(self.summary, page, PLOT_ROWS)

    def _repr_html_(self) -> str:
        return notebook_report(self.summary, choose_language(None, os.environ))
