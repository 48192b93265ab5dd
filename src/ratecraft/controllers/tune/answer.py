"""The answer of a tuning study, put together from its stages.

Path:   bracket, branch rung, choice, body and head, final run, for the stages that the study reached -> `Answer`.
Units:  octaves are turned into rates here, and scores into the unit of the metric.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ratecraft.controllers.baseline.start import scripts_rate
from ratecraft.controllers.baseline.way_on import way_on
from ratecraft.controllers.tune.body_head import BodyHead
from ratecraft.controllers.tune.bracket import Bracket
from ratecraft.controllers.tune.branch import Branch
from ratecraft.controllers.tune.choose import Choice
from ratecraft.controllers.tune.finish import Finish
from ratecraft.controllers.tune.fixed_rate import HeldRun, Unannealed
from ratecraft.controllers.tune.foresight import twice
from ratecraft.controllers.tune.probes import Probed, blew_up, record_of
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.controllers.tune.sureness import doubts_about
from ratecraft.controllers.tune.verdict import Judged, judge, repeatability
from ratecraft.laws.losses.noise import margin
from ratecraft.records.answer import Answer, Decision, Foreseen, RunResult
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.schedules.trees.nodes import Schedule


@dataclass(frozen=True, slots=True)
class StudyStages:
    """The stages of a study, up to the last one that it reached.

    Attributes:
        plan: What was fixed before the first probe.
        bracket: The first rung.
        branch: The second rung; empty if the study has none.
        unannealed: The best long probe before its cool-down.
        choice: The chosen rate; None if the scores do not tell one, or if a saturated study stops before it.
        doubts: Doubts about the chosen rate (codes of `sureness.doubts_before`).
        finish: The final run; None if none was made.
        held: The full run at a constant rate.
        foreseen: The score that was predicted for the final run; None if none could be.
        parts: The rates of body and head; None if the study did not get that far.
    """

    plan: StudyPlan
    bracket: Bracket
    branch: Branch
    unannealed: Unannealed = Unannealed()
    choice: Choice | None = None
    doubts: tuple[str, ...] = ()
    finish: Finish | None = None
    held: HeldRun = HeldRun()
    foreseen: Foreseen | None = None
    parts: BodyHead | None = None

    @property
    def has_learned_nothing(self) -> bool:
        """Whether no probe tells a good rate."""
        if self.bracket.bottom is not None:
            return False
        return self.bracket.is_flat or not self.bracket.untrained.any_learned(self.branch.probes)

    @property
    def final_plan(self) -> StudyPlan:
        """The plan of the full runs: if body and head have rates of their own, its rates are the head's."""
        return self.parts.plan if self.parts else self.plan

    @property
    def tried(self) -> tuple[Probed, ...]:
        """The probes of both rungs."""
        return (*self.bracket.probes.values(), *self.branch.probes.values())

    @property
    def best_probe(self) -> Probed | None:
        """The probe with the best score of the whole study."""
        scored = [probe for probe in self.tried if math.isfinite(probe.score)]
        return min(scored, key=lambda probe: (probe.score, probe.rung.stop, probe.octave), default=None)

    @property
    def decisions(self) -> Iterator[Decision]:
        """The decisions before and during the final run, in order."""
        found = (self.bracket, self.branch, self.unannealed, self.choice, self.parts, self.finish)
        for stage in (self.plan.start, self.plan, *found):
            yield from stage.decisions if stage else ()


def answer_of(stages: StudyStages) -> Answer:
    """Put together the answer of a study."""
    plan, finish, facts = stages.plan, stages.finish, stages.plan.start.facts
    uneven = repeatability(plan, _outcomes(stages))
    baseline = plan.run_result(plan.start.baseline) if plan.start.baseline else None
    judged = _judge(stages, baseline, repeatable=uneven is None)
    rate, schedules = _handed_over(stages)
    interval = _interval(stages)
    rough = interval is not None and stages.choice is not None and stages.choice.rough
    decisions = (
        *stages.decisions,
        *_width(stages, interval, rough=rough),
        *((uneven,) if uneven else ()),
        *judged.decisions,
        *_worse_than_branch(stages),
        *stages.held.decisions,
    )
    return Answer(
        verdict=judged.verdict,
        metric=plan.metric,
        scored_by=None if plan.is_scored_alike else plan.scored_by,
        rate=rate,
        interval=interval,
        rough=rough,
        edge=min(_blown_up(stages), default=None),
        own_rate=scripts_rate(facts, started=baseline is None) or (None if plan.start.ramp else plan.start.own_rate),
        horizon=plan.horizon,
        horizon_source=plan.start.horizon_source,
        schedules=schedules,
        groups=facts.groups,
        leading=facts.leading,
        baseline=baseline,
        tuned=finish.kept.run_result if finish and finish.kept.run_result.final is not None else None,
        final_job=finish.kept.job.key if finish else "",
        best_job=_best_job(stages),
        probes=tuple(record for probe in sorted(stages.tried, key=_place_of) if (record := record_of(plan, probe))),
        decisions=decisions,
        doubts=(*stages.doubts, *doubts_about(decisions)),
        marks=tuple(_marks(stages, rough=rough)),
        constant=stages.held.run_result,
        unannealed=stages.unannealed.probe,
        ramp=plan.start.ramp,
        foreseen=stages.foreseen,
        twice=twice(plan, stages.branch.probes, finish.kept.octave, finish.kept.run_result)
        if finish and plan is stages.final_plan
        else None,
        parts=facts.parts if plan.settings.groups else None,
        share=stages.parts.share if stages.parts else None,
        shares=stages.parts.tried if stages.parts else (),
    )


