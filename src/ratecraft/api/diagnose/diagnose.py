"""`diagnose`: what went wrong in a run, from its log, from numbers, or from a run that was read earlier.

Path:   files -> importers -> rules -> `DiagnoseResult`; nothing is trained and nothing is written.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from ratecraft.diagnosis.diagnosing import VERDICTS, Verdict, diagnosis_of
from ratecraft.diagnosis.finding import Finding, Severity
from ratecraft.errors import InvalidInput
from ratecraft.importers.logs import read_logs
from ratecraft.importers.reading import Reading
from ratecraft.records.watching.observed import ObservedRun, observed_series
from ratecraft.reporting.findings.screen import Diagnosed, findings_html, findings_json, findings_text
from ratecraft.reporting.text.language import choose_language
from ratecraft.reporting.text.page import page_of
from ratecraft.schedules.lengths import shown

Subject: TypeAlias = str | Path | ObservedRun | Mapping[str, Sequence[float]]
"""A log, a run that was read, or plain numbers: name of a series to its values from step 0."""


@dataclass(frozen=True, repr=False)
class DiagnoseResult:
    """What is wrong with some runs. `print(result)` shows the screen of `ratecraft diagnose`.

    Attributes:
        runs: Every run that was read, with its findings.
    """

    runs: tuple[Diagnosed, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all runs, in the order of the runs; within each, the worst and most certain first."""
        return tuple(finding for run in self.runs for finding in run.diagnosis.findings)

    @property
    def severity(self) -> Severity | None:
        """The severity of the worst finding; None if there is none."""
        said = {finding.severity for finding in self.findings}
        order: tuple[Severity, ...] = ("error", "warning", "info")
        return next((severity for severity in order if severity in said), None)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all runs; `cannot-judge` if any run has too little data, or if there are no runs."""
        said = {run.diagnosis.verdict for run in self.runs}
        for verdict in VERDICTS:
            if verdict in said:
                return verdict
        return "cannot-judge"

    def to_json(self) -> dict[str, Any]:
        """The same as `ratecraft diagnose --json` prints."""
        return findings_json(self.runs)

    def __str__(self) -> str:
        return findings_text(self.runs, page_of(sys.stdout, os.environ, choose_language(None, os.environ)))

    def __repr__(self) -> str:
        return f"DiagnoseResult({len(self.runs)} runs: {', '.join(found.code for found in self.findings) or 'nothing'})"

    def _repr_html_(self) -> str:
        return findings_html(self.runs, choose_language(None, os.environ))


def diagnose(*subjects: Subject) -> DiagnoseResult:
    """Say what went wrong in one or more runs, with the evidence and what to change.

    Args:
        subjects: Logs (files or folders; the format is detected), runs as `ObservedRun`, or mappings such as
            `{"loss": losses, "val_loss": …, "rate": …, "grad_norm": …}`, with one value per step.

    Raises:
        InvalidInput: Nothing was given (`diagnose-nothing`), a subject of another kind (`diagnose-what`), or a log that
            cannot be read.
        StudyError: A record of ratecraft cannot be read.

    Example:
        >>> result = diagnose({"loss": [2.3] * 60 + [float("nan")] * 10})
        >>> result
        DiagnoseResult(1 runs: non-finite)
        >>> [advice.code for advice in result.findings[0].advice]
        ['look-at-batch', 'full-precision', 'go-back']
    """
    if not subjects:
        raise InvalidInput("diagnose-nothing")
    return DiagnoseResult(tuple(run for subject in subjects for run in _diagnosed(subject)))


def _diagnosed(subject: object) -> tuple[Diagnosed, ...]:
    if isinstance(subject, str | Path):
        return tuple(told_of(run, reading) for reading in read_logs(Path(subject)) for run in reading.runs)
    return (told_of(_run_of(subject)),)


def told_of(run: ObservedRun, reading: Reading | None = None) -> Diagnosed:
    """A run with all that is said of it.

    Args:
        run: The run as it was observed.
        reading: What it was read in.
    """
    said = diagnosis_of(run)
    return (
        Diagnosed("", run, said)
        if reading is None
        else Diagnosed(reading.path, run, said, reading.notes, reading.helps)
    )


def _run_of(subject: object) -> ObservedRun:
    if isinstance(subject, ObservedRun):
        return subject
    if not isinstance(subject, Mapping):
        raise InvalidInput("diagnose-what", given=shown(subject))
    columns = cast("Mapping[object, Sequence[float]]", subject)
    series = {str(name): observed_series(str(name), range(len(values)), values) for name, values in columns.items()}
    return ObservedRun(series, "step", {}, "numbers")
