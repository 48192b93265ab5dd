"""The most important figures for a report and its card: rate, score, the ratio to the script's own rate, cost.

Path:   `Summary` -> `Stat` values.
"""

from ratecraft.records.answer import Answer
from ratecraft.reporting.report.blocks import Stat
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.durations import duration_text
from ratecraft.reporting.text.numbers import change_of, count_text, numbers_text, times_text
from ratecraft.reporting.text.page import Page
from ratecraft.reporting.verdict import is_kept
from ratecraft.translations.catalogue import rate_text


def stats_of(summary: Summary, page: Page) -> tuple[Stat, ...]:
    """The available figures, in order."""
    answer = summary.answer
    score = None if answer.tuned is None else _score(answer, page)
    stats = (rate_stat(answer, page), score, ratio_stat(answer, page), cost_stat(summary, page))
    return tuple(stat for stat in stats if stat is not None)


def rate_stat(answer: Answer, page: Page) -> Stat:
    """The rate with its interval, or why there is none."""
    label = page.words("report.stat.tried" if is_kept(answer) and answer.rate else "report.stat.rate")
    if answer.rate is None and answer.ramp is not None and answer.ramp.edge is not None:
        edge = rate_text(answer.ramp.edge)
        return Stat(page.words("report.stat.edge"), edge, page.words("report.stat.no-choice"))
    if answer.rate is None:
        return Stat(label, "–", page.words("report.stat.no-rate"))
    if answer.interval is None:
        return Stat(label, rate_text(answer.rate), page.words("report.stat.no-interval"))
    low, high = answer.interval
    return Stat(label, rate_text(answer.rate), page.words("screen.plot.interval", low=low, high=high))


def ratio_stat(answer: Answer, page: Page) -> Stat | None:
    """The ratio of the rate to the script's own; None if one of them is not known."""
    if not answer.rate or not answer.own_rate:
        return None
    kind, times = times_text(answer.rate / answer.own_rate)
    return Stat(
        page.words("report.stat.ratio"),
        page.words(f"report.stat.{kind}", times=times),
        page.words("report.stat.own", own=answer.own_rate),
    )


def cost_stat(summary: Summary, page: Page) -> Stat:
    """The total cost in runs; in steps if the length of a run is not known."""
    costs = summary.costs
    if summary.answer.horizon:
        cost = page.words("screen.cost.runs", runs=f"{costs.total_runs:.2f}")
    else:
        cost = page.words("report.environment.steps", steps=count_text(costs.total_runs))
    return Stat(page.words("report.stat.cost"), cost, duration_text(costs.seconds, page))


def _score(answer: Answer, page: Page) -> Stat:
    before, after = answer.baseline.final if answer.baseline else None, answer.tuned.final if answer.tuned else None
    first, last = numbers_text([before, after])
    if before is None or after is None:
        return Stat(answer.metric.name, last)
    change = change_of(before, after, answer.metric.sign())
    beside = page.words("report.stat.before", before=first)
    if change is not None and abs(change) >= 0.0005:
        key = "screen.compare.better" if change > 0 else "screen.compare.worse"
        beside += page.words("report.stat.and") + page.words(key, amount=f"{abs(change):.1%}")
    return Stat(answer.metric.name, last, beside)
