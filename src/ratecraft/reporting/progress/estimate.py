"""What a study will cost, said before it starts.

Path:   the controller's estimate, seconds of a step -> one sentence; with other notes, the opening of a study.
Units:  runs are full runs of T steps; in the text the baseline counts as one.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeAlias

from ratecraft.controllers.estimate import Estimate
from ratecraft.records.outcome import FROZEN_STEP, Note
from ratecraft.reporting.text.page import Page, wrap

_SCORED = FROZEN_STEP / 2  # of a branch: half as many steps, frozen, score it (`ProveSettings.frozen`)

_OPENINGS: Mapping[str, tuple[str, str]] = {
    "tune": ("screen.opening", "screen.opening-task"),
    "find": ("screen.opening-find", "screen.opening-find-task"),
    "search": ("screen.opening-search", "screen.opening-search-task"),
    "prove": ("screen.opening-prove", "screen.opening-prove-task"),
}
"""The opening sentence by verb, for a script and for a task."""

Planner: TypeAlias = Callable[[int | None], Estimate]
"""The estimate for a run of so many steps; None if the steps are not known yet."""


def estimate_text(estimate: Estimate, page: Page, *, baseline: bool = True, again: str = "") -> str:
    """The price in one sentence: first the total, then the upper limit.

    Args:
        estimate: The plan.
        page: Language and alphabet.
        baseline: Whether the baseline is still to be run.
        again: Name of the study whose baseline is reused; empty for none.

    Example:
        >>> estimate_text(Estimate(8, 1, runs=1.7, total_runs=2.7, budget=1.75, horizon=None), Page())
        '2.7 runs in total, at most 2.8: the baseline, 8 probes and a run'
    """
    if estimate.final_runs:
        key = "runs" if not estimate.probes else "work" if estimate.final_runs == 1 else "works"
    else:
        key = "probes" if estimate.probes else "ramp"
    digits = 1 if estimate.final_runs else 2
    total, most = (f"{runs + baseline:.{digits}f}" for runs in (estimate.runs, estimate.budget))
    text = page.words(
        "screen.estimate.total" if most == total else "screen.estimate.total-most", total=total, most=most
    )
    if baseline:
        text += page.words("screen.estimate.baseline")
    text += page.words(f"screen.estimate.{key}", probes=estimate.probes, final_runs=estimate.final_runs)
    if again:
        text += page.words("screen.estimate.again", study=again)
    return text


def opening_text(
    estimate: Estimate,
    notes: Iterable[Note],
    page: Page,
    *,
    baseline: bool = True,
    again: str = "",
    subject: Literal["script", "task", "program"] = "script",
    verb: str = "tune",
) -> str:
    """The text before the first job: the price, and what training several times implies.

    Args:
        estimate: The plan.
        notes: Further notes on this study.
        page: Language, width and alphabet.
        baseline: Whether the baseline is still to be run.
        again: Name of the study whose baseline is reused; empty for none.
        subject: What is tuned.
        verb: The verb.
    """
    of_script, of_task = _OPENINGS[verb]
    key = {"script": of_script, "task": of_task, "program": "screen.opening-program"}[subject]
    said = [page.words(key), *(page.note(note) for note in notes)]
    lines = [line for text in said for line in wrap(text, page.width - 2)]
    price = estimate_text(estimate, page, baseline=baseline, again=again)
    if verb == "prove":  # the baseline tells what is tried: nothing, if it shows an exact mistake
        most = estimate.budget * (1 + _SCORED) + baseline
        price = page.words("screen.estimate.span", low=f"{float(baseline):.1f}", high=f"{most:.1f}")
        price += page.words("screen.estimate.baseline") if baseline else ""
        price += page.words("screen.estimate.branches" if baseline else "screen.estimate.branches-alone")
    return "\n".join([price, *(f"  {line}" for line in lines)])
