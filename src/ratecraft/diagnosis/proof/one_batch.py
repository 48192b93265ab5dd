"""Whether a model can fit a single batch, when no rate lowers the loss over all batches.

Path:   arms that repeat one batch, at three rates a decade apart -> `one_batch_of` -> `not_the_rate`.

A model that cannot fit even one batch does not learn from its outputs what its loss asks for: labels that change from
step to step, a gradient that is cut off, a loss of something else, weights that let nothing through. One that can has
its wiring right, and what is wrong lies in the data as a whole: labels that do not belong to their inputs.

*Fitted*: half of the loss that the batch began with is gone, or more. *Not fitted*: less than a quarter is, at each
rate. In between nothing is said. The reason for both limits is the model that sees nothing of its inputs and learns
one constant output: of C equally frequent classes a batch of n samples holds them unequally, by chance, and the best
constant output is (C - 1) / 2n below ln C (Miller 1955, "Note on the bias of information estimates"). With as many
samples as classes that is half a nat at most, a quarter of ln C or less for 8 classes and more; and half of ln C is
only gone for n at about the square root of C, so few samples count for no fit (`FEWEST_SAMPLES`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ratecraft.records.proof import Arm, TriedArm
from ratecraft.records.treatment import SAME_BATCH

ONE_BATCH_ARMS: Mapping[str, Arm] = {
    name: Arm(name, factor, SAME_BATCH)
    for name, factor in (("one-batch", 1.0), ("one-batch-highest", 10.0), ("one-batch-lowest", 1 / 10))
}
"""Arms that repeat one batch, the likeliest to fit it first."""

FEWEST_SAMPLES: Final = 8
"""Of a batch, for its fit to show anything: two classes in equal shares are all alike in one batch of 128, and a
constant output fits that."""

_FITTED = 0.5  # of the first loss, that is left
_NOT_FITTED = 0.75


@dataclass(frozen=True, slots=True)
class OneBatch:
    """How far one batch was fitted, at the best of its rates.

    Attributes:
        is_fitted: Whether it was; None where that cannot be said.
        rate: The rate.
        low: The lowest rate of all.
        high: The highest.
        steps: Steps on the batch.
        first: Mean loss that it began with.
        last: Mean loss that it came to.
    """

    is_fitted: bool | None
    rate: float
    low: float
    high: float
    steps: int
    first: float
    last: float


def one_batch_of(tried: Sequence[TriedArm], samples: float | None = None) -> OneBatch | None:
    """What came of one batch; None where it was not tried, blew up at each rate, or has a loss that is not above 0.

    Args:
        tried: Every arm.
        samples: Of a batch, where that is known.
    """
    arms = [arm for arm in tried if arm.arm.is_on_one_batch]
    found: list[tuple[float, float, TriedArm]] = []
    for arm in arms:
        pairs = [
            (first, last)
            for first, last in zip(arm.before, arm.scores, strict=True)
            if first is not None and last is not None and math.isfinite(last) and first > 0
        ]
        if 2 * len(pairs) > len(arm.scores):
            firsts, lasts = zip(*pairs, strict=True)
            found.append((math.fsum(firsts) / len(pairs), math.fsum(lasts) / len(pairs), arm))
    if not found:
        return None
    first, last, best = min(found, key=lambda one: one[1] / one[0])
    left, rates = last / first, [arm.rate for arm in arms]
    is_fitted = True if left <= _FITTED else False if left >= _NOT_FITTED else None
    if is_fitted and samples is not None and samples < FEWEST_SAMPLES:
        is_fitted = None
    return OneBatch(is_fitted, best.rate, min(rates), max(rates), best.steps, first, last)
