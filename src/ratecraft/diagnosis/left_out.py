"""`parameters-left-out`: parameters that are to be trained, and that no optimizer has.

Source: catalogue §1.1 `params-missing`; exact, where the model is known (pytorch#679).
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.run_view import RunView

__all__ = ["left_out"]


def left_out(view: RunView) -> Iterator[Finding]:
    """Says how many values stay what they were."""
    trained, lost = view.fact("parameters"), view.fact("parameters_left_out")
    if trained and lost:
        evidence = {"count": int(lost), "parameters": int(trained), "share": lost / trained}
        advice = (Advice("give-to-optimizer"),)
        yield Finding("parameters-left-out", "warning", 0.99, (0, view.steps), evidence, advice)
