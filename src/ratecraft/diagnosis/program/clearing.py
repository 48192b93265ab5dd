"""Gradients that are never cleared, cleared before they are used, never used, or never reach the optimizer.

Codes:  `gradients-never-cleared`, `gradients-cleared-too-soon`, `no-optimizer-step`, `optimizer-without-gradients`.

Source: docs/reference/findings.md, P13, P14, P21, P32; exact, read in the first steps of a watched run: between two
        steps of an optimizer its gradients have to be cleared once, before the backward pass.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import ANYTHING, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView


def clearing(view: RunView) -> Iterator[Finding]:
    """The finding, if it was so at every inspected step."""
    never, early = view.fact("steps_never_cleared"), view.fact("steps_cleared_early")
    bare, futile = view.fact("steps_without_gradient"), view.fact("passes_without_step")
    if futile:
        evidence, advice = {"passes": int(futile)}, (Advice("step-optimizer"),)
        yield Finding("no-optimizer-step", "error", 0.99, (0, 0), evidence, advice, exact=True)
    if never:
        yield _found("gradients-never-cleared", never, Advice("clear-gradients"))
    if early:
        yield _found("gradients-cleared-too-soon", early, Advice("clear-before-backward"))
    if bare:
        yield _found("optimizer-without-gradients", bare, Advice("train-this-model"))


def _found(code: str, steps: float, advice: Advice) -> Finding:
    return Finding(code, "error", 0.99, (0, int(steps)), {"steps": int(steps)}, (advice,), exact=True)


CLEARING = Rule(
    clearing,
    (
        Kind(
            "gradients-never-cleared",
            "error",
            "not-learning",
            advice=("clear-gradients",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind(
            "gradients-cleared-too-soon",
            "error",
            "not-learning",
            advice=("clear-before-backward",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind(
            "no-optimizer-step",
            "error",
            "not-learning",
            advice=("step-optimizer",),
            explains=(*ANYTHING, "schedule-never-stepped"),
            is_written=True,
        ),
        Kind(
            "optimizer-without-gradients",
            "error",
            "not-learning",
            advice=("train-this-model",),
            explains=(*ANYTHING, "parameters-left-out"),
            is_written=True,
        ),
    ),
)
