"""The verdict in words: the result, and what it means.

Path:   `Answer` -> two sentences -> the end screen, the report.
"""

from ratecraft.records.answer import Answer
from ratecraft.reporting.text.numbers import change_of, count_text, numbers_text
from ratecraft.reporting.text.page import Page


def is_gain_at_end(answer: Answer) -> bool:
    """Whether the best values of both runs contradict a gain at the end, so that it is not a plain gain.

    Example:
        >>> from ratecraft.records.answer import RunResult
        >>> from ratecraft.records.metrics import Metric
        >>> own, tuned = RunResult(0.93, 0.90, 50, 100), RunResult(0.92, 0.91, 80, 100)
        >>> is_gain_at_end(Answer("gain", Metric("val_loss", "min"), baseline=own, tuned=tuned))
        True
    """
    own, tuned = answer.baseline, answer.tuned
    if answer.verdict != "gain" or own is None or tuned is None or own.best is None or tuned.best is None:
        return False
    return answer.metric.sign() * (tuned.best - own.best) > 0


def is_kept(answer: Answer) -> bool:
    """Whether the script's own rate is kept, so that the other one was only tried."""
    return answer.verdict == "no-gain" and answer.baseline is not None


def chosen_text(rate: float | None, page: Page, *, is_kept: bool) -> str:
    """The name of the answer's rate in a picture; empty if there is none.

    Args:
        rate: The chosen rate.
        page: Language of the page.
        is_kept: The script's own rate is kept (`is_kept`), and this one was only tried.
    """
    if rate is None:
        return ""
    return page.words("screen.plot.tried" if is_kept else "screen.plot.chosen", rate=rate)


_DIVERGED = ("baseline-blown-up", "own-rate-diverged")


def is_contradicted(answer: Answer) -> bool:
    """Whether the tuned run is no better than the script's own, although short runs had ruled out the script's rate.

    Example:
        >>> from ratecraft.records.answer import RunResult
        >>> from ratecraft.records.metrics import Metric
        >>> own, tuned = RunResult(0.80, 0.80, 100, 100), RunResult(0.92, 0.92, 100, 100)
        >>> def no_gain(*interval: float) -> Answer:
        ...     return Answer("no-gain", Metric("loss", "min"), 0.01, interval, own_rate=0.1, baseline=own, tuned=tuned)
        >>> is_contradicted(no_gain(0.005, 0.02)), is_contradicted(no_gain(0.005, 0.2))
        (True, False)
    """
    own, tuned = answer.baseline, answer.tuned
    if answer.verdict != "no-gain" or answer.search is not None or answer.interval is None or answer.own_rate is None:
        return False
    if own is None or tuned is None or own.final is None or tuned.final is None:
        return False
    low, high = answer.interval
    return not low <= answer.own_rate <= high


def verdict_text(answer: Answer, page: Page) -> tuple[str, str]:
    """The result in one sentence, and another one on what it means.

    Example:
        >>> from ratecraft.records.metrics import Metric
        >>> verdict_text(Answer("no-gain", Metric("val_loss", "min")), Page())[0]
        'No result: the full run at the rate that was found got no score.'
    """
    before, after = answer.baseline, answer.tuned
    first, second = (before.final if before else None), (after.final if after else None)
    change = None if first is None or second is None else change_of(first, second, answer.metric.sign())
    said, meaning = _keys(answer, change)
    shown = numbers_text([first, second])
    head = page.words(
        f"screen.verdict.{said}",
        metric=answer.metric.name,
        before=shown[0],
        after=shown[1],
        change=change,
        own=answer.own_rate,
        rate=answer.rate,
        steps=count_text(before.steps) if before else "",
        horizon=count_text(answer.horizon),
    )
    return head, page.words(f"screen.meaning.{meaning}", rate=answer.rate, own=answer.own_rate)


def sureness_text(answer: Answer, page: Page) -> str:
    """Whether the rate is sure, and if not, why; empty for studies that end without a full run.

    Example:
        >>> from ratecraft.records.metrics import Metric
        >>> found = Answer("gain", Metric("val_loss", "min"), rate=0.1, final_job="f", doubts=("halved",))
        >>> sureness_text(found, Page())[:60]
        'Not sure: the final run diverged and continued at half its r'
    """
    if not answer.final_job or answer.search is not None or answer.verdict == "no-information":
        return ""
    if answer.is_sure:
        return "" if answer.verdict == "no-gain" else page.words("screen.sure.yes")
    reasons = page.words("screen.sure.between").join(page.words(f"screen.doubt.{doubt}") for doubt in answer.doubts)
    bought = any(decision.code == "second-run" for decision in answer.decisions)
    said = page.words("screen.sure.no", reasons=reasons)
    return said if bought else said + page.words("screen.sure.more")


def _keys(answer: Answer, change: float | None) -> tuple[str, str]:
    """The sentences of the verdict and of its meaning, depending on what there is to compare."""
    before, after = answer.baseline, answer.tuned
    if answer.search is not None:
        return _of_search(answer, change)
    if is_gain_at_end(answer) and change is not None:
        return "gain-at-end", "gain-at-end"
    if answer.verdict == "gain" and any(decision.code in _DIVERGED for decision in answer.decisions):
        return "gain-diverged", "gain-diverged" if answer.own_rate else "gain"
    if answer.verdict == "gain" and change is None:
        return ("gain-alone" if before is None or before.final is None else "gain-plain"), "gain"
    if answer.verdict == "no-gain" and (after is None or after.final is None):
        return "no-final", "no-final"
    if answer.verdict == "no-gain" and answer.own_rate is None:
        return "no-gain-plain", "no-gain"
    if is_contradicted(answer):
        return "no-gain", "no-gain-contradicted"
    if answer.verdict == "no-gain" and not answer.is_sure:
        return "no-gain", "no-gain-unsure"
    return answer.verdict, answer.verdict


def _of_search(answer: Answer, change: float | None) -> tuple[str, str]:
    """The same for a search: the best of its trials against the script as it is, if that was run."""
    if answer.tuned is None:
        return "search-none", "search-none"
    if answer.baseline is None:
        return "search-best" if answer.rate else "search-best-plain", "not-compared"
    if answer.verdict == "no-gain":
        return "search-no-gain", "search-no-gain"
    return ("gain" if change is not None else "gain-alone" if answer.baseline.final is None else "gain-plain"), "search"
