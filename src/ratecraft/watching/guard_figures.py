"""Whether a validation figure is the best so far, stagnates, has turned, or has jumped.

Path:   validation figures as they come, with the training's own rate -> verdict. Pure; part of `guard`.
Units:  scores with smaller = better; counts are of figures and not of steps, since a training may validate at any
        cadence.
Source: the tuner's own rule decides when a validation loss has turned (`laws.turning`). A rate that rose since then
        explains a worse figure (restarts, cycles); a rate that falls by itself needs no cut. Over-fitting is gradual; a
        sudden loss has another cause, such as running statistics spoiled by one batch.
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

Verdict: TypeAlias = Literal["best", "plateau", "turned", "jumped", ""]

_MOST_SCORES = 256  # last figures that are kept, enough to see a turn
_SAME_RATE = 1.01
_WORSE = 0.01  # docs/reference/tuner.md, "Margins"
_SHARE = 1e-4  # torch's own threshold; the measured noise is usually larger
_NEVER_LATE = 1 << 40


@dataclass(frozen=True, slots=True)
class Validation:
    """The state kept about the validation figures.

    Attributes:
        scores: The last scores, numbered from 1.
        best: The lowest score.
        best_step: Its step; −1 before the first figure.
        best_rate: The training's own rate there; None if no rate was seen.
        level: The score that must be beaten for a plateau to end.
        waited: Figures since one was better than the level.
        rate: The training's own rate now.
        least: The smallest rate since the best score.
        most: The largest rate since the best score.
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
        """The state after a roll-back: a turn is now looked for among the next figures alone."""
        return replace(self, scores=(), level=self.best, waited=0)

    def at_rate(self, rate: float | None) -> "Validation":
        """The state with the training's own rate at its next update."""
        if rate is None or (rate == self.rate and self.least <= rate <= self.most):
            return self
        return replace(self, rate=rate, least=min(self.least, rate), most=max(self.most, rate))


def told(validation: Validation, reading: Validated, plateau: int, stop: int) -> tuple[Validation, Verdict]:
    """The next state and the verdict on the last figure; `plateau` and `stop` are as in `Guard`."""
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
    """Whether the score beats the level by more than noise, which restarts the waiting."""
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
    """Whether the figures have turned by the tuner's rule for means and, as one outlier moves a mean, one by one."""
    if overfits_after(validation.scores, StopRule(turned_over=stop, turned_within=_NEVER_LATE)) is None:
        return False
    scores = [score for _, score in validation.scores]
    earlier = [fmean(scores[first : first + stop]) for first in range(len(scores) - 2 * stop + 1)]
    if not earlier:
        return False
    return min(scores[-stop:]) > min(earlier) + margin(min(earlier), _WORSE, batch_noise(scores))


def _came_at_once(validation: Validation, stop: int) -> bool:
    """Whether most of the loss since the best figure came between two neighbouring figures, and stayed."""
    scores = [score for _, score in validation.scores]
    scores = scores[scores.index(min(scores)) :]
    rise = max(min(scores[place:]) - max(scores[:place]) for place in range(1, len(scores)))
    return rise > (min(scores[-stop:]) - scores[0]) / 2
