"""`dropout-high`: most layers that drop units drop more than half of them.

Source: docs/reference/findings.md, P42. A fact of the model, and only a hint: graphs and wide layers are trained so on
        purpose, and that another share would do better is nothing that a run shows.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_FIRST = (0, 0)


def dropout(view: RunView) -> Iterator[Finding]:
    """Says how many layers drop how much."""
    drops, most = view.fact("layers_dropping"), view.fact("layers_dropping_most")
    if not drops or not most or 2 * most <= drops:
        return
    evidence = {"most": int(most), "layers": int(drops)}
    yield Finding("dropout-high", "info", 0.9, _FIRST, evidence, (Advice("drop-less"),), exact=True)


DROPOUT = Rule(dropout, (Kind("dropout-high", "info", "overfitting", advice=("drop-less",)),))
