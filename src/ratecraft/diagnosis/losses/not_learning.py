"""`not-learning`: the loss stays where it began. Says why if the evidence shows it, else what to log.

A loss that hardly moved but keeps falling below what guessing costs is `creeping`: slow, and not lost.

Source: docs/reference/findings.md, T02, P02, P03 and "Alike": the loss alone cannot tell a rate
        that is too small from frozen weights, dead units or labels without meaning.
"""

import math
from collections.abc import Iterator

from ratecraft.diagnosis.advising import higher_rates, lower_rate
from ratecraft.diagnosis.finding import Advice, Evidence, Finding, Severity, Undecided
from ratecraft.diagnosis.losses.chance import is_thrown_about
from ratecraft.diagnosis.rule import SMALL, STILL, Kind, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.records.watching.guarding import guard_ended

_FLAT = 0.05  # of what guessing costs
_NOISES = 3.0
_OF_START = 2.0  # noise sd of one logged loss
_FEWEST = 8
_SURE = -3.0
_TINY_UPDATE = 2e-4  # of the weights a step: always too small or collapsed (S03)
_NO_GRADIENT = 1e-10
_CLASSES = (2, 10, 100, 1000)  # where the log does not tell how many there are
_NEAR_CHANCE = 0.03
_BELOW = 0.997  # of what guessing costs: a collapsed run comes down to it, only one that learns goes below
_LEARNED = 0.7  # of what guessing costs: lower, and something is known
_ERRORS = 2.0  # standard errors of a level
_ABOVE = 1.15  # first over last loss: it was thrown there
_CATALOGUE = ("update_ratio", "grad_norm", "accuracy", "rate")


def not_learning(view: RunView) -> Iterator[Finding | Undecided]:
    """The finding, with the reason if it can be known."""
    loss = view.loss
    rate = view.curve("rate")
    if rate is not None and len(rate) >= _FEWEST and float(abs(rate.values).max()) == 0:
        yield Finding("rate-zero", "error", 0.99, (rate.first, rate.last), {"last": rate.last}, (Advice("find-rate"),))
        return
    if loss is None or not stands_at_start(view):
        return
    where = (loss.first, loss.last)
    evidence = {"start": loss.start, "end": loss.end, "last": loss.last, "wasted": loss.length}
    norms, updates = view.grad_norm, view.curve("update_ratio")
    if norms is not None and float(norms.blocks.values.max()) <= _NO_GRADIENT:
        yield Finding("no-gradient", "error", 0.95, where, evidence, (Advice("look-at-graph"),))
    elif view.stopped_moving:
        yield _at_once(view, loss, evidence, 0.85, Advice("start-again"), Advice("look-at-inputs"))
    elif updates is not None and (size := updates.level(*view.held)) < _TINY_UPDATE and _is_sure(view, loss):
        small = {**evidence, "update": size}
        yield Finding("stuck", "error", 0.9, where, small, (*higher_rates(view, 30), Advice("find-rate")))
    elif (chance := _chance(view, loss)) and loss.start > _ABOVE * loss.end:
        yield _at_once(view, loss, evidence, 0.75, Advice("look-at-inputs"), Advice("start-again"))
    elif chance and view.chance_classes and is_thrown_about(view, chance):
        yield _at_once(view, loss, evidence, 0.75, Advice("start-again"), Advice("look-at-inputs"))
    elif chance and (severity := _creeps(view, loss, math.log(chance))):
        if guard_ended(view.run):  # for its validation: it was on its way
            return
        longer = Advice("more-steps", {"steps": 2 * view.planned})
        advice = (*higher_rates(view, 30), Advice("find-rate"), longer)
        yield Finding("creeping", severity, 0.8, where, evidence, advice)
    elif chance:
        advice = (Advice("one-batch"), Advice("find-rate"))
        yield Finding("not-learning", "error", 0.75, where, {**evidence, "classes": chance}, advice)
    else:
        wanted = tuple(name for name in _CATALOGUE if name not in view.run.series)
        yield Undecided("flat-from-start", {"start": loss.start, "end": loss.end}, wanted[:2])


def stands_at_start(view: RunView) -> bool:
    """Whether the loss stays where it began, or at what guessing costs, and nothing was learned before."""
    loss = view.loss
    if loss is None or len(loss) < _FEWEST or view.is_game or view.learns:
        return False
    return (_is_flat(view, loss) or _guesses(view, loss)) and not _has_learned(view, loss)


def _at_once(view: RunView, loss: Curve, evidence: Evidence, confidence: float, *after: Advice) -> Finding:
    """The first steps were too large; what is advised after a lower rate."""
    advice = (lower_rate(view, loss.first, 10), *after)
    return Finding(
        "collapsed-at-once", "error", confidence, (loss.first, loss.last), {**evidence, **_peak(loss)}, advice
    )


def _peak(loss: Curve) -> Evidence:
    """The highest value of the loss, its place, and the steps since."""
    place = int(loss.values.argmax())
    step = int(loss.steps[place])
    return {"peak": float(loss.values[place]), "step": step, "wasted": loss.last - step}


