"""Where a run will end, said before it is made, with an interval.

Path:   scores of annealed runs of two lengths at one rate -> the score of a longer one; called by controllers.
Units:  scores are losses above 0, smaller = better; steps are optimizer steps; a slope is d(−ln score) / d(ln steps).
Source: the logarithm of an annealed loss falls along the logarithm of the steps, but ever more slowly: the slope to
        come is 0.7 · s / (1 + s), with s the slope between the two scores. Form and constants are from the design half
        of the tuning benchmark (six tasks, four seeds, rates about the best, 3 to 13 times the steps that are known):
        a median error of 13 %. Tried and left: a power law with an asymptote, which fails where a loss falls fast; and
        the slope of the script's own run beside that of the probes, hardly better, and of no use without a baseline.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ratecraft.records.answer import Span

_LASTING = 0.7
_OFTEN = (0.2, 0.4)
"""Half the width of a slope's 90 % interval where data are seen often: by itself, and as a share of the slope.

The second part was set, the first one chosen so that 90 % of the cases of the design half lie within (tasks weighted
alike); with the task in question left out it was 90 % too, from 69 to 100 % a task. It is wide since no probe tells of
what over-fitting will take away, or a feature learned late will add.
"""
_ONCE = (0.0, 0.5)
"""The same where data are seen once and nothing over-fits: on the one such task of the design half, 0.43 holds 90 %."""
_LEARNED = 0.05  # the longer run must be better by this share: else it is too long for its rate, or over-fits
_SDS_OF_90 = 1.645  # standard deviations of noise in half of a 90 % interval


@dataclass(frozen=True, slots=True)
class Foresight:
    """How annealed scores continue from one that is known.

    Attributes:
        steps: Steps of the run whose score is known.
        score: Score of that run.
        slope: Growth of −ln score per ln of steps.
        spread: Half the width of the slope's 90 % interval.
        noise: Standard deviation of ln score by the noise of one score.
    """

    steps: int
    score: float
    slope: float
    spread: float
    noise: float = 0.0

    def at(self, steps: int) -> Span:
        """The score of a run of `steps` steps, with its 90 % interval.

        Example:
            >>> Foresight(steps=100, score=1.0, slope=0.5, spread=0.0).at(400)
            Span(middle=0.5, low=0.5, high=0.5)
        """
        ahead = math.log(steps / self.steps)
        half = math.hypot(self.spread * ahead, _SDS_OF_90 * self.noise)
        middle = self.score * math.exp(-self.slope * ahead)
        return Span(middle, middle * math.exp(-half), middle * math.exp(half))


def foresee(
    short: tuple[int, float], long: tuple[int, float], *, once: bool, noise: float | None = None
) -> Foresight | None:
    """How annealed scores go on.

    Args:
        short: Steps and score of an annealed run.
        long: The same of a longer one at the same rate.
        once: Each sample is seen once.
        noise: Noise sd of one score; None if it was not measured.

    Returns:
        None if nothing can honestly be said: a score is not a loss above 0, or the longer run is not clearly better
        than the shorter one. Then it is too long for its rate already, or over-fits.

    Example:
        >>> found = foresee((100, 2.0), (400, 1.5), once=True)
        >>> print(f"{found.at(3200).middle:.2f}, {found.at(6400).middle:.2f}")
        1.17, 1.07
        >>> foresee((100, 2.0), (400, 1.95), once=True) is None
        True
    """
    if not (0 < short[0] < long[0] and 0 < long[1] <= (1 - _LEARNED) * short[1] < math.inf):
        return None
    seen = math.log(short[1] / long[1]) / math.log(long[0] / short[0])
    slope = _LASTING * seen / (1 + seen)
    itself, share = _ONCE if once else _OFTEN
    return Foresight(long[0], long[1], slope, itself + share * slope, (noise or 0.0) / long[1])


def score_at(scores: Mapping[float, float], octave: float, reach: float) -> float | None:
    """The score at a rate between those that were probed, by the line between the logarithms of its neighbours' scores.

    Args:
        scores: Octave to score, of runs of one length.
        octave: Octave of the rate.
        reach: Octaves that it may be away from the nearest one with a score; beyond the ends, their score holds.

    Returns:
        None if it is further away. What is not a loss above 0 counts as no score.

    Example:
        >>> round(score_at({-1: 4.0, 1: 1.0}, 0.5, reach=0.75), 6), score_at({-1: 4.0, 1: 1.0}, 0.0, reach=0.75)
        (1.414214, None)
    """
    known = {place: math.log(scores[place]) for place in sorted(scores) if 0 < scores[place] < math.inf}
    if not known or min(abs(place - octave) for place in known) > reach:
        return None
    return math.exp(float(np.interp(octave, list(known), list(known.values()))))
