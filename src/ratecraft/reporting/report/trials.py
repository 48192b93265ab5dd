"""The trials of a search in the report: what they teach together, and each one with its result.

Path:   `Evidence` -> a section with tables. `bracket` draws how the score depends on the rate.
"""

import math
from collections.abc import Iterator

from ratecraft.records.answer import Answer
from ratecraft.records.trials import Axis, Searched, Tried
from ratecraft.reporting.report.blocks import Block, Parallel, Section, Strand, Table, Text
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.results.lessons import Lessons, lessons_of
from ratecraft.reporting.results.trials import trial_rows
from ratecraft.reporting.text.numbers import count_text, finite, number_text, numbers_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_MOST_ROWS = 200
_MOST_STRANDS = 120
_GOOD = 4  # one in this many stands out
_SHORT = 5  # choices that are listed in one row


def trials_section(evidence: Evidence, page: Page) -> Section | None:
    """All trials, the best first; None if the study has no trials."""
    answer = evidence.summary.answer
    search = answer.search
    if search is None:
        return None
    head, *rows = trial_rows(answer, page)
    blocks: list[Block] = []
    if len(search.axes) > 1 and len(search.trials) > 1:
        blocks.append(_parallel(search, page))
    lessons = lessons_of(answer)
    if lessons is not None:
        blocks += _taught(answer, search, lessons, page)
        spent = number_text(evidence.summary.costs.runs, 3)
        if answer.horizon > 1 and len(search.trials) > 1:
            full = number_text(lessons.full_runs, 3)
            blocks.append(Text(page.words("report.trials.cost", method=search.method, runs=spent, full=full)))
    if search.noise is not None:
        blocks.append(Text(page.words("decision.search-noise.text", noise=search.noise, seeds=search.seeds)))
    caption = page.words("report.trials.caption")
    if len(rows) > _MOST_ROWS:
        caption = page.words("report.trials.caption-first", shown=count_text(_MOST_ROWS), count=count_text(len(rows)))
    blocks.append(Table(caption, tuple(head), tuple(map(tuple, rows[:_MOST_ROWS])), 1))
    return Section("trials", page.words("report.trials.title", count=count_text(len(rows))), tuple(blocks))


def _taught(answer: Answer, search: Searched, lessons: Lessons, page: Page) -> Iterator[Block]:
    """What the trials teach together."""
    if len(search.axes) > 1:
        unknown = page.words("report.trials.unknown")
        shares = sorted(lessons.shares.items(), key=lambda share: -1 if share[1] is None else share[1], reverse=True)
        rows = tuple((name, unknown if share is None else f"{share:.0%}") for name, share in shares)
        head = (page.words("report.trials.knob"), page.words("report.trials.share"))
        yield Table(page.words("report.trials.importance"), head, rows)
    if len(lessons.came_to) > 1:
        rows = tuple((count_text(steps), count_text(count)) for steps, count in lessons.came_to.items())
        head = (page.words("report.bracket.steps"), page.words("report.trials.count"))
        yield Table(page.words("report.trials.rungs"), head, rows, 0)
    if len(lessons.best_of) > 2 and lessons.enough is not None:
        count, all_of_them = count_text(lessons.enough), count_text(len(search.trials))
        code = "enough" if lessons.enough < len(search.trials) else "all-needed"
        yield Text(page.words(f"report.trials.{code}", count=count, trials=all_of_them))
        yield _best_of(answer, lessons, page)


def _best_of(answer: Answer, lessons: Lessons, page: Page) -> Table:
    """The best of fewer trials; a dash if it may be that none of them has a score."""
    told = [finite(value) for best in lessons.best_of for value in (best.middle, best.low, best.high)]
    texts = numbers_text(told)
    rows = tuple(
        (count_text(best.trials), *texts[3 * place : 3 * place + 3]) for place, best in enumerate(lessons.best_of)
    )
    names = (page.words(f"report.trials.{name}") for name in ("lucky", "unlucky"))
    head = (page.words("report.trials.count"), answer.metric.name, *names)
    return Table(page.words("report.trials.fewer"), head, rows, 0)


def _parallel(search: Searched, page: Page) -> Parallel:
    """Every trial as a line through its values to its rank; of many trials the good ones and some of the others."""
    count = len(search.trials)
    good = max(1, count // _GOOD)
    others = range(good, count, max(1, math.ceil((count - good) / _MOST_STRANDS)))
    places = [*reversed(others), *reversed(range(min(good, _MOST_STRANDS)))]  # the best are drawn last, on top
    strands = tuple(
        Strand((*(_place(axis, trial) for axis in search.axes), place / max(count - 1, 1)), is_good=place < good)
        for place in places
        for trial in [search.trials[place]]
    )
    last = (page.words("report.trials.place"), page.words("report.trials.best"), page.words("report.trials.worst"))
    return Parallel(page.words("report.trials.parallel"), (*map(_axis, search.axes), last), strands)


def _axis(axis: Axis) -> tuple[str, str, str]:
    """The name of an axis and its ends; if it has few choices, they are listed beside the name."""
    if axis.low is not None and axis.high is not None:
        return axis.name, rate_text(axis.low), rate_text(axis.high)
    words = [str(choice) for choice in axis.choices]
    between = f"{axis.name}: {', '.join(words[1:-1])}" if 2 < len(words) <= _SHORT else axis.name
    return between, words[0], words[-1] if len(words) > 1 else ""


def _place(axis: Axis, trial: Tried) -> float | None:
    """Where a trial crosses an axis (0 … 1); None if it does not have that hyperparameter."""
    value = trial.values.get(axis.name)
    if value is None:
        return None
    if axis.low is None or axis.high is None:
        return axis.choices.index(value) / max(len(axis.choices) - 1, 1) if value in axis.choices else None
    if axis.is_log:
        return math.log(value / axis.low) / math.log(axis.high / axis.low)
    return (value - axis.low) / (axis.high - axis.low)
