"""Which rate: the score of every probe against its rate, what was tried, and why.

Path:   `Evidence` -> the section with the bracket.
Units:  rates are absolute, of the leading group, on a log axis; scores in the unit of the metric.
"""

import math
from collections.abc import Iterator

from ratecraft.laws.responses.rate_response import valley
from ratecraft.records.answer import Answer, Probe
from ratecraft.reporting.pictures.charts import Axis, Chart, Line, Mark, Panel, is_wide
from ratecraft.reporting.pictures.picture import mean_scores, picture_of, untrained_score
from ratecraft.reporting.pictures.plot import Plot, plot_of, score_range
from ratecraft.reporting.report.blocks import Figure, Section, Table
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.results.lessons import lessons_of
from ratecraft.reporting.text.numbers import count_text, number_text, numbers_text
from ratecraft.reporting.text.page import Page
from ratecraft.reporting.verdict import chosen_text, is_kept
from ratecraft.translations.catalogue import rate_text

_FIT_PLACES = 48
_FIT_HALF, _FIT_BEYOND = 1.5, 0.5  # octaves: of the parabola beside its bottom, and beyond the probes
_AIR = 0.09  # margin of the axis beyond what is drawn
_SETTLED = (
    *("chosen", "chosen-usual", "moved"),
    *("none-finite", "flat", "losses-alike", "scores-uneven", "nothing-learned"),
)
_FIRST_RUNG = ("extended-up", "extended-down", "extended-unlearned", "extended-worse", "neighbour", "one-more-up")
_LATER_RUNGS = ("branch-start", "third-down", "third-up", "third-saturation")


def bracket_section(evidence: Evidence, page: Page) -> Section | None:
    """The section; None if there were no probes."""
    answer = evidence.summary.answer
    plot = plot_of(answer, page)
    if plot is None or not answer.probes:
        return None
    is_pictured = picture_of(answer) is not None
    title = plot.title if is_pictured else settled_text(answer, page) or plot.title
    probes = _in_order(evidence)
    chart = _chart(answer, plot, title, probes, page, is_pictured=is_pictured)
    figure = Figure(chart, _caption(chart, answer, page), _table(answer, probes, page))
    title = "title-scores" if is_pictured else "title"
    return Section("bracket", page.words(f"report.bracket.{title}"), (figure,))


def settled_text(answer: Answer, page: Page) -> str:
    """What the probes settled, in a sentence; empty if they settled nothing."""
    settled = [decision for decision in answer.decisions if decision.code in _SETTLED]
    return page.words(f"decision.{settled[-1].code}.text", **settled[-1].values) if settled else ""


def _in_order(evidence: Evidence) -> list[Probe]:
    """The probes in the order in which they were asked for."""
    order = {key: at for at, key in enumerate(evidence.made)}
    return sorted(evidence.summary.answer.probes, key=lambda probe: order.get(probe.job, len(order)))


def _chart(answer: Answer, plot: Plot, title: str, probes: list[Probe], page: Page, *, is_pictured: bool) -> Chart:
    """The chart of the scores, without what the picture above it shows already."""
    curves = _curves(answer, is_pictured=is_pictured)
    rungs = mean_scores(answer.probes)
    places = tuple(sorted({probe.rate for probe in answer.probes}.union(*(curve for _, _, curve in curves))))
    lines = [
        Line(
            page.words("screen.plot.rung", step=count_text(stop)) if stop > 1 else answer.probe_metric.name,
            "late" if stop == max(rungs) else "early",
            tuple(points.get(place) for place in places),
            dots=True,
        )
        for stop, points in rungs.items()
        if any(score is not None for score in points.values())
    ]
    lines += [
        Line(page.words(f"report.bracket.{name}"), "fit", tuple(curve.get(place) for place in places), is_faint)
        for name, is_faint, curve in curves
    ]
    if start := None if is_pictured else untrained_score(answer):  # else it is the scale of the picture
        lines.append(Line(page.words("screen.picture.untrained"), "constant", (start,) * len(places)))
    upright = _upright(plot, answer)
    marks = tuple(_marks(answer, plot, upright.range or (-math.inf, math.inf), page))
    panel = Panel(upright, places, tuple(lines), marks, height=340)
    along = Axis(page.words("screen.plot.across"), is_log=True, is_rate=True, range=_along(answer))
    return Chart(
        "bracket",
        title,
        along,
        (panel,),
        band=None if is_pictured else answer.interval,
        stops=tuple(_stops(answer, probes, page)),
        bad_is_up=plot.smaller_is_better,
    )


