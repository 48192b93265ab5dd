"""`clip-is-the-rate`: gradients are clipped far below their size at every step, so the clip sets the step size.

Source: docs/reference/findings.md, L08: of SGD nine tenths of the norms lie above the clip after the warm-up, and here
        their level five times above it. An adaptive method divides a constant factor out again: of it nothing is said.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import quantile

_BINDS = 0.9  # share of the steps
_FAR = 5.0  # level of the norms over the clip
_FEWEST = 10
_LOOSE = 0.95  # quantile of the norms to clip at instead (L08: 90 to 95 %)
_PLAIN = ("sgd", "momentum", "nesterov")


def clip_is_the_rate(view: RunView) -> Iterator[Finding]:
    """The finding, for SGD with or without momentum."""
    norms, clip = view.grad_norm, view.fact("clip")
    if norms is None or not clip or len(norms) < _FEWEST or not any(name in view.optimizer for name in _PLAIN):
        return
    first, last = view.held
    held = norms.between(first, last)
    if len(held) < _FEWEST:
        return
    level, bound = held.level(held.first, held.last), float((held.values > clip).mean())
    if bound < _BINDS or level < _FAR * clip:
        return
    norm = float(f"{quantile(held.values, _LOOSE):.2g}")
    evidence = {"clip": clip, "level": level, "share": bound, "factor": level / clip, "last": held.last}
    yield Finding(
        "clip-is-the-rate", "warning", 0.9, (held.first, held.last), evidence, (Advice("loosen-clip", {"norm": norm}),)
    )


CLIP_IS_THE_RATE = Rule(
    clip_is_the_rate,
    (
        Kind(
            "clip-is-the-rate",
            "warning",
            "unstable",
            advice=("loosen-clip",),
            explains=("standing", "creeping", "stuck"),
            faults=("tight-clip",),
        ),
    ),
)
