"""Schedulers that are stepped twice or never, or that set the rate of another optimizer.

Codes:  `schedule-stepped-twice`, `schedule-never-stepped`, `schedule-of-another-optimizer`.

Source: docs/reference/findings.md, P24 to P26. That none is ever stepped is only said while the rate stands: a script
        may set it by hand.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_STEPS = (0, 8)  # that are inspected


def scheduler_steps(view: RunView) -> Iterator[Finding]:
    """The finding, for schedulers that were created for this run."""
    each, rate = view.fact("scheduler_steps_each"), view.rate
    if each and each > 1:
        advice = (Advice("step-once"),)
        yield Finding("schedule-stepped-twice", "warning", 0.95, _STEPS, {"times": each}, advice, exact=True)
    if rate is None or rate.moves:
        return
    evidence = {"rate": rate.peak, "steps": view.steps}
    if view.fact("schedulers_of_another"):
        advice = (Advice("schedule-this-optimizer"),)
        yield Finding("schedule-of-another-optimizer", "warning", 0.95, (0, view.steps), evidence, advice)
    if view.fact("schedulers_never_stepped"):
        advice = (Advice("step-scheduler"),)
        yield Finding("schedule-never-stepped", "warning", 0.95, (0, view.steps), evidence, advice)


_IDLE = ("decay-missing", "too-large-noise", "warm-up-missing")

SCHEDULER_STEPS = Rule(
    scheduler_steps,
    (
        Kind(
            "schedule-stepped-twice",
            "warning",
            "schedules",
            advice=("step-once",),
            explains=("decayed-too-soon", "finished-early", "schedule-wraps", "stepped-too-often"),
        ),
        Kind(
            "schedule-of-another-optimizer",
            "warning",
            "schedules",
            advice=("schedule-this-optimizer",),
            explains=_IDLE,
        ),
        Kind("schedule-never-stepped", "warning", "schedules", advice=("step-scheduler",), explains=_IDLE),
    ),
)
