"""The figures of a tuner: regret, cost, failures, wrong verdicts, abstentions, intervals and forecasts, with bounds.

Path:   studies that were judged against the whole grid -> figures by name, each with its 95 % bounds -> tables.
Units:  regret is a share of the reference loss, and in its seed standard deviations (sd); cost is runs.

A study is judged by the model that its user ends with: the final run's, or the baseline's where that is kept. Every
task weighs alike; bounds are those of as many observations as there are tasks (`share_bounds`).
"""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scoring import Regret, failed
from share_bounds import bootstrap_over, share_of

__all__ = ["FIGURES", "Figure", "Judged", "cell", "figure", "is_beaten", "kinds_of"]


@dataclass(frozen=True)
class Judged:
    """One study, judged.

    Attributes:
        task: Its task.
        seed: Its seed.
        off: Octaves by which the script's rate was taken to be off.
        learns: There is something to be learned.
        verdict: Of the answer; `refused` where the study found no way to answer, with `why`.
        regret: Of the model that the user ends with.
        runs: What a budget limits.
        total: Everything, baseline and evaluation included.
        is_miss: It abstained, and a control was that much better than the baseline.
        wrongs: Kinds of wrong verdicts: `keep`, `gain`, `model`.
        away: Octaves from the rate found to the best one; None where there is no rate.
        holds_best: The interval holds the best rate; None where there is none.
        good_share: The share of the interval that is really as good.
        even_share: The share of the interval that is really as good as the rate that was chosen.
        is_sure: The answer says that it is sure.
        width: Of the interval.
        forecast_held: What the final run came to lies within what was foreseen; None where nothing was.
        forecast_width: log2 of its upper over its lower end.
        missed_by: ln of what came over what was foreseen in the middle.
        why: The code of a refusal.
    """

    task: str
    seed: int
    off: float
    learns: bool
    verdict: str
    regret: Regret
    runs: float
    total: float
    is_miss: bool = False
    wrongs: tuple[str, ...] = ()
    away: float | None = None
    holds_best: bool | None = None
    good_share: float | None = None
    even_share: float | None = None
    is_sure: bool = False
    width: float | None = None
    forecast_held: bool | None = None
    forecast_width: float | None = None
    missed_by: float | None = None
    why: str = ""

    @property
    def abstains(self) -> bool:
        """Whether it has no answer."""
        return self.verdict in ("no-information", "refused")


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % bounds, and of how many studies it is."""

    value: float
    low: float
    high: float
    studies: int


Values = dict[str, list[float]]
Value = Callable[[Judged], float | None]


def is_beaten(loss: float, other: float, sd: float) -> bool:
    """Whether another loss is better by more than 5 % and more than 3 sd.

    Example:
        >>> is_beaten(1.06, 1.0, 0.01), is_beaten(1.06, 1.0, 0.03), is_beaten(math.inf, 1.0, 0.1)
        (True, False, True)
    """
    if not math.isfinite(other):
        return False
    return failed(Regret((loss - other) / abs(other), (loss - other) / sd))


def kinds_of(
    verdict: str,
    *,
    keeps: str,
    baseline: float,
    tuned: float | None,
    control: float,
    others: tuple[float, float] | None,
    sd: float,
) -> tuple[str, ...]:
    """The ways in which a verdict is wrong.

    Args:
        verdict: `no-gain` tells to keep the own rate; `gain` claims one.
        keeps: Whose model lies in the user's folder: `baseline` or `tuned`.
        baseline: Its last loss.
        tuned: That of the final run.
        control: The best of the runs that the user might have tried.
        others: Mean losses of the tuned run and of the baseline with the other seeds.
        sd: Seed standard deviation of a loss.

    Example:
        >>> kinds_of("no-gain", keeps="baseline", baseline=2.0, tuned=2.1, control=1.0, others=None, sd=0.1)
        ('keep',)
        >>> kinds_of("gain", keeps="tuned", baseline=1.1, tuned=1.0, control=1.0, others=(1.2, 1.1), sd=0.1)
        ('gain',)
    """
    found: list[str] = []
    if verdict == "no-gain" and is_beaten(baseline, control, sd):
        found.append("keep")
    if verdict == "gain" and others is not None and not others[0] < others[1]:
        found.append("gain")
    if keeps == "tuned" and tuned is not None and tuned > baseline:
        found.append("model")
    return tuple(found)


def figure(name: str, studies: Iterable[Judged]) -> Figure:
    """A figure by its name. Tasks of which nothing can be learned are only in `abstains, nothing to learn`."""
    every = list(studies)
    if name == "abstains, nothing to learn":
        return _share([each for each in every if not each.learns], lambda each: each.abstains)
    able = [each for each in every if each.learns]
    made, value = FIGURES[name]
    return made([each for each in able if not each.abstains] if name in OF_ANSWERS else able, value)


def cell(name: str, studies: Iterable[Judged]) -> str:
    """A figure with its bounds, as a table has it: shares in %."""
    found = figure(name, studies)
    if not found.studies:
        return ""
    is_share = name.startswith("abstains") or FIGURES[name][0] is _share
    times = 100 if is_share or name in ("interval really good", "interval as good as the rate") else 1
    places = 0 if times == 100 else 1 if "%" in name or "sd" in name else 2
    sign = "+" if name.startswith(("regret", "p95,")) else ""
    value, low, high = (f"{times * each:{sign}.{places}f}" for each in (found.value, found.low, found.high))
    return f"{value}{' %' if times == 100 else ''} ({low} … {high})"


def _by_task(studies: Iterable[Judged], value: Value) -> Values:
    found: Values = {}
    for each in studies:
        told = value(each)
        if told is not None:
            found.setdefault(each.task, []).append(float(told))
    return found


def _share(studies: Sequence[Judged], holds: Value) -> Figure:
    found = _by_task(studies, holds)
    return Figure(*share_of({task: [bool(each) for each in hits] for task, hits in found.items()}), _count(found))


def _median(studies: Sequence[Judged], value: Value) -> Figure:
    return _over(_by_task(studies, value), statistics.median)


def _mean(studies: Sequence[Judged], value: Value) -> Figure:
    return _over(_by_task(studies, value), statistics.fmean)


def _quantile(studies: Sequence[Judged], value: Value) -> Figure:
    return _over(_by_task(studies, value), _p95)


def _p95(values: Sequence[float]) -> float:
    """The nearest value at 95 % of the sorted ones: infinite ones are allowed."""
    ordered = sorted(values)
    return ordered[round(0.95 * (len(ordered) - 1))]


def _over(found: Values, statistic: Callable[[Sequence[float]], float]) -> Figure:
    every = [value for values in found.values() for value in values]
    if not every:
        return Figure(math.nan, math.nan, math.nan, 0)
    return Figure(statistic(every), *bootstrap_over(found, statistic, draws=300), len(every))


def _count(found: Values) -> int:
    return sum(map(len, found.values()))


def _error(each: Judged) -> float | None:
    return None if each.missed_by is None else 100 * math.expm1(abs(each.missed_by))


FIGURES: Mapping[str, tuple[Callable[[Sequence[Judged], Value], Figure], Value]] = {
    "regret, %": (_median, lambda each: 100 * each.regret.share),
    "regret, sd": (_median, lambda each: each.regret.in_sd),
    "p95, %": (_quantile, lambda each: 100 * each.regret.share),
    "p95, sd": (_quantile, lambda each: each.regret.in_sd),
    "failures": (_share, lambda each: failed(each.regret)),
    "wrong verdicts": (_share, lambda each: bool(each.wrongs)),
    "wrong: keep": (_share, lambda each: "keep" in each.wrongs),
    "wrong: gain": (_share, lambda each: "gain" in each.wrongs),
    "wrong: model": (_share, lambda each: "model" in each.wrongs),
    "answers": (_share, lambda each: not each.abstains),
    "misses": (_share, lambda each: each.is_miss),
    "runs": (_median, lambda each: each.runs),
    "p95 runs": (_quantile, lambda each: each.runs),
    "total": (_median, lambda each: each.total),
    "p95 total": (_quantile, lambda each: each.total),
    "interval given": (_share, lambda each: each.width is not None),
    "sure": (_share, lambda each: each.is_sure),
    "failures, sure": (_share, lambda each: failed(each.regret) if each.is_sure else None),
    "failures, not sure": (_share, lambda each: None if each.is_sure or each.abstains else failed(each.regret)),
    "wrong, sure": (_share, lambda each: bool(each.wrongs) if each.is_sure else None),
    "interval as good as the rate": (_mean, lambda each: each.even_share),
    "interval holds best": (_share, lambda each: each.holds_best),
    "interval really good": (_mean, lambda each: each.good_share),
    "interval width": (_median, lambda each: each.width),
    "forecast given": (_share, lambda each: each.forecast_held is not None),
    "forecast holds": (_share, lambda each: each.forecast_held),
    "forecast width": (_median, lambda each: each.forecast_width),
    "forecast error, %": (_median, _error),
    "away, octaves": (_median, lambda each: None if each.away is None else abs(each.away)),
}
"""A figure to how it is made of the values of studies."""
OF_ANSWERS = {name for name in FIGURES if name.startswith(("interval", "forecast", "away"))}
