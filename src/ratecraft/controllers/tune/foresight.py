"""Where the final run will end: predicted before it is made, and compared afterwards with its result.

Path:   probes of both rungs, the chosen rate -> `Foreseen`; the final run -> where a run of twice the steps would end.
Units:  octaves above the script's own rate; scores with smaller = better; steps are optimizer steps.
Source: `laws.foresight`, calibrated on validation losses of runs with the usual schedule: nothing is predicted for
        others.
"""

from ratecraft.controllers.tune.probes import Probes, noise_of, scores_of
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.laws.losses.foresight import foresee, score_at
from ratecraft.records.answer import Foreseen, RunResult, Span


def foreseen(plan: StudyPlan, bracket: Probes, branch: Probes, octave: float) -> Foreseen | None:
    """The predicted score of runs at the chosen rate.

    Args:
        plan: What was fixed before the first probe.
        bracket: Probes of the first rung.
        branch: Probes of the second rung; empty if there is none.
        octave: Octave of the chosen rate.

    Returns:
        None if nothing can be predicted: the metric is not a validation loss, the schedule is the user's own, there is
        no second rung, the rate is far from those that were probed, or longer probes did not help.
    """
    short, long = _score_at(plan, bracket, octave), _score_at(plan, branch, octave)
    if not _is_known(plan) or short is None or long is None:
        return None
    first, last = plan.rungs[0].stop, plan.rungs[-1].stop
    noise = noise_of(branch)
    found = foresee((first, short), (last, long), once=plan.start.single_pass, noise=noise)
    return found and Foreseen(found.at(plan.horizon), found.at(2 * plan.horizon))


def twice(plan: StudyPlan, branch: Probes, octave: float, run_result: RunResult) -> Span | None:
    """The predicted score of a run of twice the steps, from how far the final run came beyond the long probes.

    Args:
        plan: What was fixed before the first probe.
        branch: Probes of the second rung.
        octave: Octave of the final run's rate.
        run_result: Result of the final run.

    Returns:
        None as for `foreseen`, and if the final run over-fits or blew up.
    """
    long = _score_at(plan, branch, octave)
    if not _is_known(plan) or long is None or run_result.final is None:
        return None
    found = foresee((plan.rungs[-1].stop, long), (run_result.steps, run_result.final), once=plan.start.single_pass)
    return found and found.at(2 * run_result.steps)


def _is_known(plan: StudyPlan) -> bool:
    """Whether a prediction is asked for, and the law was calibrated on such figures and such runs."""
    asked = plan.settings.foresees
    return asked and plan.scored_by.source != "training" and plan.metric.direction == "min" and plan.shape is None


def _score_at(plan: StudyPlan, probes: Probes, octave: float) -> float | None:
    """The score at an octave; None far from the probed ones."""
    return score_at(scores_of(probes), octave, plan.settings.restart)
