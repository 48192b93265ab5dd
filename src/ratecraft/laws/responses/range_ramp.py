"""What a range ramp tells: up to which rate a training holds, and whether its curve tells anything at all.

Path:   rates and training losses of a ramp -> `Edge`, or why there is nothing to read; called by controllers.
Units:  rates are absolute; losses in the unit of the training loss; a place is a step of the ramp, from 0.
Source: docs/reference/tuner.md, "Ramp": a moving mean (0.6 old, 0.4 new), the batch noise σ by the median difference of
        neighbours over the first third, an alarm at max(10 % of |L0|, 4 σ) above the mean's minimum on two steps
        running. A naive rule stopped up to 15 octaves too low where batches are noisy.

The loss of a step is taken before its update, so what a rate does shows one step later.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Emptiness: TypeAlias = Literal["few-points", "not-training", "flat", "noisy"]
"""Why a curve holds no information."""

_OLD = 0.6
_MEAN_NOISE = math.sqrt((1 - _OLD) / (1 + _OLD))  # sd of the moving mean, as a share of σ
_REFERENCE = 9  # first losses whose median is L0
_RISE, _NOISES = 0.1, 4.0
_FEWEST = 16  # finite losses before the rise: below it neither σ nor a slope can be told
_FALL = 0.01  # share of |L0| by which a loss must have fallen: the margin of every other score


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the loss begins to rise: the rate, and between which rates it lies.

    At `low` the smoothed loss still was within its noise of the minimum; at `high` it was above all doubt.
    """

    rate: float
    low: float
    high: float


def smoothed(losses: Sequence[float]) -> NDArray[np.float64]:
    """The moving mean; a step without a finite loss keeps the value before it.

    Example:
        >>> smoothed([1.0, 2.0, float("nan"), 2.0]).round(2).tolist()
        [1.0, 1.4, 1.4, 1.64]
    """
    means: list[float] = []
    mean = math.nan
    for loss in losses:
        if math.isfinite(loss):
            mean = loss if math.isnan(mean) else _OLD * mean + (1 - _OLD) * loss
        means.append(mean)
    return np.asarray(means, dtype=np.float64)


def batch_noise(losses: Sequence[float]) -> float:
    """Standard deviation of one batch's loss, by the median difference of neighbours; a trend adds next to nothing.

    Example:
        >>> round(batch_noise([1.0, 1.1, 1.0, 1.1, 1.0]), 3)
        0.105
    """
    differences = np.abs(np.diff([loss for loss in losses if math.isfinite(loss)]))
    return 1.4826 * float(np.median(differences)) / math.sqrt(2) if differences.size else 0.0


def edge_of(rates: Sequence[float], losses: Sequence[float], *, blown_up: bool = False) -> Edge | None:
    """Where the loss begins to rise.

    Args:
        rates: The rate of every step that was planned.
        losses: Training loss of every step that was done; NaN if none was seen.
        blown_up: The run blew up after the last of them, whatever they say.

    Returns:
        None if it never rose.

    Example:
        >>> rates = [2.0**octave for octave in range(40)]
        >>> edge_of(rates, [1.0] * 30 + [3.0, 9.0, 27.0]).low == 2.0**28
        True
    """
    alarm = _alarm(losses, len(rates))
    if alarm is None:
        if not blown_up or not losses:
            return None
        alarm = len(losses) - 1
    before = smoothed(losses[:alarm])
    calm = 0
    if np.isfinite(before).any():
        limit = float(np.nanmin(before)) + _MEAN_NOISE * batch_noise(_reference(losses[:alarm], len(rates)))
        calm = int(np.flatnonzero(before <= limit)[-1])
    edge = max(alarm - 1, 0)
    return Edge(rates[edge], rates[min(max(calm - 1, 0), edge)], rates[alarm])


def ramp_emptiness(rates: Sequence[float], losses: Sequence[float], edge: Edge | None) -> Emptiness | None:
    """Why the curve tells nothing of a good rate; None if it tells something.

    Args:
        rates: The rate of every step that was planned.
        losses: Training loss of every step that was done.
        edge: Where they begin to rise.

    Example:
        >>> ramp_emptiness([1.0] * 30, [0.5] * 30, None)
        'not-training'
    """
    until = len(losses) if edge is None else rates.index(edge.rate)
    held = [loss for loss in losses[:until] if math.isfinite(loss)]
    if len(held) < _FEWEST:
        return "few-points"
    first, noise = float(np.median(held[:_REFERENCE])), batch_noise(_reference(held, len(rates)))
    fall = first - float(np.min(smoothed(held)))
    if fall <= _FALL * abs(first):
        return "not-training" if edge is None else "flat"
    return "noisy" if fall <= _NOISES * _MEAN_NOISE * noise else None


def _reference(losses: Sequence[float], planned: int) -> Sequence[float]:
    """The losses that tell the batch noise: of the first third, where the rate does nothing yet."""
    return losses[: max(_REFERENCE, planned // 3)]


def _alarm(losses: Sequence[float], planned: int) -> int | None:
    """The step at which it is clear that the loss rises: the second above the limit, or the first without a number."""
    last_finite = max((step for step, loss in enumerate(losses) if math.isfinite(loss)), default=-1)
    means = smoothed(losses)
    above = 0
    for step, loss in enumerate(losses):
        if not math.isfinite(loss):
            if step < last_finite and math.isnan(loss):  # no loss was seen at this step, and all went on well
                continue
            return step
        if step < _REFERENCE - 1:
            continue
        seen = _reference(losses[: step + 1], planned)
        level = abs(float(np.nanmedian(seen[:_REFERENCE])))
        rise = float(means[step] - np.nanmin(means[: step + 1]))
        above = above + 1 if rise > max(_RISE * level, _NOISES * batch_noise(seen)) else 0
        if above == 2:
            return step
    return None
