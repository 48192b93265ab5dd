"""Whether a run learned anything, and from which step on.

Path:   scores and losses of runs -> learned or not, the onset of learning; called by controllers.
Units:  scores and losses with smaller = better, in the unit of the metric; steps are optimizer steps.
Source: docs/reference/tuner.md, "Learned, or not". A score tells rates apart only where it beats the untrained model's:
        before that all rates are alike, and the best of them is chance.
"""

import math
import statistics
from collections.abc import Sequence

_SHARE = 0.005
_OF_GAIN = 0.25
_SDS = 4.0


def learning_margin(untrained: float, gained: float | None, noise: float | None) -> float:
    """By how much a score must beat the untrained model's to have learned something.

    Args:
        untrained: The untrained model's score.
        gained: How far a full run of the script was below it; None if that is not known.
        noise: Standard deviation of the noise of one score; None if it was not measured.

    Returns:
        0.5 % of the untrained score, or a quarter of what a full run gains if that is less: fine-tuning that starts
        near its end gains little, yet it has learned. A gain counts only if it exceeds both 0.5 % and four standard
        deviations of the noise, and the margin is never smaller than the latter.

    Example:
        >>> learning_margin(2.0, None, None), learning_margin(2.0, 0.02, None), learning_margin(2.0, 0.02, 0.01)
        (0.01, 0.005, 0.04)
        >>> learning_margin(2.0, 0.001, None)
        0.01
    """
    least = _SDS * (noise or 0.0)
    share = _SHARE * abs(untrained)
    if gained is not None and gained > max(least, share):
        share = min(share, _OF_GAIN * gained)
    return max(least, share)


def onset(losses: Sequence[float], window: int) -> int | None:
    """The step from which on a run is better than the untrained model, by the moving mean of its training losses.

    Args:
        losses: Training losses from step 0 on.
        window: Steps that a mean is over; the first of them stand for the untrained model.

    Returns:
        Steps done when a window first lies below the first one by 0.5 % and by four standard deviations of the noise of
        their difference; None if none does.

    Example:
        >>> onset([1.0] * 40 + [0.5] * 20, window=10), onset([1.0] * 60, window=10)
        (41, None)
    """
    finite = [loss for loss in losses if math.isfinite(loss)]
    if len(finite) < 2 * window:
        return None
    first = finite[:window]
    noise = statistics.stdev(first) * math.sqrt(2 / window) if window > 1 else 0.0
    limit = math.fsum(first) / window - max(_SHARE * abs(math.fsum(first) / window), _SDS * noise)
    running = math.fsum(finite[window : 2 * window])
    for done in range(2 * window, len(finite) + 1):
        if running / window < limit:
            return done
        if done < len(finite):
            running += finite[done] - finite[done - window]
    return None
