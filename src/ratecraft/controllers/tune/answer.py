"""From everything that was found to the answer.

Path:   bracket, branch rung, choice, body and head, final run, as far as the study went -> `Answer`.
Units:  octaves become rates here, and scores the unit of the metric.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ratecraft.controllers.baseline.start import scripts_rate
from ratecraft.controllers.tune.body_head import BodyHead
from ratecraft.controllers.tune.bracket import Bracket
from ratecraft.controllers.tune.branch import Branch
from ratecraft.controllers.tune.choose import Choice
from ratecraft.controllers.tune.finish import Finish
from ratecraft.controllers.tune.fixed_rate import HeldRun, Unannealed
from ratecraft.controllers.tune.foresight import twice
from ratecraft.controllers.tune.plan import Plan
from ratecraft.controllers.tune.probes import Probed, blew_up, record_of
from ratecraft.controllers.tune.sureness import doubts_about
from ratecraft.controllers.tune.verdict import Judged, judge, repeatability
from ratecraft.laws.noise import margin
from ratecraft.records.answer import Answer, Decision, Foreseen, Standing
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.schedules.nodes import Schedule

__all__ = ["Course", "answer_of"]


@dataclass(frozen=True, slots=True)
class Course:
    """How a study went, stage by stage, as far as it went.

    Attributes:
        plan: Its frame.
        bracket: The first rung.
        branch: The second rung; an empty one where the study has none.
        unannealed: The best long probe before its cool-down.
        choice: None where the scores tell nothing, or where a saturated study stops.
        doubts: About the rate that was chosen, of `sureness.doubts_before`.
        finish: None where no final run was made.
        held: The full run at a constant rate.
        foreseen: Where the final run was to end; None where nothing could be said of it.
        parts: Body and head; None where the study did not come so far.
    """

    plan: Plan
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
        """Whether no probe tells anything of a good rate."""
        if self.bracket.bottom is not None:
            return False
        return self.bracket.is_flat or not self.bracket.untrained.any_learned(self.branch.probes)

    @property
    def final_plan(self) -> Plan:
        """The frame of full runs: where body and head have rates of their own, its rates are the head's."""
        return self.parts.plan if self.parts else self.plan

    @property
    def tried(self) -> tuple[Probed, ...]:
        """The probes of both rungs."""
        return (*self.bracket.probes.values(), *self.branch.probes.values())

    @property
    def best_probe(self) -> Probed | None:
        """The probe with the best score of the study."""
        scored = [probe for probe in self.tried if math.isfinite(probe.score)]
        return min(scored, key=lambda probe: (probe.score, probe.rung.stop, probe.octave), default=None)

    @property
    def decisions(self) -> Iterator[Decision]:
        """What was decided on the way to the final run and in it, in order."""
        found = (self.bracket, self.branch, self.unannealed, self.choice, self.parts, self.finish)
        for stage in (self.plan.start, self.plan, *found):
            yield from stage.decisions if stage else ()


def answer_of(course: Course) -> Answer:
    """The answer of a study."""
    plan, finish, facts = course.plan, course.finish, course.plan.start.facts
    uneven = repeatability(plan, _outcomes(course))
    baseline = plan.standing(plan.start.baseline) if plan.start.baseline else None
    judged = _judge(course, baseline, repeatable=uneven is None)
    rate, schedules = _handed_over(course)
    interval = _interval(course)
    rough = interval is not None and course.choice is not None and course.choice.rough
    decisions = (
        *course.decisions,
        *_width(course, interval, rough=rough),
        *((uneven,) if uneven else ()),
        *judged.decisions,
        *_worse_than_branch(course),
        *course.held.decisions,
    )
    return Answer(
        verdict=judged.verdict,
        metric=plan.metric,
        scored_by=None if plan.is_scored_alike else plan.scored_by,
        rate=rate,
        interval=interval,
        rough=rough,
        edge=min(_blown_up(course), default=None),
        own_rate=scripts_rate(facts, started=baseline is None) or (None if plan.start.ramp else plan.start.own_rate),
        horizon=plan.horizon,
        horizon_source=plan.start.horizon_source,
        schedules=schedules,
        groups=facts.groups,
        leading=facts.leading,
        baseline=baseline,
        tuned=finish.kept.standing if finish and finish.kept.standing.final is not None else None,
        final_job=finish.kept.job.key if finish else "",
        best_job=_best_job(course),
        probes=tuple(record for probe in sorted(course.tried, key=_place_of) if (record := record_of(plan, probe))),
        decisions=decisions,
        doubts=(*course.doubts, *doubts_about(decisions)),
        marks=tuple(_marks(course, rough=rough)),
        constant=course.held.standing,
        unannealed=course.unannealed.probe,
        ramp=plan.start.ramp,
        foreseen=course.foreseen,
        twice=twice(plan, course.branch.probes, finish.kept.octave, finish.kept.standing)
        if finish and plan is course.final_plan
        else None,
        parts=facts.parts if plan.settings.groups else None,
        share=course.parts.share if course.parts else None,
        shares=course.parts.tried if course.parts else (),
    )


