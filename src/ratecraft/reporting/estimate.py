"""What a study will cost, said before it starts.

Path:   controller's plan, seconds of a step -> one sentence.
Units:  runs are full runs of T steps; the baseline is not in them and is named beside them.
"""

from typing import Protocol

from ratecraft.reporting.durations import about_text
from ratecraft.reporting.page import Page

__all__ = ["Estimate", "estimate_text"]


class Estimate(Protocol):
    """What is planned: how many probes, what they and the final run cost, and the length of a run where it is known."""

    @property
    def probes(self) -> int:
        """Scored probes."""
        ...

    @property
    def runs(self) -> float:
        """Planned `cost.runs`."""
        ...

    @property
    def horizon(self) -> int | None:
        """Optimizer steps of a full run; None where not yet known."""
        ...


def estimate_text(estimate: Estimate, page: Page, *, baseline: bool = True, seconds: float | None = None) -> str:
    """The price in one sentence.

    Args:
        estimate: The plan.
        page: Language and alphabet.
        baseline: Whether the baseline is still to be run.
        seconds: Expected wall time of all of it; None where nothing was measured yet.

    Example:
        >>> from types import SimpleNamespace
        >>> estimate_text(SimpleNamespace(probes=8, runs=1.7, horizon=None), Page(), seconds=370)
        '8 probes and a run: 1.7 runs + baseline, ~6 min'
    """
    text = page.words("screen.estimate.work", probes=estimate.probes, runs=estimate.runs)
    if baseline:
        text += page.words("screen.estimate.baseline")
    if seconds is not None:
        text += page.words("screen.estimate.time", time=about_text(seconds, page))
    return text
