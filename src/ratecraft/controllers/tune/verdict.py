"""The verdict: is the tuned run better than the script as it is, by more than chance?

Path:   standings of both, first losses of all starts -> verdict with its numbers.
Units:  the unit of the metric.
Source: docs/reference/tuner.md, "Margins". The headline compares final with final. A gain is more than max(0.5 % of the
        baseline, the measured noise): 0.5 % is the smallest seed-sd of the twelve tasks on which the rules were
        validated.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ratecraft.controllers.baseline.run_result import tail_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.finish import Finish
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.laws.noise import margin, paired_noise
from ratecraft.records.answer import Decision, RunResult, Verdict
from ratecraft.records.outcome import Outcome

__all__ = ["Judged", "first_losses_differ", "judge", "least_difference", "repeatability"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict and the decisions that tell why."""

    verdict: Verdict
    decisions: tuple[Decision, ...]


def repeatability(plan: StudyPlan, outcomes: Iterable[Outcome]) -> Decision | None:
    """The first losses of two starts that differ, as a decision; None where all starts are the same one."""
    return first_losses_differ((outcome.first_loss for outcome in outcomes), plan.settings)


def first_losses_differ(losses: Iterable[float | None], settings: TunerSettings) -> Decision | None:
    """Two that differ of the losses at step 0 of equal starts, as a decision; None where all are the same."""
    known = [loss for loss in losses if loss is not None and math.isfinite(loss)]
    for loss in known[1:]:
        if not math.isclose(loss, known[0], rel_tol=settings.same_loss):
            return Decision("not-repeatable", {"first": known[0], "other": loss})
    return None


def judge(plan: StudyPlan, baseline: RunResult | None, finish: Finish, *, repeatable: bool) -> Judged:
    """Compare final with final.

    Without a baseline nothing is compared, and a gain is never claimed.
    """
    tuned = finish.kept.run_result
    if tuned.final is None:
        return Judged("no-gain", (Decision("no-final"),))
    if baseline is None:
        return Judged("not-compared", (Decision("not-compared"),))
    if baseline.final is None:
        return Judged("gain", (Decision("only-tuned-ended", {"tuned": tuned.final}),))
    least = least_difference(plan, baseline.final, plan.start.baseline, finish.kept.outcome)
    better = plan.metric.sign() * (baseline.final - tuned.final)
    values = {"baseline": baseline.final, "tuned": tuned.final, "margin": least}
    if not repeatable and abs(better) <= 2 * least:
        return Judged("not-repeatable", (Decision("compared-within-starts", values),))
    if better > least:
        return Judged("gain", (Decision("compared-better", values),))
    code = "compared-equal" if better >= -least else "compared-worse"
    return Judged("no-gain", (Decision(code, values),))


def least_difference(plan: StudyPlan, final: float, *runs: Outcome | None) -> float:
    """By how much two full runs must differ to be told apart, in the unit of the metric.

    Args:
        plan: The frame of the study.
        final: How the one that the other is compared with came out.
        runs: Both. The batches that they saw last tell the noise of a mean of live losses; that of figures is unknown.
    """
    seen = [outcome for outcome in runs if outcome is not None and plan.metric.source == "training"]
    noise = paired_noise([tail_of(outcome, plan.horizon, plan.settings) for outcome in seen])
    return margin(final, plan.settings.gain, noise)
