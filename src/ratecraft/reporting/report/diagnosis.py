"""The page of a diagnosis: what is wrong with a run, each finding with its steps marked on the curves.

Path:   `Diagnosed` runs -> `Report` -> `document`. Names from a log are text in it.
Units:  steps are those of the log; rates absolute.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ratecraft.diagnosis.finding import Finding
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.findings.code_changes import code_change
from ratecraft.reporting.findings.screen import Diagnosed, headline
from ratecraft.reporting.pictures.charts import Axis, Chart, Mark
from ratecraft.reporting.report.blocks import Block, Code, Facts, Figure, Listing, Report, Section, Stat, Text
from ratecraft.reporting.report.series import ends_of, series_panels, series_table, unit_text
from ratecraft.reporting.text.numbers import count_text, number_text
from ratecraft.reporting.text.page import Page
from ratecraft.reporting.text.schedule_words import schedule_text
from ratecraft.translations.catalogue import rate_text

_COLUMNS = 1000
_ORDER = ("error", "warning", "info")


def diagnosis_report(runs: Sequence[Diagnosed], language: str = "en", version: str = "") -> Report:
    """The page of all runs that were read: first the worst one in a sentence, then every finding of each run.

    Args:
        runs: The runs, in the order of the logs.
        language: Code of a language, e.g. `ja`.
        version: Version of ratecraft.
    """
    page = Page(language, width=10_000)
    found = [(run, finding) for run in runs for finding in run.diagnosis.findings]
    worst = min(found, key=lambda pair: _ORDER.index(pair[1].severity), default=None)
    open_ = next((run for run in runs if run.diagnosis.unjudged), None)
    if open_ is not None and (worst is None or worst[1].severity == "info"):
        verdict, meaning = headline(open_.diagnosis, page)
        mood = "open"
    elif worst is None:
        verdict, meaning, mood = page.words("screen.diagnosis.nothing"), page.words("report.diagnosis.healthy"), "good"
    else:
        verdict, meaning = _title(worst[1], page), _text(worst[1], page)
        mood = "plain" if worst[1].severity == "info" else "fault"
    names = [
        f" ({page.words('screen.diagnosis.run', number=number)}{': ' if run.path else ''}{run.path})"
        for number, run in enumerate(runs, 1)
    ]
    told = zip(runs, names if len(runs) > 1 else [""], strict=True) if runs else ()
    name = ", ".join(dict.fromkeys(run.path for run in runs if run.path)) or page.words("report.diagnosis.numbers")
    sections = [
        section
        for number, (diagnosed, within) in enumerate(told, 1)
        for section in _sections(diagnosed, f"run{number}", within, page)
    ]
    return Report(
        language=language,
        title=page.words("report.diagnosis.window", path=name),
        origin=page.words("report.diagnosis.origin", path=name),
        verdict=verdict,
        mood=mood,
        meaning=meaning,
        stats=_stats((worst[0] if worst else runs[0]).run, len(found), page) if runs else (),
        remarks=(),
        sections=tuple(sections),
        colophon=page.words("report.diagnosis.colophon", version=version or "–"),
    )


def _sections(each: Diagnosed, key: str, within: str, page: Page) -> Iterator[Section]:
    """The sections of one run: its findings, what was read, and what else to log."""
    said = each.diagnosis
    for number, finding in enumerate(said.findings, 1):
        title = f"{page.words(f'screen.diagnosis.{finding.severity}')}: {_title(finding, page)}{within}"
        yield Section(f"{key}-{number}", title, tuple(_finding(each, finding, f"{key}-{number}-chart", page)))
    chart = _figure(each.run, None, f"{key}-chart", page) if not said.findings else None
    facts: list[Block] = [Facts(tuple(_facts(each, page)))]
    notes = tuple(page.note(note) for note in each.notes)
    facts += [Listing(notes)] if notes else []
    yield Section(
        f"{key}-read", f"{page.words('screen.diagnosis.read-label')}{within}", (*([chart] if chart else []), *facts)
    )
    wanted = [
        f"{page.words(f'undecided.{one.code}.text', **one.values)} "
        f"{page.words('screen.diagnosis.log', names=', '.join(one.wanted))}"
        for one in said.undecided
    ]
    wanted += [page.note(note) for note in each.helps]
    if wanted:
        yield Section(f"{key}-more", f"{page.words('report.diagnosis.more')}{within}", (Listing(tuple(wanted)),))


def _finding(each: Diagnosed, finding: Finding, key: str, page: Page) -> Iterator[Block]:
    """A finding: its text, its steps on the curve, and its advice."""
    yield Text(_text(finding, page))
    chart = _figure(each.run, finding, key, page)
    if chart is not None:
        yield chart
    if finding.advice:
        yield Text(page.words("screen.diagnosis.do"))
        yield Listing(tuple(page.words(f"advice.{one.code}.text", **one.values) for one in finding.advice))
    for one in finding.advice:
        if change := code_change(one, page.language):
            yield Code("\n".join(change))
    follows = [_title(one.finding, page) for one in each.diagnosis.explained if one.by == finding.code]
    if follows:
        yield Text(f"{page.words('screen.diagnosis.also')}: {'; '.join(follows)}")


def _title(finding: Finding, page: Page) -> str:
    return page.words(f"finding.{finding.code}.title")


def _text(finding: Finding, page: Page) -> str:
    return page.words(f"finding.{finding.code}.text", **finding.evidence)


def _figure(run: ObservedRun, finding: Finding | None, key: str, page: Page) -> Figure | None:
    """Losses and rate, with the steps of the finding shaded; None if none was logged."""
    first, last = ends_of(run)
    panels = list(series_panels(run, (first, last), _COLUMNS, page))
    if not panels:
        return None
    stretch = None
    caption = page.words("report.diagnosis.curves")
    if finding is not None:
        stretch = (float(max(finding.steps[0], first)), float(min(finding.steps[1], last)))
        begin = Mark("edge", stretch[0], page.words("report.diagnosis.from"))
        panels[0] = replace(panels[0], marks=(*panels[0].marks, begin))
        caption = page.words("report.diagnosis.shaded", first=finding.steps[0], last=finding.steps[1])
    along = Axis(unit_text(run, page), range=(float(first), float(max(last, first + 1))))
    title = page.words("report.diagnosis.curves") if finding is None else _title(finding, page)
    chart = Chart(key, title, along, tuple(panels), stretch, is_fault=True)
    return Figure(chart, caption, series_table(run, page))


def _facts(each: Diagnosed, page: Page) -> Iterator[tuple[str, str]]:
    run = each.run
    if each.path:
        yield page.words("report.diagnosis.log"), each.path
    if run.source:
        yield page.words("report.diagnosis.format"), run.source
    for name in sorted(run.series):
        yield name, page.words("report.diagnosis.points", count=len(run.series[name]))
    for name, value in sorted(run.facts.items()):
        yield name, number_text(value) if isinstance(value, float | int) else value
    if "rate" in run.series:
        yield page.words("report.diagnosis.rate"), schedule_text(each.schedule, page)


def _stats(run: ObservedRun, count: int, page: Page) -> tuple[Stat, ...]:
    """Number of findings, length, lowest loss, and rate."""
    stats = [Stat(page.words("report.diagnosis.findings"), str(count))]
    last = max((int(one.steps[-1]) for one in run.series.values() if len(one)), default=0)
    stats.append(Stat(unit_text(run, page), count_text(last)))
    for name in ("val_loss", "loss", "rate"):
        series = run.series.get(name)
        if series is None or (name == "loss" and len(stats) > 2):
            continue
        finite = series.values[abs(series.values) < math.inf]
        if not len(finite):
            continue
        best = rate_text(float(finite.max())) if name == "rate" else number_text(float(finite.min()))
        stats.append(Stat(page.words(f"report.diagnosis.best.{name}"), best))
    return tuple(stats)