def _curves(answer: Answer, *, is_pictured: bool) -> list[tuple[str, bool, dict[float, float]]]:
    """Curves through the scores, each with its name and whether it is faint; for a search, a smooth one in a band."""
    lessons = lessons_of(answer)
    if lessons is not None and lessons.response is not None:
        found = lessons.response
        named = (
            ("response", False, found.middle),
            ("response-low", True, found.low),
            ("response-high", True, found.high),
        )
        return [(name, is_faint, dict(zip(found.rates, curve, strict=True))) for name, is_faint, curve in named]
    fit = {} if is_pictured else _fit(answer)  # the picture has the curve, and says which length it belongs to
    return [("fit", False, fit)] if fit else []


def _fit(answer: Answer) -> dict[float, float]:
    """The parabola of the longest probes that allow one, as score by rate: about its bottom, near what was tried."""
    sign = answer.probe_metric.sign()
    for _, points in sorted(mean_scores(answer.probes).items(), reverse=True):
        found = valley({math.log2(rate): math.inf if score is None else sign * score for rate, score in points.items()})
        if found is not None:
            low = max(math.log2(min(points)) - _FIT_BEYOND, found.bottom - _FIT_HALF)
            high = min(math.log2(max(points)) + _FIT_BEYOND, found.bottom + _FIT_HALF)
            octaves = [low + (high - low) * place / _FIT_PLACES for place in range(_FIT_PLACES + 1)]
            return {2**octave: sign * found.score(octave) for octave in octaves} if low < high else {}
    return {}


def _along(answer: Answer) -> tuple[float, float]:
    """Ends of the axis of rates: all that is drawn, with a margin."""
    rates = [probe.rate for probe in answer.probes]
    rates += [rate for rate in (answer.rate, answer.own_rate, answer.edge, *(answer.interval or ())) if rate]
    low, high = math.log10(min(rates)), math.log10(max(rates))
    air = max(_AIR * (high - low), 0.15)
    return 10 ** (low - air), 10 ** (high + air)


def _upright(plot: Plot, answer: Answer) -> Axis:
    """The axis of scores, with room for crosses on its bad side."""
    scores = [probe.score for probe in answer.probes if probe.score is not None and math.isfinite(probe.score)]
    if not scores:
        return Axis(plot.title, range=(0.0, 1.0))
    best, worst = score_range(scores, plot.smaller_is_better)
    if is_wide(scores) or best is None or worst is None:  # a log axis has room for far-off scores
        best, worst = min(scores), max(scores)
    low, high = min(best, worst), max(best, worst)
    if is_wide([low, high]):
        ratio = (high / low) ** _AIR
        return Axis(plot.title, is_log=True, range=(low / ratio, high * ratio * ratio))
    air = _AIR * (high - low) or max(abs(high), 1.0) * _AIR
    bad = 2 * air
    limits = (low - air, high + bad) if plot.smaller_is_better else (low - bad, high + air)
    return Axis(plot.title, range=limits)


def _marks(answer: Answer, plot: Plot, limits: tuple[float, float], page: Page) -> Iterator[Mark]:
    if answer.own_rate:
        yield Mark("own", answer.own_rate, page.words("report.bracket.own", rate=answer.own_rate))
    if answer.edge is not None:
        yield Mark("edge", answer.edge, page.words("screen.plot.edge", edge=answer.edge))
    if answer.rate is not None:
        yield Mark("chosen", answer.rate, chosen_text(answer.rate, page, is_kept=is_kept(answer)))
    for probe in answer.probes:
        if probe.score is None or not math.isfinite(probe.score):
            yield Mark("cross", probe.rate, plot.without_score)
        elif not limits[0] <= probe.score <= limits[1]:
            yield Mark("beyond", probe.rate, number_text(probe.score))


