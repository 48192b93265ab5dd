"""Whether a validation figure is the best so far, stands, has turned, or has jumped.

Path:   validation figures as they are told, with the training's own rate -> verdict; pure. Part of `guard`.
Units:  scores with smaller = better; steps are not used but counts of figures, since a training may validate at any
        cadence.
Source: that a validation has turned is the tuner's own rule (`laws.turning`). A rate that rose since then explains a
        worse figure (restarts, cycles); a rate that falls by itself needs no cut. Over-fitting comes bit by bit; what
        was lost all at once has another cause, such as running statistics that one batch has spoiled.
"""

import math
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal, TypeAlias

from ratecraft.laws.losses.noise import margin
from ratecraft.laws.losses.overfitting import overfits_after
from ratecraft.laws.responses.range_ramp import batch_noise
from ratecraft.records.job import StopRule
from ratecraft.records.watching.guarding import Validated

__all__ = ["Validation", "Verdict", "told"]

Verdict: TypeAlias = Literal["best", "plateau", "turned", "jumped", ""]

_MOST_SCORES = 256  # of the last ones, which are enough to see a turn
_SAME_RATE = 1.01
_WORSE = 0.01  # docs/reference/tuner.md, "Margins"
_SHARE = 1e-4  # torch's own threshold; the measured noise is mostly more
_NEVER_LATE = 1 << 40


@dataclass(frozen=True, slots=True)
class Validation:
    """The state kept about the validation figures.

    Attributes:
        scores: The last ones, numbered from 1.
        best: The lowest score; its step; the training's own rate there.
        best_step: −1 before the first.
        best_rate: None if no rate was seen.
        level: The score that a plateau is held against.
        waited: Figures since one was better than that.
        rate: The training's own rate now.
        least: The smallest since then.
        most: The largest since then.
    """

    scores: tuple[tuple[int, float], ...] = ()
    best: float = math.inf
    best_step: int = -1
    best_rate: float | None = None
    level: float = math.inf
    waited: int = 0
    rate: float | None = None
    least: float = math.inf
    most: float = 0.0

    def after_going_back(self) -> "Validation":
        """The next figures are those of an earlier state: a turn is looked for among them alone."""
        return replace(self, scores=(), level=self.best, waited=0)

    def at_rate(self, rate: float | None) -> "Validation":
        """The training's own rate at its next update."""
        if rate is None or (rate == self.rate and self.least <= rate <= self.most):
            return self
        return replace(self, rate=rate, least=min(self.least, rate), most=max(self.most, rate))


def told(validation: Validation, reading: Validated, plateau: int, stop: int) -> tuple[Validation, Verdict]:
    """The next state and what is to be said of the last figure; `plateau` and `stop` as in `Guard`."""
    score = reading.score
    if not math.isfinite(score):
        return validation, ""
    number = validation.scores[-1][0] + 1 if validation.scores else 1
    after = replace(validation, scores=(*validation.scores, (number, score))[-_MOST_SCORES:])
    after = _waiting(after, score)
    if score < after.best:
        return replace(after, best=score, best_step=reading.step, best_rate=after.rate), "best"
    if stop and not _rate_rose(after) and _has_turned(after, stop):
        return after, "jumped" if _came_at_once(after, stop) else "turned"
    if plateau and not reading.reacts and after.waited >= plateau and 0 < after.most <= _SAME_RATE * after.least:
        return replace(after, waited=0), "plateau"
    return after, ""


def _waiting(validation: Validation, score: float) -> Validation:
    """Whether the score is better than the level by more than noise, which begins the waiting again."""
    noise = batch_noise([other for _, other in validation.scores])
    if validation.level == math.inf or score < validation.level - margin(validation.level, _SHARE, noise):
        now = validation.rate
        least, most = (now, now) if now is not None else (math.inf, 0.0)
        return replace(validation, level=score, waited=0, least=least, most=most)
    return replace(validation, waited=validation.waited + 1)


def _rate_rose(validation: Validation) -> bool:
    if validation.rate is None or validation.best_rate is None:
        return False
    return validation.rate > _SAME_RATE * validation.best_rate


def _has_turned(validation: Validation, stop: int) -> bool:
    """By the tuner's rule, which looks at means; and every one of the last figures, since a wild one moves a mean."""
    if overfits_after(validation.scores, StopRule(turned_over=stop, turned_within=_NEVER_LATE)) is None:
        return False
    scores = [score for _, score in validation.scores]
    earlier = [fmean(scores[first : first + stop]) for first in range(len(scores) - 2 * stop + 1)]
    if not earlier:
        return False
    return min(scores[-stop:]) > min(earlier) + margin(min(earlier), _WORSE, batch_noise(scores))


def _came_at_once(validation: Validation, stop: int) -> bool:
    """Whether most of what was lost since the best figure was lost between two neighbours, and has not come back."""
    scores = [score for _, score in validation.scores]
    scores = scores[scores.index(min(scores)) :]
    rise = max(min(scores[place:]) - max(scores[:place]) for place in range(1, len(scores)))
    return rise > (min(scores[-stop:]) - scores[0]) / 2
