"""`first-loss-high`: the loss begins far above what guessing costs, so the inputs or the first weights are too large.

Source: docs/reference/findings.md, D02, D04: with C classes guessing costs ln C, which a fresh model with scaled inputs
        begins at, within a hundredth in six tasks; ten times too large inputs or weights began at 2 to 500 times it. A
        loss that is summed over a batch, or has a term added, begins high as well: neither comes down below ln C as one
        that is learned does, unless the run learns nearly everything. This is the one rule (with `inputs-unscaled`, and
        the words "what guessing costs" of `not-learning`) that takes a loss for a mean cross entropy without terms:
        only where a log tells the number of classes, and of a loss in another unit it may be wrong.
"""

import math
from collections.abc import Iterator

from ratecraft.diagnosis.advising import lower_rate
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import SCALE, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_HIGH = 2.0  # of what guessing costs (D02)
_DOWN = 1.25  # of it: where a loss that is a mean, without terms, comes down to
_SUMMED = 0.2  # how near to the batch a first loss over ln C may be, to be a sum


def first_loss_high(view: RunView) -> Iterator[Finding]:
    """The finding, for a loss over a known number of classes."""
    loss, classes, batch = view.loss, view.fact("classes"), view.fact("batch_size")
    if loss is None or not classes or classes < 2 or view.fact("pretrained"):
        return
    guess, first = math.log(classes), float(loss.values[0])
    lowest = min(loss.end, loss.lowest[1])
    if first < _HIGH * guess or lowest > _DOWN * guess or loss.first > max(1, 0.01 * view.planned):
        return
    if batch and abs(first / guess / batch - 1) <= _SUMMED:
        return
    evidence = {"first": first, "guess": guess, "classes": int(classes), "factor": first / guess}
    advice = (Advice("standardise"), Advice("initialise"), lower_rate(view, loss.first, 3))
    yield Finding("first-loss-high", "warning", 0.9, (loss.first, loss.first), evidence, advice)


FIRST_LOSS_HIGH = Rule(
    first_loss_high,
    (
        Kind(
            "first-loss-high",
            "warning",
            "not-learning",
            advice=("standardise", "initialise", "set-rate", "divide-rate"),
            explains=("course", "lost"),
            proof=SCALE,
            faults=("unscaled", "large-weights"),
        ),
    ),
)
