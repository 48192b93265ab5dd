"""`weights-large`, `weights-small`: initial weights that are too large or too small for their layers.

Source: docs/reference/findings.md, D02, D03: `weight_scale` is the deviation of a matrix times the root of its inputs,
        the median over matrices: 1.4 by He's rule, 1 by Glorot's, 0.58 in torch's own layers, 0.3 in large language
        models. Tables that rows are looked up in are not among them. One layer alone needs no symmetry to be broken,
        nor a size for the layers behind it: logistic regression begins at 0.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import SCALE, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_LARGE, _SMALL = 4.0, 0.1


def first_weights(view: RunView) -> Iterator[Finding]:
    """The finding, for a run that does not start from trained weights."""
    scale = view.known("weight_scale")
    if scale is None or view.fact("pretrained") or _SMALL < scale < _LARGE:
        return
    if scale <= _SMALL and view.fact("weight_matrices") == 1:
        return
    code = "weights-large" if scale >= _LARGE else "weights-small"
    yield Finding(code, "warning", 0.9, (0, 0), {"scale": scale}, (Advice("initialise"),), exact=True)


FIRST_WEIGHTS = Rule(
    first_weights,
    (
        Kind(
            "weights-large",
            "warning",
            "not-learning",
            advice=("initialise",),
            explains=("course", "lost", "first-loss-high"),
            proof=SCALE,
            faults=("unscaled", "large-weights"),
        ),
        Kind(
            "weights-small",
            "warning",
            "not-learning",
            advice=("initialise",),
            explains=("standing", "creeping", "stuck"),
            is_written=True,
            faults=("small-weights",),
        ),
    ),
)
