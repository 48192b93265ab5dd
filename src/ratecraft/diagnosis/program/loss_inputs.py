"""Wrong inputs to a loss, recognised by the operations that computed it, in the first steps of a run.

Codes:  `softmax-before-loss`, `sigmoid-before-loss`, `not-log-probabilities`, `shapes-broadcast`, `loss-summed`.

Source: docs/reference/findings.md, P15 to P18. A cross-entropy of C classes whose scores lie between 0 and 1 cannot
        fall below ln(1 + (C − 1)/e), one with a sigmoid of its own not below ln 2 for a target of 0.
"""

import math
from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import ANYTHING, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_OFF = 0.1  # from 1, of the sum of what should be probabilities


def loss_inputs(view: RunView) -> Iterator[Finding]:
    """The finding, with what the loss was given."""
    squash, classes = view.run.facts.get("before_cross_entropy"), view.fact("classes_squashed")
    if isinstance(squash, str) and classes and classes > 1:
        floor = math.log1p((classes - 1) / math.e)
        evidence = {"function": squash, "classes": int(classes), "floor": floor}
        yield Finding("softmax-before-loss", "warning", 0.99, _FIRST, evidence, (Advice("give-logits"),), exact=True)
    squash = view.run.facts.get("before_binary")
    if isinstance(squash, str):
        evidence = {"function": squash, "floor": math.log(2)}
        advice = (Advice("give-binary-logits"),)
        yield Finding("sigmoid-before-loss", "warning", 0.99, _FIRST, evidence, advice, exact=True)
    total = view.fact("nll_total")
    if total is not None and abs(total - 1) > _OFF:
        advice = (Advice("use-cross-entropy"),)
        yield Finding("not-log-probabilities", "error", 0.99, _FIRST, {"total": total}, advice, exact=True)
    batch = view.fact("broadcast_against")
    if batch and batch > 1:
        advice = (Advice("match-shapes"),)
        yield Finding("shapes-broadcast", "error", 0.99, _FIRST, {"batch": int(batch)}, advice, exact=True)
    batch = view.fact("loss_summed")
    if batch and batch > 1:
        yield Finding("loss-summed", "info", 0.9, _FIRST, {"batch": int(batch)}, (Advice("mean-loss"),), exact=True)


_FIRST = (0, 0)


LOSS_INPUTS = Rule(
    loss_inputs,
    (
        Kind(
            "softmax-before-loss",
            "warning",
            "not-learning",
            advice=("give-logits",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind(
            "sigmoid-before-loss",
            "warning",
            "not-learning",
            advice=("give-binary-logits",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind(
            "not-log-probabilities",
            "error",
            "not-learning",
            advice=("use-cross-entropy",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind("shapes-broadcast", "error", "not-learning", advice=("match-shapes",), explains=ANYTHING, is_written=True),
        Kind("loss-summed", "info", "rate", advice=("mean-loss",)),
    ),
)
