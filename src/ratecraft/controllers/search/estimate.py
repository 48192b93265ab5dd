"""What a classic search will cost, estimated before it starts.

Path:   settings, and the horizon where it is known -> shortened and full runs, for the estimate and `--dry-run`.
Units:  runs (steps / horizon).
"""

from ratecraft.controllers.estimate import Estimate
from ratecraft.controllers.search.halving import brackets, entering, planned_steps
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.start import planned_rungs
from ratecraft.controllers.search.trial_jobs import Frame
from ratecraft.records.metrics import Metric

_ROUND = 32_768
"""A horizon of which every share is a whole number of steps."""


def search_estimate(settings: SearchSettings, horizon: int | None = None) -> Estimate:
    """What a search will most likely cost, assuming that runs share no work.

    Args:
        settings: Settings of the search.
        horizon: Steps of a full run; None if they are not known yet.

    Raises:
        InvalidInput: The run is too short for rungs, or a grid has more combinations than there may be trials.

    Example:
        >>> found = search_estimate(SearchSettings(method="asha", branching="fork"))
        >>> found.probes, found.final_runs, round(found.runs, 2)
        (20, 1, 3.0)
        >>> search_estimate(SearchSettings(method="random", trials=8, seeds=2)).runs
        16.0
    """
    steps = horizon or _ROUND
    if settings.shortens:
        probes, full, runs = _shortened(settings, steps)
    else:
        most = settings.most_trials
        if settings.rule.is_grid and settings.space.parameters:
            most = len(settings.space.grid(most))
        count = most if most is not None else int((settings.budget or 0) / settings.seeds)
        probes, full, runs = 0, count * settings.seeds, float(count * settings.seeds)
    if settings.budget is not None:
        runs = min(runs, settings.budget)
    budget = settings.budget if settings.budget is not None else runs
    return Estimate(probes, full, runs, runs + settings.baseline, round(budget, 2), horizon)


def _shortened(settings: SearchSettings, steps: int) -> tuple[int, int, float]:
    frame = Frame(
        settings, settings.space, steps, 0.0, Metric("", "min"), settings.seeds, planned_rungs(settings, steps)
    )
    planned, probes, full = brackets(frame), 0, 0
    for bracket in planned:
        *rungs, (_, last) = entering(frame, bracket)
        probes, full = probes + sum(many for _, many in rungs), full + last
    runs = planned_steps(frame, planned) * settings.seeds / steps
    return probes * settings.seeds, full * settings.seeds, runs
