"""`too-small`, `updates-small`: the rate is too small, or the run too short for it: the loss falls until the end.

Source: docs/reference/findings.md, T01, T02. On the loss alone a rate four times too small looks like one that is right
        ("Alike"), so this speaks only of what is plain: at a rate that was not lowered, the second half of the run won
        almost as much as the first, or the validation loss still fell by a seventh. Where the rate was lowered
        afterwards, what was left may have been won then, so that only a straight fall is a warning. Less is a hint
        where the training loss and that of the validation agree: of 180 public runs at good constant rates the second
        half won at most 0.07 of all that the training loss won, and 0.08 of the validation's (benchmarks/world_runs,
        the half that rules may be chosen on).
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import higher_rates
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import SLOW, SMALL, Kind, Proof, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import block_medians, median

_SURE = -3.0  # rank test: falls
_SHARE = 0.33  # of all that was won until then; to 0.27 at the best rate of six tasks, 0.34 to 0.52 far below it
_SHARE_ALONE = 0.4  # without a validation loss that falls as well
_STRAIGHT = 0.45  # the second half won what the first did, but for the noise
_FALL = 0.2  # of all that the validation loss won, over the second half; 0.15 of a power of the step of −0.3
_FALL_OF_ALL = 0.13  # and of all that was won, since a first check may come late; to 0.11 at good constant rates
_HINT = 0.13  # of all that the training loss won, and of what the validation loss won, for a hint
_NOISES = 3.0
_PLAIN = 10.0  # noise sd of a block that must have been won for its shape to be told
_LONG = 0.3  # of the run, that the rate must have stood
_STEADY = 0.05  # of what was won, from each fifth of it to the next: a standstill that ends is something else
_FASTER = 1.2  # the last fall over the one before it: a rate that was not logged was lowered
_WINDOWS = ((0.4, 0.6), (0.65, 0.85), (0.85, 1.0))  # shares of the stretch
_SETTLED = 0.32  # the last fall over the one before it, between windows: 0.34 of a fall by even shares (3 to 0.2)
_LATE = 0.2  # of the stretch: where the lowest check lies
_TINY = 2e-4  # update over weights (S03: always too small, or collapsed)
_FRESH = 0.15  # of what guessing costs: who has come down so far began afresh; fine-tuning makes small steps
_FEWEST = 12
_LEVEL = 8  # points that a level is told from: single batches are noise
_POINTS = 24  # fewer do not show the beginning, without which every fall looks straight
_CHECKS = 8


def too_small(view: RunView) -> Iterator[Finding]:
    """The finding, if a rate that was not lowered still made progress as fast as before."""
    loss = view.loss
    first, last = view.held
    if loss is None or len(loss) < _FEWEST or last - first < _LONG * view.steps or view.is_game:
        return
    if loss.end >= loss.start or (view.rate is not None and view.rate.rises):
        return
    middle = first + 0.5 * (last - first)
    tiny = _tiny_updates(view, loss, first, last)
    if tiny is not None:
        evidence = {"update": tiny, "start": loss.start, "end": loss.end, "last": last}
        advice = (*higher_rates(view, 10 if tiny < _TINY / 4 else 3), Advice("find-rate"))
        severity = "warning" if loss.start - loss.end > view.negligible_change(_FRESH) else "info"
        yield Finding("updates-small", severity, 0.85, (first, last), evidence, advice)
        return
    straight = None if view.is_smoothed else _share(loss.between(0, last), middle, knows_rate=view.rate is not None)
    fall = _still_falling(view, first, last)
    if fall is None and straight is not None and straight < _SHARE_ALONE:
        straight = None
    is_end = last >= 0.9 * view.steps
    if straight is None and fall is None and is_end and view.rate is not None:
        yield from _hint(view, loss, middle, last)
    if straight is None and (fall is None or not is_end):
        return
    evidence = {"share": straight or 0.0, "fall": fall or 0.0, "first": int(middle), "last": last}
    is_straight = straight is not None and straight >= _STRAIGHT
    code = "too-small" if straight is not None else "still-learning"
    confidence = 0.9 if straight is not None and fall is not None else 0.75
    is_doubtful = not is_straight and not is_end if straight is not None else _settles(view, first, last)
    severity = "info" if is_doubtful else "warning"
    advice = (
        *higher_rates(view, 10 if is_straight else 3),
        Advice("find-rate"),
        Advice("more-steps", {"steps": 2 * view.planned}),
    )
    yield Finding(code, severity, confidence, (int(middle), last), evidence, advice)


def _hint(view: RunView, loss: Curve, middle: float, last: int) -> Iterator[Finding]:
    """A hint where, at a known rate that stands to the end, both losses still win ground beyond their noise."""
    checks = view.val_loss
    if view.is_smoothed or len(loss) < _POINTS or checks is None or len(checks) < _CHECKS or checks.progress <= 0:
        return
    end, after = median(loss.values[-max(len(loss) // 10, _LEVEL) :]), loss.between(middle, loss.last)
    won, halfway = loss.start - end, loss.level(0.8 * middle, 1.2 * middle)
    low, val_won = checks.level(0.85 * last, last), checks.start - checks.lowest[1]
    val_left = checks.level(0.8 * middle, 1.2 * middle) - low
    falls = after.direction() <= -2 and checks.lowest[0] >= last - 0.5 * _LATE * last
    if not falls or won <= _PLAIN * loss.blocks.noise or val_left <= _NOISES * checks.part(0.5, 1.0).noise:
        return
    share, fall = (halfway - end) / won, val_left / val_won
    if share >= _HINT and fall >= _HINT:
        evidence = {"share": share, "fall": fall, "first": int(middle), "last": last}
        advice = (*higher_rates(view, 3), Advice("find-rate"), Advice("more-steps", {"steps": 2 * view.planned}))
        yield Finding("still-learning", "info", 0.6, (int(middle), last), evidence, advice)


def _tiny_updates(view: RunView, loss: Curve, first: int, last: int) -> float | None:
    """The update over the weights, where it is tiny at the full rate and the loss of a fresh model still falls."""
    updates = view.curve("update_ratio")
    if updates is None or view.fact("pretrained") or view.stopped_moving or len(loss) < _POINTS:
        return None
    if view.fact("weight_matrices") == 0:  # a few numbers, as of a kernel: how large a step is right depends on them
        return None
    held = updates.between(first, last)
    level = held.level(first, last)
    falls = loss.between(first, last).direction() <= -2
    return level if len(held) >= 3 and falls and level < _TINY else None


def _share(loss: Curve, middle: float, *, knows_rate: bool) -> float | None:
    """What the second half won of all that was won; None if that is little, or not sure."""
    if len(loss) < _POINTS:
        return None
    before, after = loss.between(0, middle), loss.between(middle, loss.last)
    end = median(loss.values[-max(len(loss) // 10, _LEVEL) :])
    won = loss.start - end
    if won <= _PLAIN * loss.blocks.noise or loss.direction() > _SURE or after.direction() > -2:
        return None
    share = (median(before.values[-max(len(before) // 10, _LEVEL) :]) - end) / won
    if share < _SHARE:
        return None
    fifths = block_medians(loss.values, 5)
    falls = fifths[:-1] - fifths[1:]
    return share if bool((falls >= _STEADY * won).all()) and (knows_rate or falls[-1] <= _FASTER * falls[-2]) else None


def _still_falling(view: RunView, first: int, last: int) -> float | None:
    """What the validation loss won from the middle to the end, of all that it won; None if it is small, or noise."""
    checks = view.val_loss
    if checks is None or len(checks) < _CHECKS or checks.progress <= 0:
        return None
    span = last - first
    if checks.lowest[0] < last - _LATE * span:
        return None
    middle = checks.level(first + 0.4 * span, first + 0.6 * span)
    end = checks.level(last - 0.15 * span, last)
    if middle - end <= _NOISES * checks.part(0.5, 1.0).noise or middle >= checks.start:  # it comes back from a leap
        return None
    began = checks.start if view.rate is not None else max(float(checks.values[0]), checks.start)
    share = (middle - end) / (began - checks.lowest[1])  # a rate that was not logged may have been lowered
    return share if share >= _FALL and middle - end >= view.negligible_change(_FALL_OF_ALL) else None


def _settles(view: RunView, first: int, last: int) -> bool:
    """Whether the validation loss falls ever more slowly at the end, so that more steps may or may not help."""
    checks, span = view.val_loss, last - first
    if checks is None:
        return False
    middle, later, end = (checks.level(first + low * span, first + high * span) for low, high in _WINDOWS)
    return middle - later > 0 and later - end < _SETTLED * (middle - later)


TOO_SMALL = Rule(
    too_small,
    (
        Kind(
            "too-small",
            "warning",
            "too-large-too-small",
            advice=("raise-rate", "raise-further", "find-rate", "more-steps", "multiply-rate"),
            families=("course", "standing"),
            explains=("decay-missing", "rate-far-below", "still-learning"),
            proof=SLOW,
            is_refutable=True,
            faults=SMALL,
        ),
        Kind(
            "still-learning",
            "warning",
            "too-large-too-small",
            advice=("raise-rate", "raise-further", "find-rate", "more-steps"),
            families=("course", "standing"),
            explains=("decay-missing",),
            proof=SLOW,
            is_refutable=True,
            faults=SMALL,
        ),
        Kind(
            "updates-small",
            "warning",
            "too-large-too-small",
            advice=("raise-rate", "multiply-rate", "find-rate"),
            families=("course", "standing"),
            explains=("decay-missing", "rate-far-below", "still-learning", "too-small"),
            proof=Proof("anew", SLOW.arms),
            is_refutable=True,
            faults=SMALL,
        ),
    ),
)
