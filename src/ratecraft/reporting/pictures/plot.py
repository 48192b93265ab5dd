"""Score against rate, drawn in text: a log axis, the probes of each rung, the chosen rate, its interval, the edge.

Path:   `Answer` -> `Plot` (the contents) -> lines of text.
Units:  rates are absolute, of the leading group, on a log axis; scores in the unit of the metric.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TypeGuard

from ratecraft.laws.responses.range_ramp import smoothed
from ratecraft.records.answer import Answer, Probe
from ratecraft.records.outcome import Ending
from ratecraft.reporting.pictures.canvas import Canvas
from ratecraft.reporting.text.numbers import count_text, number_text, rate_ticks, ticks_text
from ratecraft.reporting.text.page import Page, cells, wrap
from ratecraft.reporting.verdict import chosen_text, is_kept
from ratecraft.translations.catalogue import rates_text

_SYMBOLS = {True: "○●◆◇■", False: "o@*+#"}
_BLOWN_UP = {True: "×", False: "x"}
_CHOSEN = {True: "▲", False: "^"}
_OWN = {True: "△", False: "y"}
_INTERVAL = {True: "═", False: "="}
_OFF_SCALE = 5.0  # medians above the best: a score further up is drawn at the edge


@dataclass(frozen=True, slots=True)
class PlottedCurve:
    """The probes of one rung: their name, and the rate and score of each (None: blown up).

    If it is a line, such as the curve of a ramp, its points are not marked one by one; a dashed line was not measured.
    Without a symbol of its own, the curve gets one by its position among the curves.
    """

    label: str
    points: tuple[tuple[float, float | None], ...]
    is_line: bool = False
    is_dashed: bool = False
    symbol: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """The contents of the plot. All rates are > 0.

    `smaller_is_better` tells which side of the picture is the bad one; `without_score` labels the points there that
    have no score, `beyond_text` those that lie beyond the axis, and `edge_text` the edge. `ticks` are positions on the
    vertical axis with their texts; if empty, the best, the worst and the middle. `moved` holds the ends of an arrow.
    """

    title: str
    curves: tuple[PlottedCurve, ...]
    smaller_is_better: bool = True
    chosen: float | None = None
    chosen_text: str = ""
    interval: tuple[float, float] | None = None
    edge: float | None = None
    edge_text: str = ""
    without_score: str = ""
    beyond_text: str = ""
    interval_text: str = ""
    own: float | None = None
    moved: tuple[float, float] | None = None
    moved_text: str = ""
    ticks: tuple[tuple[float, str], ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Turns rates and scores into positions."""

    low: float
    high: float
    best: float | None
    worst: float | None
    rows: int
    smaller_is_better: bool

    def across(self, rate: float) -> float:
        return (math.log10(rate) - self.low) / (self.high - self.low)

    def down(self, score: float) -> float:
        """The vertical position: 0 at the top, 1 at the bottom. The outermost bad row is for points off the axis."""
        if self.best is None or self.worst is None or self.is_off(score):
            return self.bad_side
        free = 1 - 1 / (self.rows - 1)
        share = (score - self.best) / (self.worst - self.best) if self.worst != self.best else 0.5
        return 1 - free * share if self.smaller_is_better else free * share

    @property
    def bad_side(self) -> float:
        return 0.0 if self.smaller_is_better else 1.0

    def is_off(self, score: float) -> bool:
        """Whether a finite score lies beyond the axis."""
        return self.worst is not None and (score > self.worst if self.smaller_is_better else score < self.worst)


def plot_of(answer: Answer, page: Page) -> Plot | None:
    """The picture of an answer; None where no probe was scored or blew up."""
    rungs: dict[tuple[int, int], list[Probe]] = {}
    for probe in sorted(answer.probes, key=lambda probe: (probe.stop, probe.seed, probe.rate)):
        rungs.setdefault((probe.stop, probe.seed), []).append(probe)
    curves = tuple(
        PlottedCurve(_rung_text(stop, seed, rungs, answer, page), tuple((probe.rate, probe.score) for probe in probes))
        for (stop, seed), probes in rungs.items()
    )
    if not curves:
        return _ramp_plot(answer, page)
    lost = {probe.ending for probe in answer.probes if probe.score is None}
    return Plot(
        title=page.words(f"screen.plot.{answer.probe_metric.direction}", metric=answer.probe_metric.name),
        curves=curves,
        smaller_is_better=answer.probe_metric.direction == "min",
        chosen=answer.rate,
        chosen_text=chosen_text(answer.rate, page, is_kept=is_kept(answer)),
        interval=answer.interval,
        edge=answer.edge,
        edge_text="" if answer.edge is None else page.words("screen.plot.edge", edge=answer.edge),
        without_score=page.words("screen.plot.blown-up" if lost <= {Ending.BLOWN_UP} else "screen.plot.no-score"),
    )


