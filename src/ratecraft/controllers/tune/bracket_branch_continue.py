"""Bracket–branch–continue, the default tuner: a peak rate and a finished run for about one and a half runs.

Path:   settings -> baseline -> first rung -> second rung -> choice -> body and head -> final run -> answer.
Source: docs/reference/tuner.md. On twelve small real tasks: median regret −0.2 % at 1.5 runs; twelve full random runs
        −0.1 % at 12.
"""

from dataclasses import dataclass

from ratecraft.controllers.baseline.start import begin
from ratecraft.controllers.probing.ramp import with_own_rate
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.synchronous import Asking, State, Synchronous, next_jobs
from ratecraft.controllers.tune.answer import StudyStages, answer_of
from ratecraft.controllers.tune.body_head import body_head, knows_parts
from ratecraft.controllers.tune.bracket import bracket
from ratecraft.controllers.tune.branch import branch
from ratecraft.controllers.tune.choose import choose
from ratecraft.controllers.tune.finish import final_jobs, finish
from ratecraft.controllers.tune.fixed_rate import hold, score_unannealed
from ratecraft.controllers.tune.foresight import foreseen
from ratecraft.controllers.tune.probes import jobs_of
from ratecraft.controllers.tune.study_plan import plan_of
from ratecraft.controllers.tune.sureness import doubts_before
from ratecraft.controllers.tune.usual_rate import with_usual_rate
from ratecraft.records.answer import Answer
from ratecraft.records.events import Proposed


@dataclass(frozen=True, slots=True)
class BracketBranchContinue(Synchronous):
    """The default tuner as a controller (`controllers.controller.Controller`).

    Example:
        >>> tuner = BracketBranchContinue(TunerSettings())
        >>> [each.phase for each in tuner.wanted(tuner.init(), free=2)]
        ['baseline']
    """

    settings: TunerSettings

    def wanted(self, state: State, free: int) -> tuple[Proposed, ...] | Answer:
        """At most `free` new jobs, trunks not counted (none while it waits for outcomes), or the answer.

        Raises:
            InvalidInput: What the first run showed does not allow a study (too short, rate 0, no steps, …).
            ScriptFailed: The user's own code fails in its first run, or in every probe.
            NoAnswer: The script never prints the figure to compare.
        """
        return next_jobs(study(self.settings), state, free)


def study(settings: TunerSettings) -> Asking[Answer]:
    """A whole study from beginning to end: each job it asks for, in order, and what follows from it."""
    start = with_usual_rate((yield from begin(settings)), settings)
    start = yield from with_own_rate(start, settings.seed)
    start = knows_parts(start, settings)
    first = yield from bracket(plan_of(start, settings))
    second = yield from branch(first.plan, first)
    plan = second.plan
    course = StudyStages(plan, first, second)
    if course.has_learned_nothing or (second.saturated and settings.stop_when_saturated):
        return answer_of(course)
    choice = choose(plan, first, second)
    longest, spent = second.probes or first.probes, jobs_of(first.probes, second.probes)
    parts = yield from body_head(plan, longest, spent, "branch")
    spent = (*spent, *parts.jobs)
    doubts = tuple(doubts_before(plan, first, choice))
    finals = final_jobs(parts.plan, choice.octave, parts.probes or longest, spent, doubts)
    unannealed = yield from score_unannealed(plan, second, (*spent, *finals.jobs))
    ahead = None if parts.probes else foreseen(plan, first.probes, second.probes, choice.octave)
    final = yield from finish(parts.plan, finals, ahead)
    held = yield from hold(parts.plan, final)
    return answer_of(StudyStages(plan, first, second, unannealed, choice, doubts, final, held, ahead, parts))
