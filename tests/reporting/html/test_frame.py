"""Mirrors ratecraft/reporting/html/frame.py."""

from html.parser import HTMLParser

from ratecraft.reporting.html.document import document
from ratecraft.reporting.html.frame import frame
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.study_report import report_of


def test_a_notebook_gets_the_whole_page_in_a_frame_that_cannot_reach_it(evidence: Evidence) -> None:
    page, seen = document(report_of(evidence)), list[dict[str, str | None]]()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag == "iframe"
            seen.append(dict(attrs))

    Reader().feed(frame(page, 'a "study"'))
    (attributes,) = seen
    assert attributes["srcdoc"] == page
    assert attributes["title"] == 'a "study"'
    assert "allow-same-origin" not in (attributes["sandbox"] or "").split()