def _stops(answer: Answer, probes: list[Probe], page: Page) -> Iterator[tuple[float, str]]:
    """Every rate that was tried, with its result and the reason why it was tried."""
    for rate in sorted({probe.rate for probe in probes}):
        said = [page.words("report.bracket.probe", rate=rate)]
        for probe in (probe for probe in probes if probe.rate == rate):
            score = _score(answer, probe, page)
            said.append(page.words("report.bracket.scored", step=count_text(probe.stop), score=score))
            said += [why] if (why := _why(answer, probe, page)) else []
        yield rate, "\n".join(said)


def _score(answer: Answer, probe: Probe, page: Page) -> str:
    if probe.score is None:
        return _ending(probe, page)
    known = [probed.score for probed in answer.probes if probed.stop == probe.stop]
    text = dict(zip(known, numbers_text(known), strict=True))
    return f"{answer.probe_metric.name} {text[probe.score]}"


def _ending(probe: Probe, page: Page) -> str:
    return page.words(f"screen.ending.{probe.ending.replace(' ', '-')}")


def _why(answer: Answer, probe: Probe, page: Page) -> str:
    """The decision that asked for a probe, in words."""
    is_first = probe.stop == min(probed.stop for probed in answer.probes)
    codes = _FIRST_RUNG if is_first else _LATER_RUNGS
    for decision in answer.decisions:
        named = [decision.values.get(name) for name in ("rate", "high", "low")]
        rates = [value for value in named if isinstance(value, float)]
        if decision.code in codes and any(math.isclose(rate, probe.rate, rel_tol=1e-6) for rate in rates):
            return page.words(f"decision.{decision.code}.text", **decision.values)
    start = next((decision for decision in answer.decisions if decision.code == "bracket-start"), None)
    return page.words("decision.bracket-start.text", **start.values) if start and is_first else ""


def _table(answer: Answer, probes: list[Probe], page: Page) -> Table:
    head = tuple(page.words(f"report.bracket.{name}") for name in ("rate", "steps", "ended", "why"))
    scores = dict(zip((probe.job for probe in probes), numbers_text([probe.score for probe in probes]), strict=True))
    rows = tuple(
        (
            rate_text(probe.rate),
            _why(answer, probe, page),
            _ending(probe, page),
            count_text(probe.stop),
            scores[probe.job],
        )
        for probe in probes
    )
    columns = (head[0], head[3], head[2], head[1], answer.probe_metric.name)
    return Table(page.words("report.bracket.tried"), columns, rows, 3)


def _caption(chart: Chart, answer: Answer, page: Page) -> str:
    point = "caption" if answer.search is None else "caption-trials"
    parts = [page.words(f"report.bracket.{point}", metric=answer.probe_metric.name)]
    if chart.band is not None:
        low, high = chart.band
        parts.append(page.words("report.bracket.caption-interval", low=low, high=high))
    lessons = lessons_of(answer)
    if lessons is not None and lessons.response is not None:
        code = "caption-response-of" if len(mean_scores(answer.probes)) > 1 else "caption-response"
        steps = count_text(lessons.response.steps)
        parts.append(page.words(f"report.bracket.{code}", steps=steps))
    elif any(line.role == "fit" for line in chart.panels[0].lines):
        parts.append(page.words("report.bracket.caption-fit"))
    parts += [page.words("report.bracket.caption-few")] if lessons is not None and lessons.response is None else []
    marks = {mark.kind for mark in chart.panels[0].marks}
    parts += [page.words("report.bracket.caption-cross")] if "cross" in marks else []
    parts += [page.words("report.bracket.caption-beyond")] if "beyond" in marks else []
    return page.words("report.between").join(parts)
