"""`collapsed`: a loss that had come down, or that leapt up at the beginning, stands high and no longer moves.

Source: docs/reference/findings.md, L02: the best loss was clearly lower, or an early burst of loss or gradient, and a
        standstill since. After a collapse a rate that is too large looks like one that is too small: the history tells
        them apart.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import clip, lower_rate, warm_up
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import LARGE, UNSTABLE, Kind, Proof, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.early_leaps import early_leaps
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import median

_LOST = 0.4  # share of what had been gained that was lost again
_NOISES = 6.0
_PLAIN = 3.0  # noise sd of one logged loss, that must have been gained
_LEAP = 0.1  # of what guessing costs, where classes are known: less throws no run out
_STANDING = 0.2  # of the run, at least, since then
_BURST = 25.0  # largest norm over the later ones (L02)
_BACK = 0.1  # of the hump's usual height: who comes down farther than that below the start came back
_POINTS, _SHARE_HIGH = 3, 0.005  # points of a burst, and of all: a few alone are batches
_FEWEST = 8
_CHECKS = 3


def collapsed(view: RunView) -> Iterator[Finding]:
    """The finding, if progress was lost for good, or a run never recovered from its first steps."""
    loss = view.loss
    if loss is None or len(loss) < _FEWEST or view.is_game or view.learns:
        return
    found = _lost_again(view, loss) or _never_back(view, loss)
    if found is not None:
        yield found


def _lost_again(view: RunView, loss: Curve) -> Finding | None:
    blocks = loss.blocks
    lowest, level = loss.lowest
    gained = loss.start - level
    lost = loss.end - level
    if gained <= max(_NOISES * blocks.noise, _PLAIN * view.point_noise) or lost < _LOST * gained:
        return None
    step = max(int(step) for step in blocks.steps[blocks.values <= level + 0.3 * lost])
    standing = loss.last - step
    if standing < _STANDING * loss.length:
        return None
    explained = view.rate is not None and view.rate.rose_near(step, step + 0.05 * loss.length)
    evidence = {
        "lowest": level,
        "best_step": lowest,
        "end": loss.end,
        "step": step,
        "lost": min(lost / gained, 1.0),
        "wasted": standing,
    }
    advice = (lower_rate(view, step, 10), Advice("go-back", {"step": lowest}), *clip(view))
    return Finding("collapsed", "error", 0.75 if explained else 0.9, (step, loss.last), evidence, advice)


def _never_back(view: RunView, loss: Curve) -> Finding | None:
    early = loss.part(0.0, 0.1)
    peak = float(early.values.max()) if len(early) else loss.start
    burst = _burst(view)
    rest = loss.part(0.2, 1.0)
    limit = loss.start + max(_NOISES * rest.noise, 4 * view.point_noise, _LEAP * (view.guessing or 0.0))
    high = early_leaps(loss, limit, view.val_loss).values
    hump = len(high) >= max(_POINTS, _SHARE_HIGH * len(loss))
    height = median(high) - loss.start if hump else 0.0  # one step may leap to any height, and come back
    little = max(_BACK * height, _NOISES * rest.blocks.noise)
    start = max(float(loss.values[0]), loss.start)  # a sparse log may tell of the first fall by its first point alone
    stands = rest.start - loss.end <= little and start - loss.end <= little and rest.direction() > -3
    if not stands or not (hump or burst >= _BURST) or _validates(view, loss, little):
        return None
    step = int(early.steps[early.values.argmax()]) if len(early) else loss.first
    evidence = {"start": loss.start, "peak": peak, "end": loss.end, "step": step, "wasted": loss.last - step}
    advice = (lower_rate(view, step, 10), Advice("start-again"), warm_up(view))
    return Finding("collapsed-at-once", "error", 0.9 if hump else 0.8, (step, loss.last), evidence, advice)


def _validates(view: RunView, loss: Curve, little: float) -> bool:
    """Whether a validation loss ends clearly below where both losses began."""
    checks = view.val_loss
    if checks is None or len(checks) < _CHECKS:
        return False
    began = min(float(checks.values[0]), float(loss.values[0]))
    return began - checks.end > max(_BACK * checks.progress, little, _NOISES * checks.part(0.2, 1.0).blocks.noise)


def _burst(view: RunView) -> float:
    """The largest gradient that steps of the first tenth led to, over the level of the rest.

    The gradient at the first point does not count: no step had been taken before it.
    """
    norms = view.grad_norm
    if norms is None or len(norms) < _FEWEST:
        return 1.0
    early, later = norms.part(0.0, 0.1).values[1:], norms.part(0.2, 1.0)
    level = later.level(later.first, later.last) if len(later) else 0.0
    if not len(early) or level <= 0 or early.max() <= norms.values[0]:
        return 1.0
    return float(early.max()) / level


_FOLLOWS = ("course", "rate-far-above", "standstill", "stuck", "units-died")

COLLAPSED = Rule(
    collapsed,
    (
        Kind(
            "collapsed",
            "error",
            "too-large-too-small",
            advice=("set-rate", "divide-rate", "go-back", "clip", "clip-usual"),
            families=("lost",),
            explains=_FOLLOWS,
            proof=UNSTABLE,
            faults=(*LARGE, "bad-step"),
        ),
        Kind(
            "collapsed-at-once",
            "error",
            "unstable",
            advice=("set-rate", "divide-rate", "start-again", "warm-up", "look-at-inputs"),
            families=("lost",),
            explains=_FOLLOWS,
            proof=Proof("anew", UNSTABLE.arms),
            faults=(*LARGE, "unscaled"),
        ),
    ),
)
