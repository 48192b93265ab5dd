"""How the rate, and what belongs to it, moves with the batch.

Path:   values that work at one batch size -> values for another; called by recipes.
Units:  batch sizes are samples an optimizer step, accumulation and all devices together; a factor multiplies the rate.
Source: linear for SGD: Goyal et al. 2017, arXiv 1706.02677. Square root for adaptive methods and for large batches:
        Krizhevsky 2014, arXiv 1404.5997; Malladi et al. 2022, arXiv 2205.10287, which also gives β and ε.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.caution import Caution
from ratecraft.schedules.lengths import positive_number

BatchRule: TypeAlias = Literal["linear", "square-root"]
"""`linear` turns into a square root at large batches; `square-root` is one everywhere."""

LARGE_BATCH = 1000
"""Samples from which the linear rule gives way to the square root. A careful choice: Goyal et al. kept it up to 8,192
on ImageNet, with a warm-up, and it failed earlier elsewhere (Shallue et al. 2019, arXiv 1811.03600)."""

FARTHEST = 64
"""Ratio of two batches beyond which a rule is a guess: the papers tested ×32 (Goyal et al.) to ×64 or so."""

_SMALL = 0.2  # κ(1 − β) must be far below 1; at 0.2 an average still spans five steps


def batch_factor(base: float, batch: float, rule: BatchRule, limit: float = LARGE_BATCH) -> float:
    """The factor for the rate when the batch size goes from `base` to `batch`.

    Args:
        base: Batch size at which the rate is known.
        batch: Batch size wanted.
        rule: `linear` (κ up to the limit, √κ from there on) or `square-root` (√κ).
        limit: Samples up to which the linear rule holds.

    Raises:
        InvalidInput: A batch size that is not a finite number above 0.

    Example:
        >>> batch_factor(256, 512, "linear"), batch_factor(256, 1024, "square-root"), batch_factor(1000, 4000, "linear")
        (2.0, 2.0, 2.0)
    """
    ratio = positive_number("batch", batch) / positive_number("base", base)
    if rule == "square-root":
        return math.sqrt(ratio)
    return _linear_then_root(batch, limit) / _linear_then_root(base, limit)


def batch_cautions(base: float, batch: float, rule: BatchRule) -> tuple[Caution, ...]:
    """What must be said of `batch_factor` here: `batch-far`, `batch-beyond-linear`.

    Raises:
        InvalidInput: A batch size that is not a finite number above 0.

    Example:
        >>> [caution.code for caution in batch_cautions(32, 4096, "linear")]
        ['batch-far', 'batch-beyond-linear']
    """
    ratio = positive_number("batch", batch) / positive_number("base", base)
    far = max(ratio, 1 / ratio)
    cautions = [Caution("batch-far", {"ratio": far, "limit": FARTHEST})] if far > FARTHEST else []
    if rule == "linear" and max(base, batch) > LARGE_BATCH:
        cautions.append(Caution("batch-beyond-linear", {"limit": LARGE_BATCH}))
    return tuple(cautions)


@dataclass(frozen=True, slots=True)
class AdamSettings:
    """What Adam, or one of its kin, is set to.

    Attributes:
        rate: Its rate.
        beta1: Decay of the average gradient, each step.
        beta2: Decay of the average squared gradient, each step.
        epsilon: What is added to the root of the latter.
    """

    rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8


def adam_at_batch(settings: AdamSettings, ratio: float) -> tuple[AdamSettings, tuple[Caution, ...]]:
    """Adam's settings for a batch `ratio` times as large: the same path in the limit of small steps.

    Rate · √κ, 1 − β · κ, ε / √κ. The rule is derived for κ(1 − β) far below 1. Where that would rise above 0.2, β stays
    where it reaches 0.2 (or where it was, if it was beyond already), and a caution says so.

    Args:
        settings: Settings that work.
        ratio: κ, the new batch size over the old one.

    Returns:
        The settings, and `beta-held` for each β that the guard held.

    Raises:
        InvalidInput: A ratio that is not a finite number above 0, or a β that is not at least 0 and below 1.

    Example:
        >>> settings, cautions = adam_at_batch(AdamSettings(1e-3, 0.9, 0.999), ratio=4)
        >>> settings.rate, round(settings.beta1, 6), round(settings.beta2, 6), settings.epsilon
        (0.002, 0.8, 0.996, 5e-09)
        >>> [(caution.code, caution.values["name"]) for caution in cautions]
        [('beta-held', 'beta1')]
    """
    positive_number("ratio", ratio)
    cautions: list[Caution] = []

    def moved(name: str, beta: float) -> float:
        if not 0 <= beta < 1:
            raise InvalidInput("schedule-range", name=name, low=0, high=1, given=beta)
        wanted, most = ratio * (1 - beta), max(_SMALL, 1 - beta)
        if wanted <= most + 1e-12:  # 2 · (1 − 0.9) is a little above 0.2
            return 1 - wanted
        cautions.append(Caution("beta-held", {"name": name, "beta": 1 - most, "wanted": wanted}))
        return 1 - most

    scaled = AdamSettings(
        rate=settings.rate * math.sqrt(ratio),
        beta1=moved("beta1", settings.beta1),
        beta2=moved("beta2", settings.beta2),
        epsilon=settings.epsilon / math.sqrt(ratio),
    )
    return scaled, tuple(cautions)


def _linear_then_root(batch: float, limit: float) -> float:
    return batch if batch <= limit else math.sqrt(batch * limit)
