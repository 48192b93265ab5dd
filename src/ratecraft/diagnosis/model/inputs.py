"""`inputs-unscaled`: the inputs are far from mean 0 and standard deviation 1, and the first steps show it.

Source: docs/reference/findings.md, D01: certain as a fact, trouble only together with the loss or the gradient: a run
        may cope, and layers that normalise do not mind. Levels: gradients that begin five times above their later
        level; with scaled inputs they began at 0.3 to 2 times it.
"""

import math
from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import SCALE, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_WIDE, _NARROW = 3.0, 0.03  # deviation
_LEAP = 2.5  # first norm over the level of all
_HIGH = 1.5  # first loss over that of guessing
_EARLY = 0.02  # of the run


def inputs_unscaled(view: RunView) -> Iterator[Finding]:
    """The finding, if inputs were read and a second sign agrees."""
    mean, deviation = view.known("input_mean"), view.known("input_deviation")
    if mean is None or deviation is None or view.fact("pretrained"):
        return
    size = math.hypot(mean, deviation)
    begins_high = _begins_high(view)
    if not (size >= _WIDE or size <= _NARROW) or not (begins_high or _leaps(view)):
        return
    evidence = {"mean": mean, "deviation": deviation}
    yield Finding("inputs-unscaled", "warning", 0.9, (0, 0), evidence, (Advice("standardise"),), exact=begins_high)


def _begins_high(view: RunView) -> bool:
    """Whether the first loss is far above that of guessing."""
    loss, classes = view.loss, view.fact("classes")
    if loss is None or not classes or classes <= 1:
        return False
    return float(loss.values[0]) >= _HIGH * math.log(classes)


def _leaps(view: RunView) -> bool:
    """Whether the first gradients are far above the level of all."""
    norms = view.grad_norm
    if norms is None or len(norms) < 10:
        return False
    early = norms.part(0.0, _EARLY)
    return float(early.values.max()) >= _LEAP * norms.level(norms.first, norms.last)


INPUTS_UNSCALED = Rule(
    inputs_unscaled,
    (
        Kind(
            "inputs-unscaled",
            "warning",
            "not-learning",
            advice=("standardise",),
            explains=("course", "lost", "first-loss-high"),
            proof=SCALE,
            faults=("unscaled",),
        ),
    ),
)
