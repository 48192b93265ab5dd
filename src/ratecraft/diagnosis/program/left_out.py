"""`parameters-left-out`, `parameters-without-gradient`: parameters that should be trained but never change.

Source: docs/reference/findings.md, P01, P02; exact, where the model is known. Of what an
        optimizer has and what is to be trained (`requires_grad`), never to have had a gradient is not a choice but a
        lost graph; layers that some batches do not reach are below the share.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_MOST = 0.02  # of the values: fewer may be a branch that is rarely used


def left_out(view: RunView) -> Iterator[Finding]:
    """The finding, with the number of values that never change."""
    trained, lost = view.fact("parameters"), view.fact("parameters_left_out")
    if trained and lost:
        evidence = {"count": int(lost), "parameters": int(trained), "share": lost / trained}
        advice = (Advice("give-to-optimizer"),)
        yield Finding("parameters-left-out", "warning", 0.99, (0, view.steps), evidence, advice, exact=True)
    held, idle = view.fact("parameters_in_optimizer"), view.fact("parameters_without_gradient")
    if held and idle and _MOST * held < idle < held:  # where all have none, steps are made for something else
        evidence = {"count": int(idle), "parameters": int(held), "share": idle / held}
        yield Finding(
            "parameters-without-gradient", "warning", 0.95, (0, view.steps), evidence, (Advice("look-at-graph"),)
        )


LEFT_OUT = Rule(
    left_out,
    (
        Kind(
            "parameters-left-out",
            "error",
            "not-learning",
            advice=("give-to-optimizer",),
            explains=("standing", "creeping", "stuck"),
            is_written=True,
            faults=("left-out",),
        ),
        Kind(
            "parameters-without-gradient",
            "warning",
            "not-learning",
            advice=("look-at-graph",),
            explains=("standing", "creeping", "stuck"),
            is_written=True,
            faults=("no-gradient",),
        ),
    ),
)
