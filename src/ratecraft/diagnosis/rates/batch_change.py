"""`batch-changed`: the batch grew or shrank during the run, and the rate did not follow.

Source: docs/reference/findings.md, B01; how far it should: `laws.scaling.batch` (linear for SGD, square root for
        adaptive methods).
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.scaling.batch import batch_factor

_RATIO = 2.0
_NEAR = 0.02  # of the run, in which the rate may follow
_FOLLOWED = 0.05


def batch_changed(view: RunView) -> Iterator[Finding]:
    """The finding, at the first change by a factor of 2 or more that the rate did not follow."""
    batch, rate = view.curve("batch_size"), view.rate
    if batch is None or rate is None or float(batch.values.min()) < 1:
        return
    rule = "linear" if "sgd" in view.optimizer or "momentum" in view.optimizer else "square-root"
    steepness = batch.values[1:] / batch.values[:-1]
    for place in (1 + ((steepness >= _RATIO) | (steepness <= 1 / _RATIO)).nonzero()[0]).tolist():
        old, new = float(batch.values[place - 1]), float(batch.values[place])
        step = int(batch.steps[place])
        before, after = rate.curve.at(step - 1), rate.curve.at(step + _NEAR * rate.curve.length)
        if before > 0 and abs(after / before - 1) <= _FOLLOWED:
            factor = batch_factor(old, new, rule)
            evidence = {"old": old, "new": new, "step": step, "rate": after}
            advice = (Advice("set-rate", {"rate": after * factor, "before": after, "factor": 1 / factor}),)
            yield Finding("batch-changed", "warning", 0.85, (step, view.steps), evidence, advice)
            return


BATCH_CHANGED = Rule(
    batch_changed,
    (Kind("batch-changed", "warning", "questions", advice=("set-rate",)),),
)
