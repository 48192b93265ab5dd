"""The file: the page with its style, script and data inside, and a policy that lets nothing else run or load.

Path:   `Report` -> one HTML text; equal reports give equal texts.
Source: Content Security Policy Level 3, W3C: hash sources; a `script` of another type is only data.
"""

import base64
import hashlib
from functools import cache
from importlib import resources

from ratecraft.reporting.html.data_block import data_block
from ratecraft.reporting.html.elements import Markup, element, text
from ratecraft.reporting.html.icon import ICON
from ratecraft.reporting.html.markup import body
from ratecraft.reporting.pictures.charts import to_json
from ratecraft.reporting.report.blocks import Figure, Report
from ratecraft.reporting.text.page import Page

_STYLES = ("uPlot.min.css", "page.css")
_CHARTS = ("uPlot.iife.min.js", "numbers.js", "marks.js", "chart.js", "figures.js")
_SCRIPTS = ("theme.js", *_CHARTS, "copying.js", "page.js")
_SPOKEN = ("reset", "download")


def document(report: Report) -> str:
    """The report as one HTML file that needs no network.

    Args:
        report: The report of a study (`report_of`).
    """
    style = "\n".join(_asset(name) for name in _STYLES)
    scripts = [_asset(name) for name in _SCRIPTS]
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(_hash(script) for script in scripts)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="referrer" content="no-referrer">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        Markup(f'<link rel="icon" href="{ICON}">'),
        element("title", text(report.title)),
        element("style", Markup(style)),
    )
    data = data_block(_data(report))
    whole = element("body", body(report), data, *(element("script", Markup(script)) for script in scripts))
    return f"<!DOCTYPE html>\n{element('html', head, whole, lang=report.language)}\n"


def _data(report: Report) -> dict[str, object]:
    """The values that the page's script reads."""
    page = Page(report.language)
    words = {name: page.words(f"report.{name}") for name in _SPOKEN}
    blocks = (block for section in report.sections for block in section.blocks)
    return {"words": words, "charts": [to_json(block.chart) for block in blocks if isinstance(block, Figure)]}


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return resources.files("ratecraft.reporting.html").joinpath("assets", name).read_text(encoding="utf-8")
