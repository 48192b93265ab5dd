"""The trials of a search in the report: every one with what it was given and what came of it.

Path:   `Evidence` -> a section with a table. How the score answers to the rate is the picture of `bracket`.
"""

from ratecraft.reporting.html.blocks import Block, Section, Table, Text
from ratecraft.reporting.html.evidence import Evidence
from ratecraft.reporting.numbers import number_text
from ratecraft.reporting.page import Page
from ratecraft.reporting.trials import trial_rows

__all__ = ["trials_section"]


def trials_section(evidence: Evidence, page: Page) -> Section | None:
    """All trials, the best first; None of a study without trials."""
    search = evidence.summary.answer.search
    if search is None:
        return None
    head, *rows = trial_rows(evidence.summary.answer, page)
    blocks: list[Block] = [Table(page.words("report.trials.caption"), tuple(head), tuple(map(tuple, rows)), 1)]
    if search.noise is not None:
        blocks.append(Text(page.words("decision.search-noise.text", noise=search.noise, seeds=search.seeds)))
    return Section("trials", page.words("report.trials.title", count=number_text(len(rows), 1)), tuple(blocks))
