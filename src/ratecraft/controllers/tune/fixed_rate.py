"""What annealing gained over a constant rate: for the best long probe and, on request, for the full run.

Path:   second rung -> its best trunk scored as it is; final run -> the same with its rate held constant to the end ->
        the comparison in the answer.
Units:  the unit of the metric; steps are optimizer steps.

Neither is ever used to rank rates, since un-annealed scores rank them wrongly.
"""

import math
from dataclasses import dataclass

from ratecraft.controllers.synchronous import Asking
from ratecraft.controllers.tune.branch import Branch
from ratecraft.controllers.tune.finish import Finish
from ratecraft.controllers.tune.probes import best_of, noise_of, score_of
from ratecraft.controllers.tune.study_jobs import held_job, unannealed_job
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.controllers.tune.verdict import least_difference
from ratecraft.laws.losses.noise import margin
from ratecraft.records.answer import Decision, Probe, RunResult
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Unannealed:
    """The best long probe before its cool-down; `probe` is None if it was not scored."""

    probe: Probe | None = None
    outcome: Outcome | None = None
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldRun:
    """The full run whose rate was held constant; `run_result` is None if there was none."""

    job: str = ""
    outcome: Outcome | None = None
    run_result: RunResult | None = None
    decisions: tuple[Decision, ...] = ()


def score_unannealed(plan: StudyPlan, second: Branch, spent: tuple[Job, ...]) -> Asking[Unannealed]:
    """Score the trunk of the best long probe without a cool-down, if that is free or the budget has ample room for it.

    The score decides nothing, so the budget must hold as much again afterwards.

    Args:
        plan: What was fixed before the first probe.
        second: The second rung.
        spent: The jobs so far, and those still to come.
    """
    best = second.probes[best_of(second.probes)] if second.probes else None
    if best is None or best.trunk is None or not math.isfinite(best.score):
        return Unannealed()
    rung, job = best.rung, unannealed_job(best.rung, best.trunk)
    cost = plan.budget.of_piece(rung.trunk, rung.trunk)
    if not plan.affords(cost, spent, after=cost):
        needed = {"runs": cost / plan.horizon, "budget": plan.least_budget(2 * cost, spent)}
        return Unannealed(decisions=(Decision("annealing-not-compared", needed),))
    (outcome,) = yield (Proposed(job, "branch"),)
    score = score_of(plan, outcome)
    if not math.isfinite(score):
        missing = Decision("annealing-without-score", {"metric": plan.scored_by.name, "at": rung.trunk})
        return Unannealed(outcome=outcome, decisions=(missing,))
    gained, least = score - best.score, margin(best.score, plan.settings.worse, noise_of(second.probes))
    code = "annealing-gained" if gained > least else "annealing-gained-nothing"
    values = {"rate": plan.rate(best.octave), "at": rung.trunk, "stop": rung.stop, "gained": gained}
    values |= {"fixed": plan.figure(score), "annealed": plan.figure(best.score)}
    probe = Probe(job.key, plan.rate(best.octave), rung.trunk, plan.figure(score), outcome.ending.value)
    return Unannealed(probe, outcome, (Decision(code, values),))


def hold(plan: StudyPlan, finish: Finish) -> Asking[HeldRun]:
    """Run once more in full with the rate of the final run held constant, if that is asked for."""
    tuned = finish.kept.run_result.final
    if not plan.settings.compare_constant:
        return HeldRun()
    if tuned is None:
        return HeldRun(decisions=(Decision("constant-skipped"),))
    rate, job = plan.rate(finish.kept.octave), held_job(plan, finish.kept.octave)
    (outcome,) = yield (Proposed(job, "final"),)
    run_result = plan.run_result(outcome)
    if run_result.final is None:
        return HeldRun(job.key, outcome, run_result, (Decision("constant-without-score", {"rate": rate}),))
    least = least_difference(plan, run_result.final, outcome, finish.kept.outcome)
    better = plan.metric.sign() * (run_result.final - tuned)
    code = "constant-worse" if better > least else "constant-equal" if better >= -least else "constant-better"
    values = {"rate": rate, "constant": run_result.final, "tuned": tuned, "margin": least}
    return HeldRun(job.key, outcome, run_result, (Decision(code, values),))
