"""Rules that others have published, told again in own words, and trivial ones: does anything seem wrong with a run?

Path:   a judged run with all its series -> yes or no.
Source: AUTOTRAINER: Zhang, Zhai, Ma, Shen, ICSE 2021 (10.1109/ICSE43902.2021.00043), thresholds of its public code.
        SageMaker Debugger: the parameters' defaults of "List of Debugger built-in rules" in its developer guide.
        Update ratio: the notes of Stanford's CS231n: about 1e-3.

They look at what was recorded at the twenty checks of a run, as theirs do once an epoch or every so many steps. Those
that need what was not recorded (saturated activations, single tensors over time) are left out: that keeps them silent.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from truth import Judged

__all__ = ["RIVALS"]


def _values(judged: Judged, name: str) -> NDArray[np.float64]:
    series = judged.run.series.get(name)
    return series.values if series is not None else np.array([])


def autotrainer(judged: Judged) -> bool:
    """Vanishing, exploding, dying, oscillating, slow; only of classes, and only where fewer than 0.7 are right."""
    right = _values(judged, "val_accuracy")
    if not np.isfinite(_values(judged, "loss")).all():
        return True
    if not len(right) or float(right[-1]) >= 0.7:
        return False
    first, last, zeros = (_values(judged, name) for name in ("first_grad", "last_grad", "zero_grad"))
    ratio = first / np.maximum(last, 1e-30)
    vanishing = ((ratio < 1e-3) & (first < 1e-4)).any()
    turns = (np.diff(right)[1:] * np.diff(right)[:-1] < 0) & (np.abs(np.diff(right)[1:]) >= 0.03)
    oscillating = len(turns) > 0 and turns.mean() >= 0.2
    slow = float(np.diff(right).max()) < 0.01
    return bool(vanishing or (ratio > 70).any() or (zeros >= 0.7).any() or oscillating or slow)


def loss_not_decreasing(judged: Judged) -> bool:
    """SageMaker's `LossNotDecreasing`: at some check the loss is not lower than ten steps before."""
    loss = _values(judged, "loss")
    return bool((~(loss[10::10] < loss[:-10:10])).any())


def sagemaker(judged: Judged) -> bool:
    """SageMaker's rules but for `LossNotDecreasing` and `Overfit`, which speak of nearly every run."""
    update, dead = _values(judged, "update_ratio"), _values(judged, "dead_units")
    first, last = _values(judged, "first_grad"), _values(judged, "last_grad")
    ratio = float(judged.run.facts.get("weight_ratio", 1.0))
    return bool(
        (update > 10).any()
        or (update < 1e-8).any()
        or (dead > 0.5).any()
        or not 0.1 <= ratio <= 10
        or (np.minimum(first, last) < 1e-7).any()
        or not np.isfinite(_values(judged, "loss")).all()
        or overtraining(judged)
    )


def sagemaker_overfit(judged: Judged) -> bool:
    """SageMaker's `Overfit`: the validation loss is a tenth above the training loss, at one check."""
    checks = judged.run.series["val_loss"]
    loss = judged.run.series["loss"]
    near = [loss.values[(loss.steps < step) & (loss.steps >= step - 20)] for step in checks.steps]
    levels = [float(np.mean(each)) if len(each) else 0.0 for each in near]
    gaps = [(value - level) / level for value, level in zip(checks.values, levels, strict=True) if level > 0]
    return any(gap > 0.1 for gap in gaps)


def overtraining(judged: Judged) -> bool:
    """SageMaker's `Overtraining`: the validation loss was not better for ten checks."""
    checks = _values(judged, "val_loss")
    return bool(len(checks) - 1 - int(np.argmin(checks)) >= 10)


def update_ratio(judged: Judged) -> bool:
    """The median update over the weights lies outside 1e-4 … 1e-2."""
    ratios = _values(judged, "update_ratio")
    middle = float(np.median(ratios)) if len(ratios) else 1e-3
    return not (math.isfinite(middle) and 1e-4 <= middle <= 1e-2)


RIVALS: Mapping[str, Callable[[Judged], bool]] = {
    "AUTOTRAINER": autotrainer,
    "SageMaker: all but the next two": sagemaker,
    "SageMaker: LossNotDecreasing": loss_not_decreasing,
    "SageMaker: Overfit": sagemaker_overfit,
    "update ratio outside 1e-3 by a decade": update_ratio,
    "always: lower the rate": lambda judged: True,
}
"""Name to rule."""
