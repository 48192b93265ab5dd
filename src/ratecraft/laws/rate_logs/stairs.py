"""A rate that stands, falls at once, and stands again: stairs by one factor, stages, or a smooth way taken in stairs.

Path:   a log whose rates come in runs -> `stairs` -> `identify`.
Units:  steps of the run, absolute rates.

Where the log has gaps a stair lies somewhere between two of its steps; the roundest number there is taken.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ratecraft.errors import InvalidInput
from ratecraft.laws.rate_logs.rate_log import Match, RateLog, checked
from ratecraft.laws.robust import Array, median
from ratecraft.schedules.builders.compositions import multistep, piecewise, step

_JUMP = 4.0  # slacks: more than two of the last places, where a smooth curve moves by one
_SMOOTH = 6  # stairs from which on a smooth way may lie beneath them
_FACTOR_DIGITS = (1, 2, 3, 4)


def stairs(log: RateLog, smooth: Callable[[RateLog], Match | None]) -> Match | None:
    """The stairs that explain a log; None if it has none.

    Args:
        log: The rate as it was logged.
        smooth: What names a way that is read once a stair.
    """
    if _is_stairs(log):
        every = _pace(log)
        if every is not None and len(log.runs) > _SMOOTH:
            found = _quantised(log, every, smooth)
            if found is not None:
                return found
        return _stages(log, every)
    summit = log.summit
    if not summit or not _is_stairs(log.part(summit)):
        return None
    first_stage = log.part(summit).runs[1] + summit
    rise = smooth(log.part(0, first_stage))
    body = _stages(log.part(summit), None) if rise is not None and rise.kind == "constant" else None
    return None if rise is None or body is None else _joined(rise, body, log)


def roundest(low: int, high: int) -> int:
    """The whole number above `low` and up to `high` that has the most zeros at its end; the last of them.

    Example:
        >>> roundest(2993, 3010), roundest(41, 47), roundest(99, 100)
        (3000, 45, 100)
    """
    size = 10 ** len(str(high))
    while size > 1:
        for part in (size, size // 2) if size % 2 == 0 else (size,):
            if high // part * part > low:
                return high // part * part
        size //= 10
    return high


def _is_stairs(log: RateLog) -> bool:
    """Whether every run but the last has two points or more, and every change is one that rounding does not make."""
    if len(log.runs) < 2 or min(after - before for before, after in pairwise(log.runs)) < 2:
        return False
    starts = np.array(log.runs[1:])
    changes = np.abs(log.rates[starts] - log.rates[starts - 1])
    return bool((changes > _JUMP * np.minimum(log.slack[starts], log.slack[starts - 1])).all())


def _gaps(log: RateLog) -> list[tuple[int, int]]:
    """For each stair, the last step before it and the first one behind it."""
    return [(int(log.steps[start - 1]), int(log.steps[start])) for start in log.runs[1:]]


def _pace(log: RateLog) -> int | None:
    """Steps of every stair, counted from step 0; None where they are not alike."""
    gaps = _gaps(log)
    if len(gaps) == 1:
        return None
    pace = (gaps[-1][1] - gaps[0][1]) / (len(gaps) - 1)
    missed = max(round(gaps[0][1] / pace) - 1, 0)  # stairs before the log begins
    counts = range(1 + missed, 1 + missed + len(gaps))
    low = max(before / count for count, (before, _) in zip(counts, gaps, strict=True))
    high = min(after / count for count, (_, after) in zip(counts, gaps, strict=True))
    low, high = int(low // 1), int(high // 1)
    return roundest(low, high) if high > low else None


def _quantised(log: RateLog, every: int, smooth: Callable[[RateLog], Match | None]) -> Match | None:
    """A smooth way, read once a stair."""
    starts = np.array(log.runs)
    levels = RateLog(log.steps[starts] // every * every, log.rates[starts], log.slack[starts])
    found = smooth(levels)
    if found is None:
        return None
    return checked(found.kind, {**found.parameters, "every": every}, found.schedule.quantise(every), log)


def _stages(log: RateLog, every: int | None) -> Match | None:
    levels = log.rates[list(log.runs)]
    places = [roundest(*gap) for gap in _gaps(log)]
    if places[0] <= 0:
        return None
    factor = _factor(levels, log.slack[list(log.runs)])
    told: dict[str, float | str] = {"peak": float(levels[0]), "end": float(levels[-1]), "stairs_count": len(places)}
    told["places"] = ", ".join(f"{place:,}" for place in places)
    try:
        if factor is not None and every is not None and places[0] < 1.5 * every:
            schedule = float(levels[0]) * step(every, factor, len(places))
            found = checked("step", {**told, "every": every, "factor": factor}, schedule, log)
            if found is not None:
                return found
        if factor is not None:
            return checked("multi-step", {**told, "factor": factor}, float(levels[0]) * multistep(places, factor), log)
        return checked("stages", told, piecewise(levels.tolist(), places), log)
    except InvalidInput:  # as many stairs as no one lays out
        return None


def _factor(levels: Array, slack: Array) -> float | None:
    """The roundest factor by which each level follows from the first; None if there is none."""
    if not (levels > 0).all():
        return None
    usual = float(np.exp(np.log(levels[-1] / levels[0]) / (len(levels) - 1)))
    first = median(levels[1:] / levels[:-1])
    for digits in _FACTOR_DIGITS:
        for guess in (usual, first):
            factor = float(f"{guess:.{digits}g}")
            if (np.abs(levels[0] * factor ** np.arange(len(levels)) - levels) <= slack * (1 + 1e-6)).all():
                return factor
    return None


def _joined(rise: Match, body: Match, log: RateLog) -> Match | None:
    """A warm-up, and stairs whose first one begins where it ends."""
    length = round(float(rise.parameters["warm_up"]))
    schedule = rise.schedule.lasting(length) >> body.schedule.shifted(length)
    return checked(body.kind, {**body.parameters, "warm_up": length}, schedule, log)
