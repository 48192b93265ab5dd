"""Estimates the price of a study before it starts, and again once the length of a run is known.

Path:   settings, horizon -> the controller's estimate -> screens, `--dry-run`.
"""

from dataclasses import replace

from ratecraft.api.studies.earlier import earlier_baseline
from ratecraft.api.studies.study import Settings, Study
from ratecraft.controllers.estimate import Estimate, estimate, find_estimate, prove_estimate
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.search.estimate import search_estimate
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.tune import TunerSettings


def announced(study: Study) -> tuple[Estimate, str]:
    """What a study that is to begin will cost, and the name of the one whose baseline it will use again, if any.

    Raises:
        InvalidInput: Same as `Study.header`, and where the run is too short to be tuned by probes.
    """
    planned, again = study_estimate(study.settings), earlier_baseline(study)
    return replace(planned, total_runs=planned.runs) if again else planned, again


def study_estimate(settings: Settings, horizon: int | None = None) -> Estimate:
    """What a study will cost.

    Args:
        settings: Settings of the study.
        horizon: Steps of a full run; None before a run has told them: then those of the settings count.

    Raises:
        InvalidInput: The run is too short to be tuned by probes.

    Example:
        >>> study_estimate(FindSettings()).probes
        5
    """
    steps = horizon or settings.steps
    match settings:
        case SearchSettings():
            return search_estimate(settings, steps)
        case FindSettings():
            return find_estimate(settings, steps)
        case ProveSettings():
            return prove_estimate(settings, steps)
        case TunerSettings():
            return estimate(settings, steps)