def _rung_text(stop: int, seed: int, rungs: Iterable[tuple[int, int]], answer: Answer, page: Page) -> str:
    """The name of the probes of one length, and of one seed if there are several.

    The steps of another program are not seen: its runs count as one step and are named by their metric.
    """
    if sum(rung == stop for rung, _ in rungs) > 1:
        return page.words("screen.plot.seed", step=count_text(stop), seed=seed)
    return page.words("screen.plot.rung", step=count_text(stop)) if stop > 1 else answer.probe_metric.name


def _ramp_plot(answer: Answer, page: Page) -> Plot | None:
    """The whole curve of a ramp, smoothed as for its edge; None if there is none."""
    ramp = answer.ramp
    if ramp is None or not any(map(math.isfinite, ramp.losses)):
        return None
    means = smoothed(ramp.losses).tolist()
    points = [
        (rate, mean if math.isfinite(loss) else None)
        for rate, mean, loss in zip(ramp.rates, means, ramp.losses, strict=False)
    ]
    return Plot(
        title=page.words("screen.plot.min", metric=answer.probe_metric.name),
        curves=(PlottedCurve(page.words("screen.plot.ramp"), tuple(points), is_line=True),),
        edge=answer.edge,
        edge_text="" if answer.edge is None else page.words("screen.plot.rises", edge=answer.edge),
        without_score=page.words("screen.plot.blown-up"),
    )


def draw(plot: Plot, page: Page, width: int, height: int) -> tuple[str, ...]:
    """The plot as lines of at most `width` cells: a title, `height` rows, the axis, rates, marks, legend.

    Args:
        plot: The contents.
        page: Language and alphabet.
        width: At least 40.
        height: At least 4.
    """
    unicode = page.unicode
    frame = _frame(plot, height)
    labels = _labels(frame, plot)
    gutter = max((cells(label) for label in labels.values()), default=0)
    across = page.words("screen.plot.across")
    area = Canvas(width - gutter - cells(across) - 3, height, braille=unicode)
    _fill(area, plot, frame, unicode=unicode)
    axis, *below = _axis(frame, area.width, plot, unicode=unicode)
    blank = " " * (gutter + 1)
    legend = _flow(_legend(plot, frame, page), width - gutter - 2)
    body = (*area.framed(labels, gutter), f"{blank}{axis} {across}")
    lines = (*wrap(plot.title, width), *body, *(blank + line for line in (*below, *legend)))
    return tuple(line.rstrip() for line in lines)


def score_range(finite: Sequence[float], smaller_is_better: bool) -> tuple[float | None, float | None]:
    """Best and worst score on the axis. A few far-off scores must not flatten the valley."""
    if not finite:
        return None, None
    sign = 1.0 if smaller_is_better else -1.0
    signed = sorted(sign * score for score in finite)
    limit = signed[0] + _OFF_SCALE * (median(signed) - signed[0])
    kept = [score for score in signed if score <= limit]
    return sign * signed[0], sign * (kept[-1] if len(kept) > 1 else signed[-1])


def _frame(plot: Plot, rows: int) -> _Frame:
    scores = [score for curve in plot.curves for _, score in curve.points if score is not None]
    best, worst = score_range([score for score in scores if math.isfinite(score)], plot.smaller_is_better)
    if plot.ticks:
        (best, _), (worst, _) = plot.ticks[0], plot.ticks[-1]
    low, high = _rate_range(plot)
    return _Frame(low, high, best, worst, rows, plot.smaller_is_better)


def _labels(frame: _Frame, plot: Plot) -> Mapping[int, str]:
    """Row to its label: the best score, the worst on the axis, and the middle; or the ticks."""
    if plot.ticks:
        return {round(frame.down(value) * (frame.rows - 1)): text for value, text in reversed(plot.ticks)}
    if frame.best is None or frame.worst is None:
        return {}
    values = (frame.worst, (frame.worst + frame.best) / 2, frame.best)
    return {
        round(frame.down(value) * (frame.rows - 1)): text
        for value, text in zip(values, ticks_text(values), strict=True)
    }


def _rate_range(plot: Plot) -> tuple[float, float]:
    """Ends of the axis as powers of ten: all that is drawn, with a margin, and at least one decade."""
    rates = [rate for curve in plot.curves for rate, _ in curve.points]
    rates += [rate for rate in (plot.chosen, plot.own, plot.edge, *(plot.interval or ())) if rate is not None]
    low, high = math.log10(min(rates)), math.log10(max(rates))
    air = max(0.04 * (high - low), (1.0 - (high - low)) / 2, 0.02)
    return low - air, high + air


def _fill(area: Canvas, plot: Plot, frame: _Frame, *, unicode: bool) -> None:
    if plot.chosen is not None:
        area.upright(frame.across(plot.chosen))
    if plot.edge is not None:
        area.upright(frame.across(plot.edge), every=4)
    for curve in plot.curves:
        places = [(frame.across(rate), _height_of(score, frame)) for rate, score in curve.points if score is not None]
        for at, (first, last) in enumerate(pairwise(places)):
            if not curve.is_dashed or at % 3 == 0:
                area.line(first, last)
    for curve, symbol in zip(plot.curves, _symbols(plot.curves, unicode=unicode), strict=True):
        for rate, score in curve.points:
            if curve.is_line and _is_known(score):
                continue
            character = symbol if _is_known(score) else _BLOWN_UP[unicode]
            area.symbol(frame.across(rate), _height_of(score, frame), character)


