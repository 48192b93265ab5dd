"""The losses of a study under way: one line for each rate, in a fixed style; those out of the race are faint.

Path:   `Live` -> the newest run of each rate, with the run it branched off -> chart, and the table behind it.
Units:  steps are optimizer steps, counted from a run's step 0.
"""

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ratecraft.records.metrics import direction_of
from ratecraft.records.outcome import Ending
from ratecraft.records.windows import dense, windowed
from ratecraft.reporting.pages.live.following import Live, LiveCurve
from ratecraft.reporting.pictures.charts import Axis, Chart, Line, Panel, Role, Values, is_wide
from ratecraft.reporting.progress.glimpse import Glimpse
from ratecraft.reporting.report.blocks import Figure, Table
from ratecraft.reporting.text.numbers import count_text, number_text, numbers_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_COLUMNS = 300
_MEAN_OF = 8  # values of a drawn line
_ROLES: tuple[Role, ...] = ("chosen", "low", "high", "constant", "late")
_WORSE = 0.01  # of the size of the best score: a run this much worse is out of the race


@dataclass(frozen=True, slots=True)
class _Lane:
    """The newest run of a rate: its name, why it is out of the race, its style, and its losses from a step on."""

    name: str
    role: Role
    first: int
    losses: "array[float]"
    has_lost: bool


def losses_figure(live: Live, page: Page) -> Figure:
    """The chart of the losses of the last rates, and the table behind it."""
    lanes = _lanes(live, page)
    series = [dense(lane.first, lane.losses) for lane in lanes]
    last = max((lane.first + len(lane.losses) for lane in lanes), default=1)
    places, values = windowed(series, 0, max(last - 1, 1), _COLUMNS)
    told = list(zip(lanes, values, strict=True))
    lines = [Line(lane.name, lane.role, raw, is_faint=True) for lane, raw in told if not lane.has_lost]
    lines += [Line(lane.name, lane.role, _mean_values(raw), is_faint=lane.has_lost) for lane, raw in told]
    finite = [value for line in lines for value in line.values if value is not None]
    upright = Axis(page.words("report.course.loss"), is_log=is_wide(finite))
    panel = Panel(upright, places or (0.0,), tuple(lines), height=300)
    along = Axis(page.words("report.course.steps"), range=(0.0, float(max(last, 1))))
    chart = Chart("live", page.words("site.live.chart"), along, (panel,))
    return Figure(chart, page.words("site.live.chart-caption"), _table(lanes, page))


def _lanes(live: Live, page: Page) -> tuple[_Lane, ...]:
    """One lane for each rate, in the order in which the rates were first tried."""
    newest: dict[float | None, str] = {}
    for key in live.curves:
        newest[live.view.jobs[key].rate] = key
    order = {rate: at for at, rate in enumerate(_rates(live))}
    lanes: list[_Lane] = []
    for rate, key in sorted(newest.items(), key=lambda newest_score: order[newest_score[0]]):
        first, losses = _whole(key, live.curves)
        name, lost = _name(rate, page), _lost(key, live, page)
        role = "own" if rate is None else _ROLES[order[rate] % len(_ROLES)]
        lanes.append(_Lane(f"{name}: {lost}" if lost else name, role, first, losses, bool(lost)))
    return tuple(lanes)


def _rates(live: Live) -> list[float | None]:
    """Every rate, in the order in which it was first tried."""
    tried = (glimpse.rate for glimpse in live.view.jobs.values() if glimpse.rate is not None)
    return [*dict.fromkeys(tried), None]


def _whole(key: str, curves: Mapping[str, LiveCurve]) -> tuple[int, "array[float]"]:
    """The losses of a run, with those of the runs that it branched off as far as they are known."""
    curve = curves[key]
    own = curve.losses[: curve.count]
    parent = curve.job.parent or ""
    if parent not in curves:
        return curve.job.start, own
    first, before = _whole(parent, curves)
    known = before[: max(curve.job.start - first, 0)]
    return (first, known + own) if first + len(known) == curve.job.start else (curve.job.start, own)


def _name(rate: float | None, page: Page) -> str:
    return page.words("screen.progress.own") if rate is None else rate_text(rate)


def _lost(key: str, live: Live, page: Page) -> str:
    """Why a run is out of the race; empty while it is not."""
    job, told = live.curves[key].job, live.view.jobs[key]
    if told.ending is not None and told.ending in (Ending.BLOWN_UP, Ending.FAILED):
        return page.words(f"screen.ending.{told.ending.replace(' ', '-')}")
    asked = job.evaluate.metric if job.evaluate else ""
    sign = 1.0 if not asked or direction_of(asked) == "min" else -1.0
    best = min((sign * score for score in _scores(told, live)), default=math.inf)
    if told.score is None or not math.isfinite(best) or sign * told.score - best <= _WORSE * abs(best):
        return ""
    own, other = numbers_text([told.score, sign * best])
    return page.words("site.live.behind", score=own, best=other)


def _scores(of: Glimpse, live: Live) -> list[float]:
    """The scores of the runs of the same length."""
    alike = (job for job in live.view.jobs.values() if (job.phase, job.stop) == (of.phase, of.stop))
    return [glimpse.score for glimpse in alike if glimpse.score is not None and math.isfinite(glimpse.score)]


def _mean_values(values: Values) -> Values:
    """A running mean of what is drawn; None values stay."""
    told: list[float | None] = []
    window: list[float] = []
    for value in values:
        if value is not None:
            window = [*window, value][-_MEAN_OF:]
        told.append(None if value is None else sum(window) / len(window))
    return tuple(told)


def _table(lanes: Sequence[_Lane], page: Page) -> Table:
    """The latest loss of each rate: its mean over the last steps."""
    head = (page.words("screen.progress.rate"), page.words("report.course.step"), page.words("report.course.loss"))
    rows = [(lane.name, count_text(lane.first + len(lane.losses)), _mean(lane.losses[-_MEAN_OF:])) for lane in lanes]
    return Table(page.words("site.live.latest"), head, tuple(rows))


def _mean(losses: "array[float]") -> str:
    finite = [loss for loss in losses if math.isfinite(loss)]
    return number_text(sum(finite) / len(finite) if finite else None)
