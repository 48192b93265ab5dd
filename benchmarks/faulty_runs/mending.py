"""Does what a finding advises: the same case with one thing changed, by the first advice that applies.

Path:   a judged run, its first finding -> a case to train, or the place where the same run is to be stopped.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cases import Case, cooled, warmed
from truth import Judged

from ratecraft.diagnosis.finding import Advice, Finding

if TYPE_CHECKING:  # a table is made without torch
    from task_list import Task

__all__ = ["PLACES", "advised", "followed", "key_of", "stopped"]

PLACES: Mapping[str, frozenset[str]] = {
    "give-to-optimizer": frozenset({"left-out"}),
    "look-at-graph": frozenset({"no-gradient"}),
    "load-scheduler": frozenset({"begun-anew"}),
    "load-optimizer": frozenset({"lost-state"}),
    "schedule-in-steps": frozenset({"stepped-often", "endless-warm-up"}),
    "step-every-step": frozenset({"stepped-rarely"}),
    "lengthen-schedule": frozenset({"gone-early", "wraps"}),
    "standardise": frozenset({"unscaled"}),
    "look-at-inputs": frozenset({"unscaled"}),
    "initialise": frozenset({"large-weights", "small-weights"}),
    "look-at-batch": frozenset({"nan", "bad-step"}),
}
"""Advice to look at one place, to the kinds of faults that are found there: who looks there then has the twin. Where
nothing is wrong there, the next advice is followed."""


def key_of(judged: Judged, advice: Advice) -> str:
    """Name of the run that follows the advice."""
    values = " ".join(f"{name}={value:.4g}" for name, value in advice.values.items() if isinstance(value, int | float))
    return f"{judged.case.name} {judged.seed} {advice.code} {values}".strip()


def stopped(judged: Judged, advice: Advice) -> float | None:
    """Where the same run stood at the step at which the advice stops it; None for other advice."""
    if advice.code not in ("stop-at", "stop-run"):
        return None
    checks, step = judged.run.series["val_loss"], float(advice.values["step"])
    place = min(range(len(checks)), key=lambda place: abs(int(checks.steps[place]) - step))
    return float(checks.values[place])


def followed(judged: Judged, finding: Finding) -> Advice | None:
    """The first advice, but for those that look where nothing is wrong; None where there is no other."""
    kind = judged.case.kind
    return next((each for each in finding.advice if kind in PLACES.get(each.code, (kind,))), None)


def advised(judged: Judged, advice: Advice, task: "Task") -> Case | None:
    """The case that follows the advice; None where it is no change that a program can make, or is the twin."""
    if advice.code in PLACES:
        return None
    change = _change(judged.case, advice.code, advice.values, task)
    return None if change is None else replace(judged.case, **change)


def _change(case: Case, code: str, values: Mapping[str, Any], task: "Task") -> dict[str, Any] | None:
    steps = round(task.steps * case.length)
    if code in ("set-rate", "raise-rate"):
        return {"factor": case.factor * values["rate"] / values["before"]}
    if code in ("divide-rate", "multiply-rate"):
        return {"factor": case.factor * values["factor"] ** (-1 if code == "divide-rate" else 1)}
    if code == "usual-rate":
        return {"factor": values["rate"] / task.rate}
    if code == "warm-up":
        return {"shape": warmed(case.shape, max(values["steps"] / steps, 1 / steps))}
    if code == "cool-down":
        return {"shape": cooled(case.shape, values["share"])}
    if code in ("clip", "clip-usual", "loosen-clip"):
        return {"clip": values["norm"] / task.norm if math.isfinite(values["norm"]) else math.inf}
    if code == "lower-decay":
        share = values["decay"] * 0.7 * steps * task.rate * case.factor
        return {"decay": share}
    if code == "body-rate":
        return {"factor": values["head"] / task.rate, "body": values["rate"] / values["head"]}
    if code == "more-steps":
        return {"length": case.length * values["steps"] / steps}
    return None