def _creeps(view: RunView, loss: Curve, guess: float) -> Severity | None:
    """How bad it is that the loss falls, and is still close to what guessing costs; None if it stands there.

    Who only learns how frequent the classes are falls below guessing too, and then stands. Who keeps falling is on the
    way: a warning once far enough below, and a hint before, since a longer run may be all that is missing.
    """
    is_far = loss.end <= _BELOW * guess
    if _falls_steadily(view, loss, guess):
        return "warning" if is_far else "info"
    return "error" if is_far and loss.direction() <= _SURE else None


def _falls_steadily(view: RunView, loss: Curve, guess: float) -> bool:
    """Whether each third of the stretch at full rate lies clearly below the one before, and the end below guessing."""
    held = loss.between(*view.held)
    thirds = [held.part(third / 3, (third + 1) / 3) for third in range(3)]
    if min(map(len, thirds)) < _FEWEST:
        return False
    errors = [view.point_noise / math.sqrt(len(third)) for third in thirds]
    levels = [third.level(third.first, third.last) for third in thirds]
    falls = all(
        levels[place] - levels[place + 1] > _ERRORS * math.hypot(errors[place], errors[place + 1]) for place in (0, 1)
    )
    end_error = view.point_noise / math.sqrt(max(len(loss) // 10, 1))
    return falls and loss.end < guess - _ERRORS * end_error


def _is_sure(view: RunView, loss: Curve) -> bool:
    """Whether the loss is flat, or is known to be that of guessing: others come near the logarithm of a number too."""
    return _is_flat(view, loss) or view.fact("classes") is not None


def _has_learned(view: RunView, loss: Curve) -> bool:
    """Whether it stands at what was learned before: it starts from trained weights, or far below guessing."""
    classes = view.fact("classes")
    below = bool(classes and classes > 1) and 0 <= loss.end < _LEARNED * math.log(max(classes or 2, 2))
    return bool(view.fact("pretrained")) or below


def _is_flat(view: RunView, loss: Curve) -> bool:
    """Whether the loss changed by less than its noise from first to last, or by a twentieth of what guessing costs."""
    still = max(_FLAT * (view.guessing or 0.0), _NOISES * loss.blocks.noise)
    first = float(loss.blocks.values[0])
    if abs(loss.start - loss.end) > max(still, _OF_START * view.point_noise):  # its start is a point or three
        return False
    return abs(first - loss.end) <= still and first - loss.lowest[1] <= 1.5 * still


def _guesses(view: RunView, loss: Curve) -> bool:
    """Whether it ends at what guessing costs, and stood there nearly from the first."""
    soon = loss.part(0.1, 0.3)
    stood = bool(len(soon)) and abs(soon.level(soon.first, soon.last) - loss.end) <= _FLAT * abs(loss.end)
    return stood and bool(_chance(view, loss)) and loss.lowest[1] >= (1 - _NEAR_CHANCE) * loss.end


def _chance(view: RunView, loss: Curve) -> int:
    """Number of classes whose guessing costs this loss; 0 where there is none.

    Where nothing tells of classes, a loss may only be taken for one of guessing if its end is known that exactly.
    """
    known = view.fact("classes")
    error = view.point_noise / math.sqrt(max(len(loss) // 10, 1))
    for classes in (*_CLASSES, view.chance_classes) if known is None else (int(known),):
        if classes > 1 and abs(loss.end / math.log(classes) - 1) <= _NEAR_CHANCE:
            is_told = known is not None or classes == view.chance_classes
            return classes if is_told or error <= _NEAR_CHANCE * math.log(classes) else 0
    return 0


NOT_LEARNING = Rule(
    not_learning,
    (
        Kind("rate-zero", "error", "not-learning", advice=("find-rate",), explains=("course",)),
        Kind(
            "no-gradient",
            "error",
            "not-learning",
            advice=("look-at-graph",),
            explains=("course",),
            is_written=True,
            faults=("small-weights", "no-gradient"),
        ),
        Kind(
            "stuck",
            "error",
            "not-learning",
            advice=("raise-rate", "raise-further", "multiply-rate", "find-rate"),
            families=("lost",),
            explains=("standing", "creeping", "decay-missing", "overfit", "rate-far-below"),
            proof=STILL,
            faults=(*SMALL, "small-weights"),
        ),
        Kind(
            "creeping",
            "warning",
            "not-learning",
            advice=("raise-rate", "raise-further", "multiply-rate", "find-rate", "more-steps"),
            families=("course",),
            explains=("standing", "decay-missing", "overfit", "rate-far-below"),
            proof=STILL,
            faults=(*SMALL, "small-weights"),
        ),
        Kind(
            "not-learning",
            "error",
            "not-learning",
            advice=("one-batch", "find-rate"),
            families=("course", "standing"),
            explains=("decay-missing", "overfit", "overfit-calibration"),
            proof=STILL,
            faults=("small-weights",),
        ),
    ),
)
