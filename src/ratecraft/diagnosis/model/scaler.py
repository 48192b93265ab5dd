"""`scaler-skips`: the gradient scaler of mixed precision skips too many steps.

Source: docs/reference/findings.md, P07: a loss scale that is halved more than 3 times in 200 steps after the first 20,
        or that falls below 1.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import most_within

_NAMES = ("loss_scale", "scale", "grad_scale")
_SEARCH = 20  # points in which the scale is looked for
_WINDOW = 200  # steps
_MOST = 3


def scaler_skips(view: RunView) -> Iterator[Finding]:
    """The finding, by the number of times that the scale fell: each is a skipped step."""
    scale = next((curve for name in _NAMES if (curve := view.curve(name)) is not None), None)
    if scale is None or len(scale) <= _SEARCH:
        return
    fell = scale.steps[1:][scale.values[1:] < scale.values[:-1]]
    late = fell[fell > scale.steps[_SEARCH]]
    crowded = most_within(late, _WINDOW)
    lowest = float(scale.values.min())
    if crowded <= _MOST and lowest >= 1:
        return
    evidence = {"count": len(late), "crowded": crowded, "scale": lowest, "last": scale.last}
    advice = (Advice("full-precision"), Advice("clip-usual", {"norm": 1.0}), Advice("step-when-stepped"))
    where = (int(late[0]) if len(late) else scale.first, scale.last)
    yield Finding("scaler-skips", "warning", 0.95, where, evidence, advice, exact=True)


SCALER_SKIPS = Rule(
    scaler_skips,
    (
        Kind(
            "scaler-skips",
            "warning",
            "unstable",
            advice=("full-precision", "clip-usual", "step-when-stepped"),
            explains=("non-finite-passing",),
        ),
    ),
)
