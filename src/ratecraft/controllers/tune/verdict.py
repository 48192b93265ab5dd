"""The verdict: is the tuned run better than the script as it is, by more than chance?

Path:   results of both runs, first losses of all starts -> verdict with its numbers.
Units:  the unit of the metric.
Source: docs/reference/tuner.md, "Margins". The headline compares final values with each other. A gain must exceed
        max(0.5 % of the baseline, the measured noise): 0.5 % is the smallest seed sd of the twelve tasks on which the
        rules were validated.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ratecraft.controllers.baseline.run_result import tail_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.finish import Finish
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.laws.losses.noise import margin, paired_noise
from ratecraft.records.answer import Decision, RunResult, Verdict
from ratecraft.records.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the decisions that explain it."""

    verdict: Verdict
    decisions: tuple[Decision, ...]


def repeatability(plan: StudyPlan, outcomes: Iterable[Outcome]) -> Decision | None:
    """The first losses of two starts that differ, as a decision; None if all starts have the same one."""
    return first_losses_differ((outcome.first_loss for outcome in outcomes), plan.settings)


def first_losses_differ(losses: Iterable[float | None], settings: TunerSettings) -> Decision | None:
    """A decision on two starts whose losses at step 0 should be equal but differ; None if all are equal."""
    known = [loss for loss in losses if loss is not None and math.isfinite(loss)]
    for loss in known[1:]:
        if not math.isclose(loss, known[0], rel_tol=settings.same_loss):
            return Decision("not-repeatable", {"first": known[0], "other": loss})
    return None


def judge(plan: StudyPlan, baseline: RunResult | None, finish: Finish, *, repeatable: bool) -> Judged:
    """Compare the final values of the tuned run and the baseline.

    Without a baseline there is no comparison, and no gain is claimed.
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
    """How far apart two full runs must be to count as different, in the unit of the metric.

    Args:
        plan: What was fixed before the first probe.
        final: Final value of the run that the other is compared with.
        runs: Both runs. If live losses are compared, their last batches give the noise; that of figures is unknown.
    """
    seen = [outcome for outcome in runs if outcome is not None and plan.metric.source == "training"]
    noise = paired_noise([tail_of(outcome, plan.horizon, plan.settings) for outcome in seen])
    return margin(final, plan.settings.gain, noise)
