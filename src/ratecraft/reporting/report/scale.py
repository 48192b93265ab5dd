"""The page of a law over sizes: the rate of the target, the picture, the small runs and all their scores.

Path:   `Scaled`, the program -> `Report` -> `document`.
Units:  rates as the optimizer receives them; costs in runs of the target.
"""

from collections.abc import Iterator

from ratecraft.controllers.scale.answer import Scaled
from ratecraft.controllers.scale.settings import size_text
from ratecraft.records.program import Program
from ratecraft.reporting.report.blocks import Block, Code, Drawing, Report, Section, Stat, Table, Text
from ratecraft.reporting.scale.screen import cost_text, headline_text, law_lines, next_command, size_row, target_text
from ratecraft.reporting.text.numbers import number_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text


def scale_report(found: Scaled, program: Program, language: str = "en", version: str = "") -> Report:
    """The page of a law over sizes.

    Args:
        found: The law.
        program: The program that is run for the target.
        language: Code of a language, e.g. `ja`.
        version: Version of ratecraft.
    """
    page = Page(language, width=10_000)
    meaning = page.words("report.scale.meaning") if found.rate else " ".join(law_lines(found, page))
    kind = "caption-no-law" if found.rate is None else "caption" if len(found.axes) == 1 else "caption-moved"
    has_points = any(size.point for size in found.tried)
    return Report(
        language=language,
        title=page.words("report.scale.window", program=program.title),
        origin=page.words("report.scale.origin", program=program.title, target=target_text(found)),
        verdict=headline_text(found, page),
        mood="good" if found.rate else "open",
        meaning=meaning,
        stats=tuple(_stats(found, page)),
        remarks=(),
        sections=tuple(_sections(found, program, page)),
        colophon=page.words("report.diagnosis.colophon", version=version or "–"),
        drawing=Drawing(found, page.words("report.scale.picture"), page.words(f"report.scale.{kind}"))
        if has_points
        else None,
    )


def _stats(found: Scaled, page: Page) -> Iterator[Stat]:
    if found.rate and found.interval:
        low, high = map(rate_text, found.interval)
        yield Stat(page.words("report.scale.rate"), rate_text(found.rate), f"{low} – {high}")
    if found.law is not None and found.rate:
        for axis, exponent in zip(found.axes, found.law.exponents, strict=True):
            yield Stat(f"{axis.axis.name}^", f"{exponent.value:.2f}", f"± {exponent.sd:.2f}")
    yield Stat(page.words("report.scale.cost"), number_text(found.cost), page.words("report.scale.of-target"))


def _sections(found: Scaled, program: Program, page: Page) -> Iterator[Section]:
    if found.rate:
        law: list[Block] = [Text(line) for line in law_lines(found, page)]
        yield Section("law", page.words("screen.scale.label.law"), (*law, Text(page.words("report.scale.groups"))))
    names = tuple(axis.axis.name for axis in found.axes)
    columns = tuple(page.words(f"screen.scale.column.{name}") for name in ("best", "interval", "score", "missed"))
    rows = tuple((*map(size_text, size.sizes), *size_row(found, size, page)) for size in found.tried)
    sizes = Table(page.words("report.scale.sizes"), (*names, *columns), rows)
    scores = tuple(
        (
            *map(size_text, size.sizes),
            rate_text(found.rate_at(octave)),
            number_text(score) if score is not None else "–",
        )
        for size in found.tried
        for octave, score in sorted(size.scores.items())
    )
    head = (*names, page.words("report.scale.tried"), found.tried[0].metric.name if found.tried else "")
    every = Table(page.words("report.scale.scores"), head, scores)
    title = page.words("screen.scale.label.runs")
    blocks = (Text(page.words("report.scale.left-out")), sizes)
    yield Section("sizes", title, blocks, (every,), page.words("report.scale.scores"))
    cost = (Text(cost_text(found, page)), Code(next_command(found, program)))
    yield Section("next", page.words("screen.scale.label.next"), cost)
