"""The diagnosis of the runs of a log: as a screen, as JSON, and as a small table for a notebook.

Path:   `Diagnosed` runs (put together by `api`) -> text, plain values, HTML without a script.
Units:  steps are those of the log; confidences are shares of 1.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import Any

from ratecraft.diagnosis.diagnosing import Diagnosis
from ratecraft.diagnosis.enough import Unjudged
from ratecraft.diagnosis.finding import Advice, Finding, Undecided
from ratecraft.importers.names import meaning_of, rank_of
from ratecraft.laws.rate_logs.identify import Identified, identify
from ratecraft.records.outcome import Note
from ratecraft.records.proof import TriedArm
from ratecraft.records.watching.guarding import as_scripted
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.findings.finding_lines import SEVERITY_STYLES
from ratecraft.reporting.findings.proof import shown_json, shown_text, tried_json, tried_lines
from ratecraft.reporting.text.numbers import finite
from ratecraft.reporting.text.page import Page, cells, wrap
from ratecraft.reporting.text.schedule_words import schedule_json, schedule_text
from ratecraft.reporting.text.sections import WIDEST, labelled, listed
from ratecraft.translations.catalogue import sentence

_HIGH, _MEDIUM = 0.9, 0.7  # confidences (docs/reference/findings.md, "Judging")
_INDENT = 3
_NAMED = 12  # series whose points the screen lists; those that rules read come first


@dataclass(frozen=True)
class Diagnosed:
    """One run and its diagnosis.

    Attributes:
        path: File it was read from; empty if it was given as numbers.
        run: The run as it was observed.
        diagnosis: The findings about it.
        notes: Assumptions made when it was read.
        helps: What the log should also contain.
        tried: Results of the branches that were run to prove findings.
    """

    path: str
    run: ObservedRun
    diagnosis: Diagnosis
    notes: tuple[Note, ...] = ()
    helps: tuple[Note, ...] = ()
    tried: tuple[TriedArm, ...] = ()

    @cached_property
    def schedule(self) -> Identified | None:
        """The schedule of the rate; None if it fits no known one, or if the rate was not logged."""
        rate = as_scripted(self.run).series.get("rate")
        return None if rate is None else identify(rate.steps.tolist(), rate.values.tolist())


def findings_text(runs: Sequence[Diagnosed], page: Page) -> str:
    """The screen of `ratecraft diagnose`: for each run what was read, what is wrong, what to do, what to log.

    Args:
        runs: The runs, in the order of the logs.
        page: Language, width, colour and alphabet.
    """
    page = replace(page, width=min(page.width, WIDEST))
    return "\n\n\n".join("\n\n".join("\n".join(block) for block in _blocks(run, page)) for run in runs)


def findings_json(runs: Sequence[Diagnosed], language: str = "en") -> dict[str, Any]:
    """The same as one JSON object: codes and keys in English, full precision, null for what is not a number."""
    return {"schema": 1, "runs": [_run_json(run, language) for run in runs]}


def findings_html(runs: Sequence[Diagnosed], language: str = "en") -> str:
    """The same as paragraphs for a notebook; names from a log are inserted as text, never as markup."""
    page = Page(language, width=10_000)
    parts: list[str] = []
    for run in runs:
        parts += [f"<p><b>{escape(run.path)}</b></p>"] if run.path else []
        parts += [f"<p>{escape(line)}</p>" for line in headline(run.diagnosis, page)]
        for finding in run.diagnosis.findings:
            head = f"{page.words(f'screen.diagnosis.{finding.severity}')}: {_title(finding, page)}"
            said = "".join(f"<li>{escape(_advice(advice, page))}</li>" for advice in finding.advice)
            parts.append(f"<p><b>{escape(head)}</b><br>{escape(_text(finding, page))}</p><ul>{said}</ul>")
        parts += [f"<p>{escape(_undecided(undecided, page))}</p>" for undecided in run.diagnosis.undecided]
    return "<div>" + "".join(parts) + "</div>"


def _blocks(each: Diagnosed, page: Page) -> Iterator[list[str]]:
    yield _read(each, page)
    said = each.diagnosis
    title, *why = headline(said, page) or ("",)
    if title:
        lines = [line for reason in why for line in wrap(reason, page.width - _INDENT)]
        yield [page.paint(title, "fair" if said.unjudged else "good"), *(" " * _INDENT + line for line in lines)]
    for number, finding in enumerate(said.findings, 1):
        yield _finding(number, finding, said, page)
    if each.tried:
        yield tried_lines(each.tried, page)
    asides = (
        ("decide", [_undecided(undecided, page) for undecided in said.undecided]),
        ("helps", [page.note(note) for note in each.helps]),
    )
    for name, sentences in asides:
        if sentences:
            label = page.words(f"screen.diagnosis.{name}")
            lines = listed([page.spell("· ")] * len(sentences), sentences, page.width - cells(label) - 2)
            yield labelled(label, lines, cells(label) + 2, page)


def headline(said: Diagnosis, page: Page) -> tuple[str, ...]:
    """The line before the findings of a run: that it cannot be judged, and why, or that nothing was found."""
    if said.unjudged is not None:
        reason = page.words(f"unjudged.{said.unjudged.reason}.text", **said.unjudged.values)
        return (page.words("screen.diagnosis.cannot-judge"), reason)
    return () if said.findings else (page.words("screen.diagnosis.nothing"),)


def _read(each: Diagnosed, page: Page) -> list[str]:
    series = each.run.series
    facts = page.words("screen.diagnosis.read", format=each.run.source, count=len(series))
    first = min((int(one.steps[0]) for one in series.values() if len(one)), default=0)
    last = max((int(one.steps[-1]) for one in series.values() if len(one)), default=0)
    unit = "epochs" if each.run.unit == "epoch" else "steps"
    names = sorted(series, key=lambda name: (rank_of(meaning_of(name)), name))
    shown = [page.words("screen.diagnosis.points", name=name, count=len(series[name])) for name in names[:_NAMED]]
    shown += [page.words("screen.diagnosis.more-series", count=len(names) - _NAMED)] if len(names) > _NAMED else []
    lines = [page.spell(f"{facts}: {', '.join(shown)}"), page.words(f"screen.diagnosis.{unit}", first=first, last=last)]
    lines += [schedule_text(each.schedule, page)] if "rate" in series else []
    lines += [page.note(note) for note in each.notes]
    wrapped = [line for text in lines for line in wrap(text, page.width - _INDENT, hang="  ")]
    head = [page.paint(page.spell(each.path), "strong")] if each.path else []
    return [*head, *(" " * _INDENT + line for line in wrapped)]


def _finding(number: int, finding: Finding, said: Diagnosis, page: Page) -> list[str]:
    severity = page.words(f"screen.diagnosis.{finding.severity}")
    first, last = finding.steps
    sure = page.words(f"screen.diagnosis.{_how_sure(finding.confidence)}")
    where = page.words(f"screen.diagnosis.{'at' if first == last else 'where'}", first=first, last=last)
    heading = f"{number}. {severity}: {_title(finding, page)}"
    head = list(wrap(heading, page.width, hang=" " * _INDENT))
    head[0] = head[0].replace(severity, page.paint(severity, SEVERITY_STYLES[finding.severity]), 1)
    room = page.width - _INDENT
    seen = page.words("screen.diagnosis.seen", sure=sure, where=where)
    body = [*wrap(f"[{finding.code}] {seen}", room), *wrap(_text(finding, page), room)]
    do = [_advice(advice, page) for advice in finding.advice]
    shown = shown_text(finding, page)
    body += wrap(shown, room) if shown else ()
    body += listed([page.spell("→ ")] * len(do), do, room)
    follows = [_title(explained.finding, page) for explained in said.explained if explained.by == finding.code]
    if follows:
        body += wrap(f"{page.words('screen.diagnosis.also')}: {'; '.join(follows)}", room, hang="  ")
    return [*head, *(" " * _INDENT + line for line in body)]


def _how_sure(confidence: float) -> str:
    return "sure" if confidence >= _HIGH else "likely" if confidence >= _MEDIUM else "perhaps"


def _title(finding: Finding, page: Page) -> str:
    return page.words(f"finding.{finding.code}.title")


def _text(finding: Finding, page: Page) -> str:
    return page.words(f"finding.{finding.code}.text", **finding.evidence)


def _advice(advice: Advice, page: Page) -> str:
    return page.words(f"advice.{advice.code}.text", **advice.values)


def _undecided(undecided: Undecided, page: Page) -> str:
    text = page.words(f"undecided.{undecided.code}.text", **undecided.values)
    return f"{text} {page.words('screen.diagnosis.log', names=', '.join(undecided.wanted))}"


def _run_json(each: Diagnosed, language: str) -> dict[str, Any]:
    said = each.diagnosis
    return {
        "path": each.path,
        "format": each.run.source,
        "unit": each.run.unit,
        "facts": _legal(each.run.facts),
        "series": {name: len(series) for name, series in each.run.series.items()},
        "schedule": schedule_json(each.schedule),
        "notes": _notes(each.notes, language),
        "verdict": said.verdict,
        "unjudged": _unjudged_json(said.unjudged, language),
        "severity": said.severity,
        "findings": [_finding_json(finding, language) for finding in said.findings],
        "explained": [{**_finding_json(one.finding, language), "by": one.by} for one in said.explained],
        "undecided": [
            {
                "code": one.code,
                "values": _legal(one.values),
                "wanted": list(one.wanted),
                "text": sentence(f"undecided.{one.code}.text", language, one.values),
            }
            for one in said.undecided
        ],
        "helps": _notes(each.helps, language),
        **({"tried": tried_json(each.tried)} if each.tried else {}),
    }


def _unjudged_json(unjudged: Unjudged | None, language: str) -> dict[str, Any] | None:
    if unjudged is None:
        return None
    text = sentence(f"unjudged.{unjudged.reason}.text", language, unjudged.values)
    return {"reason": unjudged.reason, "values": _legal(unjudged.values), "text": text}


def _finding_json(finding: Finding, language: str) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "status": finding.status,
        **(
            {"shown": shown_json(finding.shown), "shown_text": shown_text(finding, Page(language))}
            if finding.shown
            else {}
        ),
        "confidence": finding.confidence,
        "steps": list(finding.steps),
        "evidence": _legal(finding.evidence),
        "title": sentence(f"finding.{finding.code}.title", language),
        "text": sentence(f"finding.{finding.code}.text", language, finding.evidence),
        "advice": [
            {
                "code": advice.code,
                "values": _legal(advice.values),
                "text": sentence(f"advice.{advice.code}.text", language, advice.values),
            }
            for advice in finding.advice
        ],
    }


def _notes(notes: Iterable[Note], language: str) -> list[dict[str, Any]]:
    return [
        {
            "code": note.code,
            "values": dict(note.values),
            "text": sentence(f"note.{note.code}.text", language, note.values),
        }
        for note in notes
    ]


def _legal(values: Mapping[str, float | str]) -> dict[str, float | str | None]:
    """Values that JSON allows: null for NaN and infinities."""
    return {name: finite(value) if isinstance(value, float) else value for name, value in values.items()}
