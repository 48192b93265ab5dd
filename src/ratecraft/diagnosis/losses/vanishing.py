"""`gradients-vanish`: nothing is learned, since next to nothing of the gradient reaches the first layers.

Source: docs/reference/findings.md, P41. Counted in the first steps; told only where the loss stands, since a model may
        learn by its last layers. A plain row of twelve sigmoids comes to 1e-9, the same row of ReLUs to 1.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.losses.not_learning import stands_at_start
from ratecraft.diagnosis.rule import ANYTHING, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_FRONT, _BACK = 0.01, 0.01  # of the norm behind it: once in the first half of the layers, once in the second


def vanishing(view: RunView) -> Iterator[Finding]:
    """Says so where the gradient shrinks in both halves of the model and the loss stays where it began."""
    front, back = view.fact("gradient_front"), view.fact("gradient_back")
    layers = view.fact("gradient_layers")
    if front is None or back is None or layers is None or front >= _FRONT or back >= _BACK:
        return
    loss = view.loss
    if loss is None or not stands_at_start(view):
        return
    evidence = {"share": front * back, "layers": int(layers)}
    where, advice = (loss.first, loss.last), (Advice("pass-gradients"),)
    yield Finding("gradients-vanish", "error", 0.95, where, evidence, advice)


VANISHING = Rule(
    vanishing,
    (
        Kind(
            "gradients-vanish",
            "error",
            "not-learning",
            advice=("pass-gradients",),
            explains=(*ANYTHING, "units-died", "weights-small"),
            is_written=True,
        ),
    ),
)
