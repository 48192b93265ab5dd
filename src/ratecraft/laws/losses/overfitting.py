"""Whether the validation of a run has turned: it was better once, and is clearly worse now though the rate comes down.

Path:   figures that a run has told so far, the stop rule of its job -> how far it was good, or None.
Units:  steps of the run from 0; scores with smaller = better, in the unit of the metric.
Source: the tuning benchmark, decision 2. Within its decay a loss may only fall, unless the run over-fits. Means over a
        stretch are compared, since single figures of a noisy validation fall by luck; the margin is that of all scores.

It is a pure function of the reported figures, so that a task, a branch and its replay end at the same step.
"""

import math
import statistics
from collections.abc import Sequence
from itertools import groupby

from ratecraft.laws.losses.noise import margin
from ratecraft.laws.responses.range_ramp import batch_noise
from ratecraft.records.job import StopRule

_SHARE = 0.01
_BLOCKS = 3  # of a stretch: figures that lie nearer to one another are one, for their noise is the same
_NOISES = 2.0  # sds of the difference of two stretches; at 1 a noisy validation that hardly falls turns by luck


def overfits_after(scores: Sequence[tuple[int, float]], rule: StopRule) -> int | None:
    """The end of the first stretch that was as good as any, where a run has turned; None if it has not.

    None too where it turned so late that nothing is gained by ending it.

    Args:
        scores: Step and score of each figure so far, in order. Those without a number tell nothing.
        rule: Stop rule, whose `turned_…` fields say how long a stretch is and which figures count.

    Example:
        >>> rule = StopRule(turned_over=30, turned_after=40, turned_within=120)
        >>> scores = [(10, 2.4), (20, 2.2), (30, 2.0), (40, 2.0), (50, 2.1), (60, 2.2), (70, 2.3), (80, 2.6)]
        >>> overfits_after(scores, rule), overfits_after(scores[:-1], rule)
        (30, None)
    """
    if not rule.turned_over:
        return None
    counted = [(step, score) for step, score in scores if step > rule.turned_since and math.isfinite(score)]
    length = max(1, rule.turned_over // _BLOCKS)
    blocks = [list(block) for _, block in groupby(counted, lambda entry: entry[0] // length)]
    means = [statistics.fmean(score for _, score in block) for block in blocks]
    stretches = [statistics.fmean(means[last - _BLOCKS + 1 : last + 1]) for last in range(_BLOCKS - 1, len(means))]
    earlier = stretches[:-_BLOCKS]  # those that share nothing with the last one
    if not earlier or blocks[-_BLOCKS][0][0] <= rule.turned_after:
        return None
    noise = batch_noise(means) * math.sqrt(2 / _BLOCKS)
    limit = min(earlier) + margin(min(earlier), _SHARE, _NOISES * noise)
    if stretches[-1] <= limit:
        return None
    first = next(place for place, score in enumerate(stretches) if score <= limit)
    until, now = blocks[first + _BLOCKS - 1][-1][0], counted[-1][0]
    return until if now + until <= rule.turned_within else None
