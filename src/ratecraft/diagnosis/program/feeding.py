"""`same-batch`, `classes-in-order`: which data the first steps of a watched training get.

Source: docs/reference/findings.md, P22, P23; exact: read off the loader and the labels of its data set.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import ANYTHING, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView


def feeding(view: RunView) -> Iterator[Finding]:
    """The finding, if the loader is not shuffled. Training on one batch without validation may be intended."""
    batches, classes = view.fact("same_batch_of"), view.fact("classes_in_order")
    if batches:
        evidence, advice = {"batches": int(batches)}, (Advice("iterate-loader"),)
        severity = "warning" if view.curve("val_loss") or view.curve("val_accuracy") else "info"
        yield Finding("same-batch", severity, 0.99, (0, view.steps), evidence, advice, exact=True)
    if classes:
        evidence, advice = {"classes": int(classes)}, (Advice("shuffle"),)
        yield Finding("classes-in-order", "warning", 0.99, (0, view.steps), evidence, advice, exact=True)


FEEDING = Rule(
    feeding,
    (
        Kind(
            "same-batch",
            "warning",
            "not-learning",
            advice=("iterate-loader",),
            explains=(*ANYTHING, "overfit-calibration"),
            is_written=True,
        ),
        Kind(
            "classes-in-order",
            "warning",
            "not-learning",
            advice=("shuffle",),
            explains=(*ANYTHING, "spikes"),
            is_written=True,
        ),
    ),
)