def _height_of(score: float | None, frame: _Frame) -> float:
    return frame.down(score) if _is_known(score) else frame.bad_side


def _is_known(score: float | None) -> TypeGuard[float]:
    return score is not None and math.isfinite(score)


def _flow(parts: Sequence[str], width: int) -> tuple[str, ...]:
    """Texts side by side, as many as fit a line; a text is broken only if it is longer than a line."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}   {part}" if lines else part
        if lines and cells(joined) <= width:
            lines[-1] = joined
        else:
            lines += wrap(part, width, hang="  ")
    return tuple(lines)


def _symbols(curves: Sequence[PlottedCurve], *, unicode: bool) -> tuple[str, ...]:
    known = _SYMBOLS[unicode]
    return tuple(
        curve.symbol[not unicode] if curve.symbol else known[at % len(known)] for at, curve in enumerate(curves)
    )


def _axis(frame: _Frame, width: int, plot: Plot, *, unicode: bool) -> tuple[str, ...]:
    """The axis, the rates below it and, if there are any, marks for the interval and the chosen rate."""
    corner, rule, notch = ("└", "─", "┬") if unicode else ("+", "-", "+")
    axis = [rule] * width
    names = [" "] * (width + 1)
    free = 0
    ticks = rate_ticks(frame.low, frame.high)
    for rate, text in zip(ticks, rates_text(ticks), strict=True):
        at = round(frame.across(rate) * (width - 1))
        start = min(max(at + 1 - len(text) // 2, 0), width + 1 - len(text))
        if start >= free:
            axis[at] = notch
            names[start : start + len(text)] = text
            free = start + len(text) + 2
    marks = (_marks(frame, width, plot, unicode=unicode), _arrow(frame, width, plot, unicode=unicode))
    return (corner + "".join(axis), "".join(names), *(mark for mark in marks if mark.strip()))


def _marks(frame: _Frame, width: int, plot: Plot, *, unicode: bool) -> str:
    marks = [" "] * (width + 1)
    if plot.interval is not None:
        first, last = (round(frame.across(rate) * (width - 1)) for rate in plot.interval)
        marks[first + 1 : last + 2] = _INTERVAL[unicode] * (last - first + 1)
    for rate, sign in ((plot.own, _OWN[unicode]), (plot.chosen, _CHOSEN[unicode])):
        if rate is not None:
            marks[round(frame.across(rate) * (width - 1)) + 1] = sign
    return "".join(marks)


def _arrow(frame: _Frame, width: int, plot: Plot, *, unicode: bool) -> str:
    """An arrow from the best rate of the longest probes to the choice, if they differ."""
    if plot.moved is None:
        return ""
    start, end = (round(frame.across(rate) * (width - 1)) + 1 for rate in plot.moved)
    back, on, rule = ("←", "→", "─") if unicode else ("<", ">", "-")
    if start == end:
        return ""
    low, high = min(start, end), max(start, end)
    drawn = rule * (high - low)
    return " " * low + (back + drawn if end < start else drawn + on)


def _legend(plot: Plot, frame: _Frame, page: Page) -> tuple[str, ...]:
    unicode = page.unicode
    parts = [
        f"{_sign(curve, symbol, unicode=unicode)} {curve.label}"
        for curve, symbol in zip(plot.curves, _symbols(plot.curves, unicode=unicode), strict=True)
        if any(_is_known(score) for _, score in curve.points)
    ]
    scores = [score for curve in plot.curves for _, score in curve.points]
    if not all(_is_known(score) for score in scores):
        parts.append(f"{_BLOWN_UP[unicode]} {plot.without_score}")
    if any(_is_known(score) and frame.is_off(score) for score in scores):
        parts.append(plot.beyond_text or page.words("screen.plot.off-scale", limit=number_text(frame.worst)))
    if plot.own is not None:
        parts.append(f"{_OWN[unicode]} {page.words('screen.picture.own-rate', rate=plot.own)}")
    if plot.chosen is not None:
        parts.append(f"{_CHOSEN[unicode]} {plot.chosen_text}")
    if plot.interval is not None:
        low, high = plot.interval
        said = plot.interval_text or page.words("screen.plot.interval", low=low, high=high)
        parts.append(f"{_INTERVAL[unicode]} {said}")
    if plot.moved_text:
        parts.append(f"{'→' if unicode else '->'} {plot.moved_text}")
    if plot.edge is not None:
        parts.append(f"{'⡇' if unicode else ':'} {plot.edge_text}")
    return (*parts, *([plot.remark] if plot.remark else []))


def _sign(curve: PlottedCurve, symbol: str, *, unicode: bool) -> str:
    """The sign of a curve in the legend."""
    if curve.is_dashed:
        return "╌" if unicode else "--"
    return ("─" if unicode else "-") if curve.is_line else symbol
