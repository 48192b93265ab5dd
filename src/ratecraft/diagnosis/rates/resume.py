"""`resume-schedule`, `resume-state`: after a resume the rate started over, or the optimizer had lost its state.

Source: docs/reference/findings.md, P05, P06. A schedule's restart comes at the end of a cycle, where
        the rate is gone or has flattened, and comes again; a resume comes anywhere, once.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import warm_up
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.rate_shape import Move, RateShape
from ratecraft.diagnosis.view.run_view import RunView

_MID = 0.05  # of the peak: below it a cycle has ended
_BACK = 0.97  # of the first height
_FLAT = 0.05  # of a cycle's range, in its last tenth: a cosine's last tenth falls by 0.024, a line's by 0.1
_LEAP = 5.0  # the last fall over the one before it: a warm-up begins
_FEWEST = 12  # points of the fall: fewer do not show how it ended
_AFTER = 50  # steps in which a lost state shows
_HIGH = 6.0


def resumed(view: RunView) -> Iterator[Finding]:
    """What a resume broke, if the rate shows one or the log mentions one."""
    rate = view.rate
    if rate is not None and len(rate.rises) in (1, 2):
        for fall, rise in zip(rate.moves, rate.moves[1:], strict=False):
            if rise in rate.rises and _is_reset(rate, fall, rise):
                evidence = {"step": rise.begin, "before": fall.before, "rate": rise.after, "low": rise.before}
                advice = (Advice("load-scheduler", {"step": rise.begin}),)
                yield Finding("resume-schedule", "warning", 0.85, (rise.begin, view.steps), evidence, advice)
                return
    yield from _state_lost(view)


def _is_reset(rate: RateShape, fall: Move, rise: Move) -> bool:
    """Whether the rate went back to its first height in the middle of a fall, at once or by its warm-up again."""
    falling = len(rate.curve.between(fall.begin, fall.end))
    if rise.after < _BACK * rate.peak or fall.after >= fall.before or falling < _FEWEST:
        return False
    sudden = len(rate.curve.between(rise.begin, rise.end)) <= 3
    if sudden:
        before = rate.curve.at(fall.end - 0.1 * (fall.end - fall.begin))
        flattened = before - fall.after <= _FLAT * (fall.before - fall.after)
        return rise.before > _MID * rate.peak and not flattened
    again = rate.warm_up and abs((rise.end - rise.begin) / rate.warm_up - 1) <= 0.1
    before, here = (rate.curve.at(rise.begin - back * rate.curve.cadence) for back in (2, 1))
    dropped = max(before, here) > 2 * max(rise.before, _MID * rate.peak)
    fell = here - rise.before > _LEAP * max(before - here, 0.0) and here > 2 * _MID * rate.peak
    return bool(again and (dropped or fell))


def _state_lost(view: RunView) -> Iterator[Finding]:
    """A leap of the loss right after a restart that the log tells of, at an unchanged rate."""
    loss, step = view.loss, view.fact("resumed_at")
    if loss is None or step is None or len(loss) < 100 or view.is_smoothed:
        return
    scores = loss.scores
    after = (loss.steps >= step) & (loss.steps <= step + _AFTER)
    high = scores[after]
    if not len(high) or int((high >= _HIGH).sum()) < 2:
        return
    evidence = {"step": int(step), "score": float(high.max()), "peak": float(loss.values[after].max())}
    yield Finding(
        "resume-state",
        "warning",
        0.85,
        (int(step), int(step) + _AFTER),
        evidence,
        (Advice("load-optimizer"), warm_up(view)),
    )


RESUMED = Rule(
    resumed,
    (
        Kind(
            "resume-state",
            "warning",
            "unstable",
            advice=("load-optimizer", "warm-up"),
            explains=("level-shift", "spikes"),
            faults=("lost-state",),
        ),
        Kind(
            "resume-schedule",
            "warning",
            "schedules",
            advice=("load-scheduler",),
            explains=("level-shift", "spikes"),
            faults=("begun-anew",),
        ),
    ),
)
