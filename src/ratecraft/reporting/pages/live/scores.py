"""What a study under way has learned so far: the score of each finished run over its rate.

Path:   `Live` -> `scores_figure`, shown from the first score on -> its chart, redrawn with each message.
"""

import math
from collections.abc import Mapping

from ratecraft.reporting.pictures.charts import Axis, Chart, Line, Panel, is_wide
from ratecraft.reporting.progress.view import View
from ratecraft.reporting.report.blocks import Figure, Table
from ratecraft.reporting.text.numbers import count_text, numbers_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_AIR = 1.5
"""Margin, as a factor of rates, between the outermost point and each end of the axis."""


def scores_figure(view: View, page: Page) -> Figure:
    """The chart of scores by rate, a line for each length of run, and the table behind it."""
    scores = _scores(view)
    places = tuple(sorted({rate for told in scores.values() for rate in told}))
    lines = tuple(
        Line(
            page.words("screen.plot.rung", step=count_text(stop)),
            "late" if stop == max(scores) else "early",
            tuple(told.get(place) for place in places),
            dots=True,
        )
        for stop, told in sorted(scores.items())
    )
    label = page.words("screen.progress.score")
    upright = Axis(label, is_log=is_wide([score for told in scores.values() for score in told.values()]))
    ends = (places[0] / _AIR, places[-1] * _AIR) if places else None
    along = Axis(page.words("screen.plot.across"), is_log=True, is_rate=True, range=ends)
    chart = Chart("scores", page.words("site.live.scores"), along, (Panel(upright, places, lines, height=260),))
    return Figure(chart, page.words("site.live.scores-caption"), _table(scores, label, page))


def _scores(view: View) -> Mapping[int, Mapping[float, float]]:
    """For each length of run, shortest first, the score by rate: the mean if several runs had one rate."""
    told: dict[int, dict[float, list[float]]] = {}
    for job in view.jobs.values():
        if job.rate and job.score is not None and math.isfinite(job.score):
            told.setdefault(job.stop or job.step, {}).setdefault(job.rate, []).append(job.score)
    return {stop: {rate: sum(all_) / len(all_) for rate, all_ in told[stop].items()} for stop in sorted(told)}


def _table(scores: Mapping[int, Mapping[float, float]], label: str, page: Page) -> Table:
    rows = [(rate, stop, score) for stop, told in scores.items() for rate, score in sorted(told.items())]
    shown = numbers_text([score for _, _, score in rows])
    head = (page.words("report.bracket.rate"), page.words("report.bracket.steps"), label)
    body = tuple((rate_text(rate), count_text(stop), score) for (rate, stop, _), score in zip(rows, shown, strict=True))
    return Table(page.words("site.live.scores"), head, body, 1)
