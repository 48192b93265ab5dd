"""Targets that the model's last layer can never reach, judged by the first losses of a run.

Codes:  `one-choice`, `one-of-several`, `relu-before-loss`, `targets-out-of-reach`, `targets-not-binary`,
        `layers-linear`.

Source: docs/reference/findings.md, P27 to P33. A softmax over one value is 1 whatever the weights; no output lies
        beyond the end of a sigmoid, tanh or ReLU; a binary cross-entropy of a target outside of 0 to 1 has no lower
        end; and layers with nothing between them are one layer. Only the share of targets is that of a first batch.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import ANYTHING, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_FIRST = (0, 0)
_MOST_BEYOND = 0.05  # of the targets: fewer are noise, or outliers that are clipped on purpose


def last_layer(view: RunView) -> Iterator[Finding]:
    """The finding, with what cannot be learned."""
    if view.fact("softmax_over") == 1:
        yield Finding("one-choice", "error", 0.99, _FIRST, {}, (Advice("binary-loss"),), exact=True)
    several = view.fact("rows_not_one")
    if several is not None and several >= _MOST_BEYOND:
        advice = (Advice("binary-for-each"),)
        yield Finding("one-of-several", "warning", 0.95, _FIRST, {"share": several}, advice, exact=True)
    before, silent = view.run.facts.get("relu_before"), view.fact("classes_silent") or 0.0
    if isinstance(before, str):
        severity = "warning" if before == "binary" or silent >= 1 else "info"
        evidence = {"silent": int(silent)}
        yield Finding("relu-before-loss", severity, 0.95, _FIRST, evidence, (Advice("drop-last-relu"),), exact=True)
    ends, beyond = view.run.facts.get("outputs_end_in"), view.fact("beyond_outputs")
    if isinstance(ends, str) and beyond is not None and beyond >= _MOST_BEYOND:
        evidence = {"function": ends, "share": beyond}
        advice = (Advice("unbound-outputs"),)
        yield Finding("targets-out-of-reach", "warning", 0.95, _FIRST, evidence, advice, exact=True)
    beyond = view.fact("beyond_binary")
    if beyond:
        advice = (Advice("zero-and-one"),)
        yield Finding("targets-not-binary", "error", 0.99, _FIRST, {"share": beyond}, advice, exact=True)
    layers = view.fact("layers_in_a_row")
    if layers and layers > 1:
        advice = (Advice("add-activation"),)
        yield Finding("layers-linear", "warning", 0.95, _FIRST, {"layers": int(layers)}, advice, exact=True)


LAST_LAYER = Rule(
    last_layer,
    (
        Kind("one-choice", "error", "not-learning", advice=("binary-loss",), explains=ANYTHING, is_written=True),
        Kind(
            "one-of-several",
            "warning",
            "not-learning",
            advice=("binary-for-each",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind(
            "relu-before-loss",
            "warning",
            "not-learning",
            advice=("drop-last-relu",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind(
            "targets-out-of-reach",
            "warning",
            "not-learning",
            advice=("unbound-outputs",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind(
            "targets-not-binary",
            "error",
            "not-learning",
            advice=("zero-and-one",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind("layers-linear", "warning", "not-learning", advice=("add-activation",)),
    ),
)
