"""Scores of a search by rate, as means over the seeds.

Path:   `Searched` -> score by rate, the noise of one of them.
Units:  the unit of the metric.
"""

import math
import statistics
from collections.abc import Mapping

from ratecraft.records.trials import Searched


def scores_by_rate(found: Searched | None) -> tuple[Mapping[float, float | None], float | None]:
    """The mean score of each rate, None for a run without one; and its standard deviation, None with one seed."""
    scores = dict[float, list[float | None]]()
    for trial in found.trials if found else ():
        scores.setdefault(trial.values["rate"], []).extend(trial.scores if trial.is_whole else [None])
    told = {rate: [seed for seed in seeds if seed is not None] for rate, seeds in scores.items()}
    whole = {rate: bool(seeds) and len(seeds) == len(scores[rate]) for rate, seeds in told.items()}
    means = {rate: statistics.fmean(seeds) if whole[rate] else None for rate, seeds in told.items()}
    spreads = [
        statistics.variance(seeds) / len(seeds) for rate, seeds in told.items() if whole[rate] and len(seeds) > 1
    ]
    return means, math.sqrt(statistics.fmean(spreads)) if spreads else None
