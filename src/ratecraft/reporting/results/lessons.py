"""What a search teaches besides its best trial: the same numbers for `--json` and for the report.

Path:   `Answer` of a search -> laws -> `Lessons` -> plain values, pictures and sentences.
Units:  rates are absolute; scores in the unit of the metric; costs in runs.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ratecraft.controllers.search.methods import method_named
from ratecraft.laws.losses.noise import margin
from ratecraft.laws.responses.local_response import local_response
from ratecraft.laws.trials.best_of import BestOf, best_of, enough
from ratecraft.laws.trials.hyperparameter_importance import hyperparameter_importance
from ratecraft.records.answer import Answer
from ratecraft.records.trials import Searched
from ratecraft.reporting.pictures.charts import is_wide
from ratecraft.reporting.text.numbers import finite

_SHARE = 0.005  # the same as the gain that a search counts as one
_LISTED = 16  # trials; beyond this only powers of two


@dataclass(frozen=True, slots=True)
class LessonCurve:
    """How the score depends on the rate in runs of one length, with a 90 % band."""

    steps: int
    rates: tuple[float, ...]
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a search teaches.

    Attributes:
        response: Score by rate; None if too few rates were tried.
        shares: Hyperparameter to the share of the ranking that it explains by itself; None if there are too few trials.
        came_to: Length in steps to the number of trials that reached it; only the full run in a search without rungs.
        best_of: The best of fewer trials; empty if each trial depends on those before.
        enough: The fewest trials that would have done as well in 19 of 20 draws; None if `best_of` is empty.
        full_runs: What all trials would have cost as separate full runs.
    """

    response: LessonCurve | None
    shares: Mapping[str, float | None]
    came_to: Mapping[int, int]
    best_of: tuple[BestOf, ...]
    enough: int | None
    full_runs: float


def lessons_of(answer: Answer) -> Lessons | None:
    """What a search teaches; None if the study is not a search, or has no score."""
    search = answer.search
    if search is None or not any(trial.score is not None for trial in search.trials):
        return None
    sign = answer.metric.sign()
    scores = [math.inf if trial.score is None else sign * trial.score for trial in search.trials]
    is_blind = method_named(search.method).trials == "listed"
    within = margin(min(scores), _SHARE, search.noise)
    count = len(scores)
    tried = range(1, count + 1) if count <= _LISTED else [*(1 << at for at in range(count.bit_length())), count]
    return Lessons(
        response=_response(answer),
        shares=_shares(search),
        came_to=_came_to(search),
        best_of=tuple(_told(best_of(scores, steps), sign) for steps in dict.fromkeys(tried)) if is_blind else (),
        enough=enough(scores, within) if is_blind else None,
        full_runs=float(count * search.seeds),
    )


def lessons_plain(lessons: Lessons | None) -> dict[str, Any]:
    """The same for `--json`; null for NaN and infinities."""
    if lessons is None:
        return {}
    curve = lessons.response
    response = None if curve is None else {name: getattr(curve, name) for name in LessonCurve.__slots__}
    return {
        "response": response,
        "importance": dict(lessons.shares),
        "came_to": [{"steps": steps, "trials": trials} for steps, trials in lessons.came_to.items()],
        "best_of": [
            {"trials": best.trials, **{name: finite(getattr(best, name)) for name in ("low", "middle", "high")}}
            for best in lessons.best_of
        ],
        "enough": lessons.enough,
        "full_runs": lessons.full_runs,
    }


def _response(answer: Answer) -> LessonCurve | None:
    """The response at the length that has the most rates with a score, the longest of several. Seeds are averaged."""
    told: dict[int, dict[float, list[float]]] = {}
    for probe in answer.probes:
        if probe.score is not None and math.isfinite(probe.score):
            told.setdefault(probe.stop, {}).setdefault(probe.rate, []).append(probe.score)
    if not told:
        return None
    steps = max(told, key=lambda stop: (len(told[stop]), stop))
    rates = sorted(told[steps])
    scores = [sum(told[steps][rate]) / len(told[steps][rate]) for rate in rates]
    is_log = is_wide(scores)
    found = local_response(list(map(math.log, rates)), list(map(math.log, scores)) if is_log else scores)
    if found is None:
        return None
    curves = (found.middle, found.low, found.high)
    middle, low, high = (tuple(map(math.exp, curve)) if is_log else curve for curve in curves)
    return LessonCurve(steps, tuple(map(math.exp, found.places)), middle, low, high)


def _shares(search: Searched) -> dict[str, float | None]:
    """Computed from the ranking: trials are listed the best first, those that came further before the others."""
    ranks = [math.inf if trial.score is None else float(place) for place, trial in enumerate(search.trials)]
    return {
        axis.name: hyperparameter_importance(
            [trial.values.get(axis.name) for trial in search.trials], ranks, is_range=axis.low is not None
        )
        for axis in search.axes
    }


def _came_to(search: Searched) -> dict[int, int]:
    """A trial that reached a length counts for all shorter ones too."""
    lengths = sorted({trial.steps for trial in search.trials if trial.score is not None})
    return {steps: sum(trial.steps >= steps for trial in search.trials) for steps in lengths}


def _told(best: BestOf, sign: float) -> BestOf:
    """The same in the unit of the metric; `low` stays the better end."""
    return BestOf(best.trials, *(sign * score for score in (best.low, best.middle, best.high)))
