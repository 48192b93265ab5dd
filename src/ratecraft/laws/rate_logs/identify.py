"""Names the schedule behind a rate that was logged.

Path:   steps and rates of a log -> every form that people lay out, the plain ones first -> `Identified`; called by
        diagnosis, and public as `rc.identify`.
Units:  steps of the run, absolute rates; a residual is a share of the highest rate.

A schedule is named only where it explains every point within what the log rounds. Gaps do no harm, nor does a beginning
that was not logged: what came before it is then not known, and the schedule holds its first rate there. Where a plain
schedule explains a log, a richer one is not tried; so a part of a schedule may be named as a plainer one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ratecraft.laws.rate_logs.cycles import cycles
from ratecraft.laws.rate_logs.rate_log import Kind, Match, RateLog
from ratecraft.laws.rate_logs.rise_and_fall import rise_and_fall
from ratecraft.laws.rate_logs.stairs import stairs
from ratecraft.laws.robust import Array, Steps, merged
from ratecraft.records.watching.observed import observed_series
from ratecraft.schedules.builders.constructors import constant
from ratecraft.schedules.trees.nodes import Schedule

_FEWEST = 3
_MOST_TURNS = 200  # a curve with more of them is noise, and every one of them would be tried
_MOST_POINTS = 20_000


@dataclass(frozen=True, slots=True)
class Identified:
    """A schedule that explains a log.

    Attributes:
        kind: `constant`, `linear`, `cosine`, `1-sqrt`, `polynomial`, `exponential`, `inverse-sqrt` (each also after a
            warm-up), `wsd` (a hold, then down), `one-cycle`, `step` (stairs of one length by one factor), `multi-step`
            (by one factor, laid out or cut by a plateau rule: the rate alone does not tell), `stages` (any other
            stairs), `cosine-restarts`, `triangular`, `cosine-waves`.
        schedule: Absolute rates over the steps of the run.
        parameters: Numbers of the schedule by name: `peak`, `warm_up` (steps, 0 without), and by kind `end`, `until`,
            `begins`, `shape`, `start`, `power`, `factor`, `scale`, `every`, `places`, `stairs_count`, `period`,
            `growth`, `decay`.
        residual: Root mean square of the differences, as a share of the highest rate.
    """

    kind: Kind
    schedule: Schedule
    parameters: Mapping[str, float | str]
    residual: float


def identify(steps: Sequence[int], rates: Sequence[float]) -> Identified | None:
    """The schedule that explains logged rates; None if none does.

    Args:
        steps: Steps of the run, never falling; gaps are fine.
        rates: The logged rates, rounded or not; non-finite ones are left out.

    Raises:
        InvalidInput: Steps that fall, or another number of them (`observed-series`).

    Example:
        >>> from ratecraft.schedules.builders.constructors import cosine, warmup
        >>> logged = (3e-4 * (warmup(500) >> cosine(1, 0, 9500))).curve(10_000)[::50]
        >>> found = identify(range(0, 10_000, 50), [float(f"{rate:.2e}") for rate in logged])
        >>> found.kind, found.schedule
        ('cosine', 0.0003 * (warmup(500) >> cosine(1, 0, 9500)))
        >>> identify(range(6), [0.1, 0.4, 0.2, 0.9, 0.3, 0.8]) is None
        True
    """
    series = observed_series("rate", steps, rates)
    finite = np.isfinite(series.values)
    if finite.sum() < _FEWEST:
        return None
    with np.errstate(all="ignore"):  # fits try wild numbers; what is not finite fits nothing
        found = _match(RateLog.of(*_few(*merged(series.steps[finite], series.values[finite]))))
    return None if found is None else Identified(found.kind, found.schedule, found.parameters, found.residual)


def _few(steps: Steps, rates: Array) -> tuple[Steps, Array]:
    """At most some thousand points: a schedule that is right at every tenth step is right."""
    apart = -(-len(steps) // _MOST_POINTS)
    return steps[::apart], rates[::apart]


def _match(log: RateLog) -> Match | None:
    if len(log) < _FEWEST or float(log.rates.min()) < 0:
        return None
    level = float(np.median(log.rates))
    if (np.abs(log.rates - level) <= log.slack).all() and len(log.runs) <= 2:
        return Match("constant", constant(level), {"peak": level, "warm_up": 0.0}, 0.0, 0.0)
    if len(log.turns) > _MOST_TURNS:
        return None
    found = stairs(log, rise_and_fall)
    if found is None and len(log.turns) <= (3 if log.summit else 2):
        found = rise_and_fall(log)
    return found if found is not None else cycles(log) if len(log.turns) > 2 else None
