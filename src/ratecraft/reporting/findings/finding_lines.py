"""A finding as one line, for a run under way: what is wrong, the numbers, and the first thing to do.

Path:   `Finding` -> a line on the terminal; the full text is in the report at the end.
"""

from collections.abc import Mapping

from ratecraft.diagnosis.finding import Finding, Severity
from ratecraft.reporting.text.page import Page, Style

SEVERITY_STYLES: Mapping[Severity, Style] = {"error": "bad", "warning": "fair", "info": "accent"}


def finding_line(finding: Finding, page: Page) -> str:
    """One line of any length: a terminal wraps it, a log keeps it whole. A withdrawn finding is said to be withdrawn.

    Args:
        finding: The finding.
        page: Language, colour and alphabet.

    Example:
        >>> from ratecraft.diagnosis.finding import Advice
        >>> evidence = {"name": "loss", "step": 120, "last": 180, "wasted": 60}
        >>> finding = Finding("non-finite", "error", 0.99, (120, 180), evidence, (Advice("full-precision"),))
        >>> finding_line(finding, Page()).split(". ")[0]
        'ratecraft: lost: A value is NaN or infinite [non-finite]'
    """
    title = page.words(f"finding.{finding.code}.title")
    if finding.status == "withdrawn":
        first, last = finding.steps
        back = page.words("screen.watch.withdrawn", title=title, code=finding.code, first=first, last=last)
        return f"ratecraft: {back}"
    severity = page.words(f"screen.diagnosis.{finding.severity}")
    if finding.status == "changed":
        severity = page.words("screen.watch.changed", severity=severity)
    said = page.words(
        "screen.watch.line",
        title=title,
        code=finding.code,
        text=page.words(f"finding.{finding.code}.text", **finding.evidence),
    )
    do = "".join(
        page.spell(" → ") + page.words(f"advice.{advice.code}.text", **advice.values) for advice in finding.advice[:1]
    )
    return f"ratecraft: {page.paint(severity, SEVERITY_STYLES[finding.severity])}: {said}{do}"
