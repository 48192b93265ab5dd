"""What a study will cost, estimated before it starts.

Path:   settings, and the horizon where it is known -> probes and runs, for the estimate and `--dry-run`.
Units:  runs (steps / horizon).
"""

from dataclasses import dataclass

from ratecraft.controllers.budget import Budget
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.probing.rungs import rung_of, rungs_of
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.study_plan import LEAST_PROBES, after_bracket, left_at

_ROUND = 8192
"""A horizon of which every share is a whole number of steps, and not so large that the study is cheaper than usual."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimate of a study whose bracket needs no extension.

    Attributes:
        probes: Scored probes.
        final_runs: Full runs at chosen rates, including one at a constant rate for comparison.
        runs: What probes and final runs cost.
        total_runs: Probes, final runs and baseline together.
        budget: Upper limit of `runs`: the budget, plus the constant-rate run if one is asked for.
        horizon: Optimizer steps of a full run; None until the baseline has told it.
    """

    probes: int
    final_runs: int
    runs: float
    total_runs: float
    budget: float
    horizon: int | None


def estimate(settings: TunerSettings, horizon: int | None = None) -> Estimate:
    """What a study will most likely cost.

    Args:
        settings: Settings of the study.
        horizon: Steps of a full run; None if only the first run will tell, in which case two rungs are assumed.

    Raises:
        InvalidInput: The run is too short to be tuned by probes.

    Example:
        >>> found = estimate(TunerSettings())
        >>> found.probes, round(found.runs, 1), round(found.total_runs, 1)
        (8, 1.7, 2.7)
    """
    steps = horizon or _ROUND
    rungs = rungs_of(steps, settings, cheap=settings.mode == "cheap")
    budget = Budget(steps, settings.budget_of(steps), settings.branching)
    first, last = rungs[0], rungs[-1]
    probes = LEAST_PROBES
    spent = probes * budget.of_piece(first.stop) + after_bracket(rungs, budget, settings)
    if last is not first:
        third = budget.of_piece(last.stop)
        keeps_third = budget.allows(spent + third)
        probes, spent = probes + 2 + keeps_third, spent + third * keeps_third
    another = budget.of_run(left_at(rungs, settings))
    second_run = settings.budget >= settings.second_run_budget and budget.allows(spent + another)
    spent += another * second_run
    unannealed = budget.of_piece(last.trunk, last.trunk) if last is not first else 0
    spent += unannealed * budget.allows(spent + 2 * unannealed)
    final_runs = 1 + second_run + settings.compare_constant
    runs = (spent + budget.of_run() * settings.compare_constant) / steps
    probes += settings.share_probes if settings.groups else 0
    return Estimate(probes, final_runs, runs, runs + settings.baseline, settings.most_runs(steps), horizon)


def find_estimate(settings: FindSettings, horizon: int | None = None) -> Estimate:
    """What a search for a rate alone will most likely cost.

    Args:
        settings: Settings of the search.
        horizon: Steps of a full run; None if not known yet, in which case the dearest length is assumed.

    Example:
        >>> found = find_estimate(FindSettings(), 1000)
        >>> found.probes, round(found.runs, 2), found.final_runs
        (5, 0.2, 0)
    """
    steps = horizon or round(settings.most_trunk / settings.share)
    if settings.ramp_only:
        runs = settings.ramp_length(steps) / steps
        return Estimate(0, 0, runs, runs, round(runs, 2), horizon)
    stop = rung_of(settings.trunk(steps), settings.tuner).stop
    parts = settings.tuner.share_probes if settings.groups else 0
    probes, most = (count * settings.seeds + parts for count in (LEAST_PROBES, settings.most_probes))
    runs = probes * stop / steps
    return Estimate(probes, 0, runs, runs, round(most * stop / steps, 2), horizon)


_ARMS, _ARM_STEPS = 6, 50  # assumed of a proof whose baseline has not run yet: three arms at each of two places
_LONG_ARMS, _LONG_SHARE = 2, 0.25  # and the best arm again, for a quarter of the run
_WAY = 1 / 3  # of the run, up to the first of these places


def prove_estimate(settings: ProveSettings, horizon: int | None = None) -> Estimate:
    """What a proof will most likely cost, before its baseline tells which experiments it needs.

    Args:
        settings: Settings of the proof.
        horizon: Steps of a full run; None if only the baseline will tell.

    Example:
        >>> found = prove_estimate(ProveSettings(), 5000)
        >>> found.probes, round(found.runs, 1)
        (24, 2.0)
    """
    whole = horizon or _ROUND
    short = [(len(experiment.arms), experiment.steps) for experiment in settings.experiments or ()] or [
        (_ARMS, _ARM_STEPS)
    ]
    sizes = [*short, (_LONG_ARMS, round(_LONG_SHARE * whole))]
    probes = settings.repeats * sum(arms for arms, _ in sizes)
    runs = min(settings.budget, _WAY + settings.repeats * sum(arms * size for arms, size in sizes) / whole)
    return Estimate(probes, 0, runs, runs + settings.baseline, settings.budget, horizon)
