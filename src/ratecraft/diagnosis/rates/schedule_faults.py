"""Logged rates that follow no schedule anyone would design.

Codes:  `schedule-wraps`, `stepped-too-often`, `stepped-too-rarely`, `warm-up-unfinished`, `schedule-cut`.

Source: docs/reference/findings.md, P08 (torch's cosine climbs again after `T_max`), P09, P10, P11. They are read from
        the rate alone, exactly; only that they were not meant is inferred.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.rate_shape import Move, RateShape
from ratecraft.diagnosis.view.run_view import RunView

_GONE = 0.01  # of the peak: the end of a schedule
_CYCLES = (
    4  # rises from 0 and back, from which a cosine that was stepped too often is more likely than one that wrapped
)
_SMOOTH = 4  # points of a rise: a restart jumps in one
_STAIRS = 3  # steps of a staircase
_UNMOVED = 0.8  # of the peak, left at the end of a whole run
_LATE = 0.05  # of the run: the last stair of a rise
_RAMP = 1000.0  # last over first rate of a range test
_CUT = (0.2, 0.9)  # of the peak, at the end of a schedule that was cut


def schedule_faults(view: RunView) -> Iterator[Finding]:
    """The finding, with what the rate did that no schedule intends."""
    rate = view.rate
    if rate is None or len(rate.curve) < 8:
        return
    rises = [move for move in rate.rises if move.before <= _GONE * rate.peak and _points(rate, move) >= _SMOOTH]
    if len(rises) >= _CYCLES and len(rises) == len(rate.rises):
        yield _too_often(view, rate, rises)
    elif not _reaches_end(view, rate):
        return  # what it did later was not logged
    elif (
        len(rises) == 1 == len(rate.rises)
        and rises[0].after >= 0.1 * rate.peak
        and rate.curve.last - rises[0].end <= 0.02 * rate.curve.length
    ):
        low = rises[0]
        evidence = {"step": low.begin, "low": low.before, "rate": low.after, "last": low.end}
        advice = (Advice("lengthen-schedule", {"steps": view.planned}), Advice("stop-run", {"step": low.begin}))
        yield Finding("schedule-wraps", "warning", 0.9, (low.begin, low.end), evidence, advice)
    elif (
        len(rate.moves) == 1
        and rate.moves[0].end >= rate.curve.last - _LATE * rate.curve.length
        and rate.end >= rate.peak
    ):
        yield from _unfinished(view, rate)
    else:
        yield from _unmoved(view, rate)


def _reaches_end(view: RunView, rate: RateShape) -> bool:
    """Whether the rate was logged to the end of the observed run, give or take two of its points."""
    curve = rate.curve
    return curve.last >= min((1 - _LATE) * view.steps, view.steps - 2 * curve.cadence)


def _too_often(view: RunView, rate: RateShape, rises: list[Move]) -> Finding:
    period = (rises[-1].begin - rises[0].begin) / (len(rises) - 1)
    epochs = view.fact("epochs")
    certain = epochs is not None and abs(period / 2 - epochs) <= 0.05 * epochs
    evidence = {"count": len(rises), "period": period, "half": period / 2, "peak": rate.peak}
    where = (rises[0].begin, rises[-1].end)
    return Finding(
        "stepped-too-often",
        "warning",
        0.97 if certain else 0.8,
        where,
        evidence,
        (Advice("schedule-in-steps", {"steps": view.planned}),),
    )


def _unfinished(view: RunView, rate: RateShape) -> Iterator[Finding]:
    """A rate that rose until the end, but for a range test's."""
    first = float(rate.curve.values[0])
    if (first > 0 and rate.peak / first >= _RAMP and not _is_line(rate)) or rate.peak < 2 * first:
        return
    evidence = {"first": first, "rate": rate.peak, "last": rate.curve.last, "steps": rate.curve.length}
    advice = (
        Advice("schedule-in-steps", {"steps": view.planned}),
        Advice("warm-up", {"steps": max(view.planned // 20, 1)}),
    )
    yield Finding("warm-up-unfinished", "warning", 0.9, (rate.curve.first, rate.curve.last), evidence, advice)


def _is_line(rate: RateShape) -> bool:
    """Whether half-way the rate is nearer to a line than to an exponential."""
    middle = rate.curve.at(rate.curve.first + 0.5 * rate.curve.length)
    return middle >= 0.3 * rate.peak


def _unmoved(view: RunView, rate: RateShape) -> Iterator[Finding]:
    """A schedule that hardly moved, or was cut off."""
    after = rate.curve.between(rate.peak_step, rate.curve.last)
    left = rate.end / rate.peak
    if rate.rises or len(after) < 8 or rate.end == rate.peak:
        return
    stair = _stair(after)
    evidence = {"left": left, "rate": rate.end, "peak": rate.peak, "stair": stair or 0, "last": rate.curve.last}
    where = (rate.peak_step, rate.curve.last)
    if stair and left >= _UNMOVED:
        yield Finding(
            "stepped-too-rarely", "warning", 0.8, where, evidence, (Advice("step-every-step", {"steps": view.planned}),)
        )
    elif _CUT[0] < left < _CUT[1] and view.is_finished and not stair and _falls_throughout(rate):
        cool = Advice("cool-down", {"share": 0.2, "steps": round(0.2 * view.planned)})
        yield Finding("schedule-cut", "info", 0.7, where, evidence, (Advice("shorten", {"steps": view.planned}), cool))


def _stair(rate: Curve) -> int:
    """Steps that the rate stands before each small fall; 0 if it falls at every point, or unevenly."""
    falls = rate.steps[1:][rate.values[1:] < rate.values[:-1]]
    widths = falls[1:] - falls[:-1]
    if len(falls) <= _STAIRS or widths.min() < 2 * rate.cadence or widths.max() - widths.min() > 2 * rate.cadence:
        return 0
    return round(float(widths.mean()))


def _falls_throughout(rate: RateShape) -> bool:
    """Whether the last third is one long fall."""
    last = rate.curve.part(2 / 3, 1.0).values
    return bool((last[1:] < last[:-1]).all())


def _points(rate: RateShape, move: Move) -> int:
    return len(rate.curve.between(move.begin, move.end))


SCHEDULE_FAULTS = Rule(
    schedule_faults,
    (
        Kind(
            "stepped-too-often",
            "warning",
            "schedules",
            advice=("schedule-in-steps",),
            explains=("overfit", "resume-schedule", "schedule-wraps", "spikes"),
            faults=("stepped-often",),
        ),
        Kind(
            "warm-up-unfinished",
            "warning",
            "schedules",
            advice=("schedule-in-steps", "warm-up"),
            explains=("standing", "warm-up-missing"),
            faults=("endless-warm-up",),
        ),
        Kind(
            "stepped-too-rarely",
            "warning",
            "schedules",
            advice=("step-every-step",),
            explains=("decay-missing", "schedule-cut", "too-large-noise"),
            faults=("stepped-rarely",),
        ),
        Kind("schedule-cut", "info", "schedules", advice=("shorten", "cool-down")),
        Kind(
            "schedule-wraps",
            "warning",
            "schedules",
            advice=("lengthen-schedule", "stop-run"),
            explains=("decayed-too-soon", "overfit"),
            faults=("wraps",),
        ),
    ),
)
