"""The price of a study, said before it starts and sharpened once the length of a run is known.

Path:   settings, horizon -> the controller's estimate -> screens, `--dry-run`.
"""

from dataclasses import dataclass, replace

from ratecraft.api.studies.earlier import earlier_baseline
from ratecraft.api.studies.study import Settings, Study
from ratecraft.controllers.estimate import estimate, find_estimate, prove_estimate
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.search.estimate import search_estimate
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.tune import TunerSettings


@dataclass(frozen=True, slots=True)
class StudyEstimate:
    """The planned study and what it will cost.

    Attributes:
        probes: Scored probes.
        final_runs: Full runs at chosen rates, one that is held constant for comparison among them.
        runs: What probes and final runs cost, in runs.
        total_runs: The same with the baseline.
        budget: The most that `runs` may become.
        horizon: Optimizer steps of a full run; None until the baseline has told it.
    """

    probes: int
    final_runs: int
    runs: float
    total_runs: float
    budget: float
    horizon: int | None


def announced(study: Study) -> tuple[StudyEstimate, str]:
    """What a study that is to begin will cost, and the name of the one whose baseline it will use again, if any.

    Raises:
        InvalidInput: Same as `Study.header`, and where the run is too short to be tuned by probes.
    """
    planned, again = study_estimate(study.settings), earlier_baseline(study)
    return replace(planned, total_runs=planned.runs) if again else planned, again


def study_estimate(settings: Settings, horizon: int | None = None) -> StudyEstimate:
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
            planned = search_estimate(settings, steps)
        case FindSettings():
            planned = find_estimate(settings, steps)
        case ProveSettings():
            planned = prove_estimate(settings, steps)
        case TunerSettings():
            planned = estimate(settings, steps)
    return StudyEstimate(planned.probes, planned.final_runs, planned.runs, planned.total_runs, planned.budget, steps)
