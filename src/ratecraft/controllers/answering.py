"""From everything that was found to the answer.

Path:   bracket, branch rung, choice, final run, as far as the study went -> `Answer`.
Units:  octaves become rates here, and scores the unit of the metric.
"""

import math
from collections.abc import Iterator, Mapping

from ratecraft.controllers.bracket import Bracket
from ratecraft.controllers.branch import Branch
from ratecraft.controllers.choose import Choice
from ratecraft.controllers.finish import Finish
from ratecraft.controllers.plan import Plan
from ratecraft.controllers.probes import Probed, blew_up, record_of
from ratecraft.controllers.standing import standing_of
from ratecraft.controllers.verdict import Judged, judge, repeatability
from ratecraft.laws.noise import margin
from ratecraft.records.answer import Answer, Decision, Standing
from ratecraft.records.outcome import Outcome
from ratecraft.schedules.nodes import Schedule

__all__ = ["answer_of"]


def answer_of(plan: Plan, first: Bracket, second: Branch, choice: Choice | None, finish: Finish | None) -> Answer:
    """The answer of a study.

    Args:
        plan: Its frame.
        first: The first rung.
        second: The second rung; an empty one where the study has none, or did not come so far.
        choice: None where the scores tell nothing, or where a saturated study stops.
        finish: None where no final run was made.
    """
    facts, tried = plan.start.facts, (*first.probes.values(), *second.probes.values())
    uneven = repeatability(plan, _outcomes(plan, tried, finish))
    baseline = _baseline(plan)
    judged = _judge(plan, first, second, finish, baseline, repeatable=uneven is None)
    branch = _best_branch(tried)
    rate, schedules = _handed_over(plan, first, branch, finish)
    interval = _interval(plan, choice, finish)
    rough = interval is not None and choice is not None and choice.rough
    told = (plan.start, plan, first, second, *((choice,) if choice else ()), *((finish,) if finish else ()))
    return Answer(
        verdict=judged.verdict,
        metric=plan.metric,
        rate=rate,
        interval=interval,
        rough=rough,
        edge=min((plan.rate(each.octave) for each in tried if blew_up(each)), default=None),
        own_rate=facts.own_rate or plan.start.own_rate,
        horizon=plan.horizon,
        horizon_source=plan.start.horizon_source,
        schedules=schedules,
        groups=facts.groups,
        leading=facts.leading,
        baseline=baseline,
        tuned=finish.kept.standing if finish and finish.kept.standing.final is not None else None,
        final_job=finish.kept.job.key if finish else "",
        best_job=_best_job(plan, branch, finish),
        probes=tuple(
            record
            for each in sorted(tried, key=lambda each: (each.rung.stop, each.octave))
            if (record := record_of(plan, each))
        ),
        decisions=(
            *(decision for stage in told for decision in stage.decisions),
            *_width(interval, finish, rough=rough),
            *((uneven,) if uneven else ()),
            *judged.decisions,
            *_worse_than_branch(plan, branch, choice, finish),
        ),
        marks=tuple(_marks(plan, first, rough=rough)),
    )


def _outcomes(plan: Plan, tried: tuple[Probed, ...], finish: Finish | None) -> Iterator[Outcome]:
    """Every start of the script, in the order of the study."""
    if plan.start.baseline:
        yield plan.start.baseline
    for each in tried:
        yield from (outcome for _, outcome in each.tried)
    yield from (run.outcome for run in (finish.runs if finish else ()))


def _baseline(plan: Plan) -> Standing | None:
    outcome = plan.start.baseline
    return standing_of(outcome, outcome.steps, plan.metric, plan.horizon, plan.settings) if outcome else None


def _judge(
    plan: Plan, first: Bracket, second: Branch, finish: Finish | None, baseline: Standing | None, *, repeatable: bool
) -> Judged:
    """What the scores and the final run come to."""
    if first.bottom is None:
        return Judged("no-information", ())
    if finish is None:
        return Judged("saturated", (Decision("stopped-saturated"),))
    judged = judge(plan, baseline, finish, repeatable=repeatable)
    return Judged("saturated", judged.decisions) if second.saturated else judged


def _best_branch(tried: tuple[Probed, ...]) -> Probed | None:
    """The probe with the best score of the study."""
    scored = [each for each in tried if math.isfinite(each.score)]
    return min(scored, key=lambda each: (each.score, each.rung.stop, each.octave), default=None)


def _handed_over(
    plan: Plan, first: Bracket, branch: Probed | None, finish: Finish | None
) -> tuple[float | None, Mapping[str, Schedule]]:
    """Peak rate and schedules of the run that is handed over: the final one, or where it stops the best branch."""
    if finish:
        return plan.rate(finish.kept.octave), finish.kept.job.schedules
    if first.bottom is None or branch is None:
        return None, {}
    return plan.rate(branch.octave), branch.tried[-1][0].schedules


def _best_job(plan: Plan, branch: Probed | None, finish: Finish | None) -> str:
    """The job whose state is the best by the metric; training losses validate nothing, so there it is the final one."""
    candidates: list[tuple[float, str]] = []
    for run in finish.runs if finish else ():
        best = run.standing.final if plan.metric.source == "training" else run.standing.best
        if best is not None:
            candidates.append((plan.metric.sign() * best, run.job.key))
    if branch and not (candidates and plan.metric.source == "training"):
        candidates.append((branch.score, branch.tried[-1][0].key))
    return min(candidates, key=lambda each: each[0])[1] if candidates else ""


def _interval(plan: Plan, choice: Choice | None, finish: Finish | None) -> tuple[float, float] | None:
    """The interval as rates. It is that of the chosen rate: where another run was kept there is none."""
    if choice is None or choice.interval is None or finish is None or finish.kept.octave != choice.octave:
        return None
    return plan.rate(choice.interval[0]), plan.rate(choice.interval[1])


def _width(interval: tuple[float, float] | None, finish: Finish | None, *, rough: bool) -> Iterator[Decision]:
    if interval:
        yield Decision("interval-rough" if rough else "interval", {"low": interval[0], "high": interval[1]})
    elif finish:
        yield Decision("interval-unknown")


def _worse_than_branch(
    plan: Plan, branch: Probed | None, choice: Choice | None, finish: Finish | None
) -> Iterator[Decision]:
    """A final figure that a short probe had beaten: the run over-fits after the last probe could see it."""
    final = finish.kept.standing.final if finish else None
    if final is None or branch is None or choice is None or plan.metric.source == "training":
        return
    worse = plan.metric.sign() * final - branch.score
    if worse > margin(branch.score, plan.settings.worse, None):
        long = plan.rungs[-1].stop
        values = {"final": final, "branch": plan.figure(branch.score), "stop": branch.rung.stop}
        yield Decision("worse-than-branch", {**values, "rate": plan.rate(choice.bottom) * long / plan.horizon})


def _marks(plan: Plan, first: Bracket, *, rough: bool) -> Iterator[str]:
    if plan.metric.source == "training":
        yield "training"
    if plan.short:
        yield "short-run"
    if rough:
        yield "rough"
    if first.still_open:
        yield "at-edge"
