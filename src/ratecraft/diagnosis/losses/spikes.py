"""`spikes`, `level-shift`, `clip-missing`: sudden rises of loss and gradient, and whether the run came back from them.

Source: docs/reference/findings.md, L06, L07, L09, O02: a spike stands 6 noise sd above the 128 points before it and is
        gone within 200 steps; three per thousand steps are too many. One batch that is hard to learn is not a spike of
        the run: it counts only with a second high point beside it, or with a spike of the gradient.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ratecraft.diagnosis.advising import clip, lower_rate
from ratecraft.diagnosis.finding import Advice, Evidence, Finding
from ratecraft.diagnosis.rule import LARGE, Kind, Proof, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import Steps, leaps

_HIGH = 6.0  # noise sd (L06)
_BESIDE = 4.0  # of the second point
_TOGETHER = 50  # steps within which points are one spike
_LATER = (200, 400)  # steps after it, at which a new level counts as lasting (L07)
_SHIFT = 3.0  # noise sd
_OFTEN = 3.0  # a thousand steps
_LOSS_AFTER = 8  # steps within which a gradient's spike shows in the loss (L09)
_FEWEST = 100
_FAR = 0.25  # of all that was won, lost at once: one such spike is a warning by itself
_SURE = 10.0  # noise sd, that it leaps by at least
_SMALLEST = 0.05  # of all that was won: a shift that no one would see is none


@dataclass(frozen=True, slots=True)
class _Spike:
    """One stretch of high points."""

    first: int
    last: int
    height: float
    score: float
    leaps: bool = False


def spikes(view: RunView) -> Iterator[Finding]:
    """The spikes of the loss: a lasting new level after one, or their number."""
    loss = view.loss
    if loss is None or len(loss) < _FEWEST or view.is_smoothed or view.is_game:
        return
    found = _spikes_of(view, loss)
    for spike in found:
        shifted = _shift(loss, spike, view.improvement)
        if shifted is not None:
            advice = (
                Advice("go-back", {"step": max(spike.first - 100, 0)}),
                lower_rate(view, spike.first, 2),
                *clip(view),
            )
            yield Finding("level-shift", "warning", 0.8, (spike.first, loss.last), shifted, advice)
            return
    if found:
        often = 1000 * len(found) / loss.length
        many = (len(found) >= _OFTEN and often >= _OFTEN) or any(spike.leaps for spike in found)
        worst = max(found, key=lambda spike: spike.score)
        evidence = {
            "count": len(found),
            "often": often,
            "step": worst.first,
            "height": worst.height,
            "score": worst.score,
        }
        advice = (*clip(view), lower_rate(view, worst.first, 2)) if many else ()
        where = (found[0].first, found[-1].last)
        yield Finding("spikes", "warning" if many else "info", 0.85, where, evidence, advice)


def clip_missing(view: RunView) -> Iterator[Finding]:
    """The finding, if gradients spike again and again, followed by the loss, and nothing clips them."""
    loss, norms = view.loss, view.grad_norm
    if loss is None or norms is None or len(norms) < _FEWEST or view.fact("clip") is not None or view.is_game:
        return
    if view.is_smoothed:
        return
    high = norms.log_scores >= _HIGH
    followed = loss.follows(_starts(norms.steps[high]), _BESIDE, _LOSS_AFTER)
    often = 1000 * len(followed) / norms.length
    if len(followed) < _OFTEN or often < _OFTEN:
        return
    level = norms.level(norms.first, norms.last)
    evidence: Evidence = {
        "count": len(followed),
        "often": often,
        "norm": level,
        "highest": float(norms.values.max()),
        "step": followed[0],
    }
    advice = (*clip(view), lower_rate(view, norms.last, 3)) if "rmsprop" in view.optimizer else clip(view)
    yield Finding("clip-missing", "warning", 0.8, (followed[0], followed[-1]), evidence, advice)


def _spikes_of(view: RunView, loss: Curve) -> tuple[_Spike, ...]:
    """The spikes of the loss that the rate does not explain, after a fiftieth of the run."""
    scores, leaping = loss.scores, leaps(loss.values, max(_FAR * view.improvement, _SURE * view.point_noise))
    norms = _norm_spikes(view)
    found: list[_Spike] = []
    for place in ((scores >= _HIGH) | leaping).nonzero()[0].tolist():
        step, leap = int(loss.steps[place]), bool(leaping[place])
        near = max(float(scores[place - 1]), float(scores[place + 1]) if place + 1 < len(loss) else 0.0)
        is_one = leap or near >= _BESIDE or _is_near(norms, step, loss.cadence)
        if step < loss.first + 0.02 * loss.length or not is_one:
            continue
        if view.rate is not None and view.rate.rose_near(step, step):
            continue
        spike = _Spike(step, step, float(loss.values[place]), float(scores[place]), leap)
        if found and step - found[-1].last <= _TOGETHER:
            spike = _joined(found.pop(), spike)
        found.append(spike)
    return tuple(found)


def _joined(before: _Spike, after: _Spike) -> _Spike:
    """Two stretches as one."""
    height, score = max(before.height, after.height), max(before.score, after.score)
    return _Spike(before.first, after.last, height, score, before.leaps or after.leaps)


def _norm_spikes(view: RunView) -> Steps | None:
    norms = view.grad_norm
    return None if norms is None or len(norms) < _FEWEST else norms.steps[norms.log_scores >= _HIGH]


def _is_near(steps: Steps | None, step: int, cadence: float) -> bool:
    """Whether one of the steps lies within two points of a step."""
    if steps is None:
        return False
    return bool(steps.searchsorted(step - 2 * cadence) < steps.searchsorted(step + 2 * cadence, "right"))


def _starts(steps: Steps) -> Steps:
    """The first step of every group of steps that belong together."""
    later = 1 + (steps[1:] - steps[:-1] > _TOGETHER).nonzero()[0]
    return steps[[0, *later.tolist()]] if len(steps) else steps


def _shift(loss: Curve, spike: _Spike, won: float) -> Evidence | None:
    """Levels before and long after a spike, where the later one is clearly higher."""
    before = loss.between(spike.first - _LATER[0], spike.first - 1)
    after = loss.between(spike.last + _LATER[0], spike.last + _LATER[1])
    if len(before) < 10 or len(after) < 10:
        return None
    old, new = before.level(before.first, before.last), after.level(after.first, after.last)
    if new - old <= max(_SHIFT * before.noise, _SMALLEST * won):
        return None
    return {"step": spike.first, "before": old, "after": new, "height": spike.height}


CLIP_MISSING = Rule(
    clip_missing,
    (
        Kind(
            "clip-missing",
            "warning",
            "unstable",
            advice=("clip",),
            families=("course",),
            explains=("spikes",),
            proof=Proof("before", ("clipped",)),
            is_refutable=True,
            faults=LARGE,
        ),
    ),
)


SPIKES = Rule(
    spikes,
    (
        Kind(
            "spikes",
            "warning",
            "unstable",
            advice=("clip", "set-rate", "divide-rate"),
            families=("course",),
            proof=Proof("before", ("clipped", "lower")),
            faults=("bad-step",),
        ),
        Kind(
            "level-shift",
            "warning",
            "unstable",
            advice=("go-back", "set-rate", "divide-rate", "clip", "clip-usual"),
            families=("course",),
            proof=Proof("before", ("clipped", "lower")),
            faults=(*LARGE, "bad-step"),
        ),
    ),
)