def _place_of(each: Probed) -> tuple[int, int]:
    return each.rung.stop, each.octave


def _outcomes(course: Course) -> Iterator[Outcome]:
    """Every start of the script, in the order of the study."""
    if course.plan.start.baseline:
        yield course.plan.start.baseline
    for probe in course.tried:
        yield from (outcome for _, outcome in probe.tried)
    yield from (run.outcome for run in (course.finish.runs if course.finish else ()))
    yield from (outcome for outcome in (course.unannealed.outcome, course.held.outcome) if outcome)


def _blown_up(course: Course) -> Iterator[float]:
    """The rates that blew up, those of full runs that went on at half the rate among them, and the edge of a ramp."""
    yield from (course.plan.rate(probe.octave) for probe in course.tried if blew_up(probe))
    seen = course.plan.start.ramp
    if seen and seen.edge is not None:
        yield seen.edge
    for run in course.finish.runs if course.finish else ():
        if run.outcome.halvings or run.outcome.ending is Ending.BLOWN_UP:
            yield course.final_plan.rate(run.octave)


def _judge(course: Course, baseline: Standing | None, *, repeatable: bool) -> Judged:
    """What the scores and the final run come to."""
    if course.has_learned_nothing:
        return Judged("no-information", ())
    if course.finish is None:
        return Judged("saturated", (Decision("stopped-saturated"),))
    judged = judge(course.plan, baseline, course.finish, repeatable=repeatable)
    return Judged("saturated", judged.decisions) if course.branch.saturated else judged


def _handed_over(course: Course) -> tuple[float | None, Mapping[str, Schedule]]:
    """Peak rate and schedules of the run that is handed over: the final one, or where it stops the best branch."""
    plan, finish, best = course.plan, course.finish, course.best_probe
    if finish:
        return course.final_plan.rate(finish.kept.octave), finish.kept.job.schedules
    if course.has_learned_nothing or best is None:
        return None, {}
    return plan.rate(best.octave), best.tried[-1][0].schedules


def _best_job(course: Course) -> str:
    """The job whose state is the best by the metric; training losses validate nothing, so there it is the final one."""
    metric, finish, best = course.plan.metric, course.finish, course.best_probe
    if metric.source == "training":
        if finish and finish.kept.standing.final is not None:
            return finish.kept.job.key
        return best.tried[-1][0].key if best else ""
    full_runs = [(run.standing, run.job.key) for run in (finish.runs if finish else ())]
    full_runs += [(course.held.standing, course.held.job)] if course.held.standing else []
    candidates = [(metric.sign() * run.best, key) for run, key in full_runs if run.best is not None]
    if course.plan.is_scored_alike:
        candidates += [(best.score, best.tried[-1][0].key)] if best else []
        for probe in (course.unannealed.probe, *(course.parts.tried if course.parts else ())):
            if probe and probe.score is not None:
                candidates.append((metric.sign() * probe.score, probe.job))
    return min(candidates, key=lambda candidate: candidate[0])[1] if candidates else ""


def _interval(course: Course) -> tuple[float, float] | None:
    """The interval as rates. It is about the rate that the scores point to: of a run at another one there is none."""
    plan, choice, finish = course.final_plan, course.choice, course.finish
    if choice is None or choice.interval is None or finish is None or finish.kept.octave != choice.pointed:
        return None
    return plan.rate(choice.interval[0]), plan.rate(choice.interval[1])


def _width(course: Course, interval: tuple[float, float] | None, *, rough: bool) -> Iterator[Decision]:
    if interval:
        yield Decision("interval-rough" if rough else "interval", {"low": interval[0], "high": interval[1]})
    elif course.choice and course.choice.interval:
        yield Decision("interval-elsewhere")
    elif course.choice:
        yield Decision("interval-unknown")


def _worse_than_branch(course: Course) -> Iterator[Decision]:
    """A final figure that a short probe had beaten: the run over-fits after the last probe could see it."""
    plan, best, choice = course.final_plan, course.best_probe, course.choice
    final = course.finish.kept.standing.final if course.finish else None
    if final is None or best is None or choice is None or plan.scored_by.source == "training":
        return
    worse = plan.metric.sign() * final - best.score
    if worse > margin(best.score, plan.settings.worse, None):
        long = plan.rungs[-1].stop
        values = {"final": final, "branch": plan.figure(best.score), "stop": best.rung.stop}
        yield Decision("worse-than-branch", {**values, "rate": plan.rate(choice.bottom) * long / plan.horizon})


def _marks(course: Course, *, rough: bool) -> Iterator[str]:
    if course.plan.scored_by.source == "training":
        yield "training" if course.plan.is_scored_alike else "training-probes"
    if course.plan.short:
        yield "short-run"
    if rough:
        yield "rough"
    if course.bracket.still_open:
        yield "at-edge"