def _place_of(each: Probed) -> tuple[int, int]:
    return each.rung.stop, each.octave


def _outcomes(stages: StudyStages) -> Iterator[Outcome]:
    """Every start of the script, in the order of the study."""
    if stages.plan.start.baseline:
        yield stages.plan.start.baseline
    for probe in stages.tried:
        yield from (outcome for _, outcome in probe.tried)
    yield from (run.outcome for run in (stages.finish.runs if stages.finish else ()))
    yield from (outcome for outcome in (stages.unannealed.outcome, stages.held.outcome) if outcome)


def _blown_up(stages: StudyStages) -> Iterator[float]:
    """The rates that blew up (also those of full runs that went on at half the rate), and the edge of a ramp."""
    yield from (stages.plan.rate(probe.octave) for probe in stages.tried if blew_up(probe))
    seen = stages.plan.start.ramp
    if seen and seen.edge is not None:
        yield seen.edge
    for run in stages.finish.runs if stages.finish else ():
        if run.outcome.halvings or run.outcome.ending is Ending.BLOWN_UP:
            yield stages.final_plan.rate(run.octave)


def _judge(stages: StudyStages, baseline: RunResult | None, *, repeatable: bool) -> Judged:
    """The verdict on the study: its scores, or its final run against the baseline."""
    if stages.has_learned_nothing:
        return Judged("no-information", way_on(stages.plan.start.facts.frameworks))
    if stages.finish is None:
        return Judged("saturated", (Decision("stopped-saturated"),))
    judged = judge(stages.plan, baseline, stages.finish, repeatable=repeatable)
    return Judged("saturated", judged.decisions) if stages.branch.saturated else judged


def _handed_over(stages: StudyStages) -> tuple[float | None, Mapping[str, Schedule]]:
    """Peak rate and schedules of the run that is handed over: the final run, or else the best branch."""
    plan, finish, best = stages.plan, stages.finish, stages.best_probe
    if finish:
        return stages.final_plan.rate(finish.kept.octave), finish.kept.job.schedules
    if stages.has_learned_nothing or best is None:
        return None, {}
    return plan.rate(best.octave), best.tried[-1][0].schedules


def _best_job(stages: StudyStages) -> str:
    """The job whose last weights are the best by the metric; if only training losses are compared, the final run."""
    metric, finish, best = stages.plan.metric, stages.finish, stages.best_probe
    if metric.source == "training":
        if finish and finish.kept.run_result.final is not None:
            return finish.kept.job.key
        return best.tried[-1][0].key if best else ""
    full_runs = [(run.run_result, run.job.key) for run in (finish.runs if finish else ())]
    full_runs += [(stages.held.run_result, stages.held.job)] if stages.held.run_result else []
    candidates = [(metric.sign() * run.best, key) for run, key in full_runs if run.best is not None]
    if stages.plan.is_scored_alike:
        candidates += [(best.score, best.tried[-1][0].key)] if best else []
        for probe in (stages.unannealed.probe, *(stages.parts.tried if stages.parts else ())):
            if probe and probe.score is not None:
                candidates.append((metric.sign() * probe.score, probe.job))
    return min(candidates, key=lambda candidate: candidate[0])[1] if candidates else ""


def _interval(stages: StudyStages) -> tuple[float, float] | None:
    """The interval as rates. It belongs to the rate that the scores point to: if another one was run, there is none."""
    plan, choice, finish = stages.final_plan, stages.choice, stages.finish
    if choice is None or choice.interval is None or finish is None or finish.kept.octave != choice.pointed:
        return None
    return plan.rate(choice.interval[0]), plan.rate(choice.interval[1])


def _width(stages: StudyStages, interval: tuple[float, float] | None, *, rough: bool) -> Iterator[Decision]:
    if interval:
        yield Decision("interval-rough" if rough else "interval", {"low": interval[0], "high": interval[1]})
    elif stages.choice and stages.choice.interval:
        yield Decision("interval-elsewhere")
    elif stages.choice:
        yield Decision("interval-unknown")


def _worse_than_branch(stages: StudyStages) -> Iterator[Decision]:
    """Whether a short probe scored better than the final run, which then over-fits later than any probe could see."""
    plan, best, choice = stages.final_plan, stages.best_probe, stages.choice
    final = stages.finish.kept.run_result.final if stages.finish else None
    if final is None or best is None or choice is None or plan.scored_by.source == "training":
        return
    worse = plan.metric.sign() * final - best.score
    if worse > margin(best.score, plan.settings.worse, None):
        long = plan.rungs[-1].stop
        values = {"final": final, "branch": plan.figure(best.score), "stop": best.rung.stop}
        yield Decision("worse-than-branch", {**values, "rate": plan.rate(choice.bottom) * long / plan.horizon})


def _marks(stages: StudyStages, *, rough: bool) -> Iterator[str]:
    if stages.plan.scored_by.source == "training":
        yield "training" if stages.plan.is_scored_alike else "training-probes"
    if stages.plan.short:
        yield "short-run"
    if rough:
        yield "rough"
    if stages.bracket.still_open:
        yield "at-edge"
