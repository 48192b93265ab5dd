"""`non-finite`: a loss or norm that is NaN or infinite: where it first occurred, and what came before it.

Source: docs/reference/findings.md, P04: report the first place and the steps before it. A norm that grew tenfold
        within 50 steps before it, or a loss that lost in them all that had been won, is a rate or a gradient that
        ran away (L01); without one, data or precision. What was lost before anything was seen, at a rate beyond all
        that is usual, is the rate's.
"""

import math
from collections.abc import Iterator

from ratecraft.diagnosis.advising import clip, lower_rate
from ratecraft.diagnosis.finding import Advice, Evidence, Finding
from ratecraft.diagnosis.rule import LARGE, UNSTABLE, Kind, Rule
from ratecraft.diagnosis.usual_rates import ABSURD, highest_usual
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import Steps, median
from ratecraft.records.watching.observed import ObservedSeries

_BEFORE = 50  # steps in which a growth counts as its cause
_GROWTH = 10.0
_EARLY = 0.05  # of the run
_NAMES = ("grad_norm", "loss", "val_loss")


def non_finite(view: RunView) -> Iterator[Finding]:
    """The first non-finite value of a series that does not recover; or the number of them, if it recovers."""
    broken = [(series, _places(series)) for name in _NAMES if (series := view.run.series.get(name)) is not None]
    found = [(series, places) for series, places in broken if len(places)]
    lasting = [(series, places) for series, places in found if places[-1] == len(series) - 1]
    if any(series.name != "grad_norm" for series, _ in lasting):
        series, places = min(
            lasting, key=lambda pair: (int(pair[0].steps[_run_start(pair[1])]), pair[0].name != "loss")
        )
        yield _lasting(view, series, _run_start(places))
        return
    for series, places in found:
        if series.name == "loss":
            first, last = int(series.steps[places[0]]), int(series.steps[places[-1]])
            evidence = {"count": len(places), "points": len(series), "step": first}
            yield Finding(
                "non-finite-passing",
                "warning",
                0.95,
                (first, last),
                evidence,
                (Advice("look-at-batch", {"step": first}),),
            )


def _lasting(view: RunView, series: ObservedSeries, place: int) -> Finding:
    step = int(series.steps[place])
    growth = _loss_ran_away(view, step) or _norm_grew(view, step)
    evidence = {"name": series.name, "step": step, "last": view.steps, "wasted": view.steps - step}
    where = (step, view.steps)
    if growth is not None:
        advice = (lower_rate(view, step, 3), *clip(view), Advice("go-back", {"step": max(step - _BEFORE, 0)}))
        return Finding("non-finite-after-growth", "error", 0.95, where, {**evidence, **growth}, advice)
    rate, usual = view.rate_at(step), highest_usual(view.optimizer)
    if _is_early(view, step) and rate is not None and rate > ABSURD * usual:
        advice = (lower_rate(view, step, 10), Advice("find-rate"), Advice("start-again"))
        return Finding("non-finite-at-once", "error", 0.9, where, {**evidence, "rate": rate, "high": usual}, advice)
    advice = (Advice("look-at-batch", {"step": step}), Advice("full-precision"), Advice("go-back", {"step": step}))
    return Finding("non-finite", "error", 0.99, where, evidence, advice)


def _is_early(view: RunView, step: int) -> bool:
    """Whether it came so soon that nothing was seen grow: in a twentieth of the run, or by the third loss."""
    losses = view.run.series.get("loss")
    third = int(losses.steps[min(2, len(losses) - 1)]) if losses is not None and len(losses) else view.first
    return step <= max(view.first + _EARLY * view.planned, third)


def _places(series: ObservedSeries) -> Steps:
    """The places where a series is NaN or infinite, in order."""
    return (~(abs(series.values) < math.inf)).nonzero()[0]  # which no NaN is


def _run_start(places: Steps) -> int:
    """The first of the places that run without a gap to the last."""
    gaps = (places[1:] - places[:-1] > 1).nonzero()[0]
    return int(places[gaps[-1] + 1 if len(gaps) else 0])


def _norm_grew(view: RunView, step: int) -> Evidence | None:
    """From where to where the norm went just before a step; None if it did not grow tenfold."""
    parts = _before(view.grad_norm, step)
    if parts is None:
        return None
    level, peak = median(parts[0].values), float(parts[1].values.max())
    return {"grown": "grad_norm", "level": level, "peak": peak} if peak >= _GROWTH * level > 0 else None


def _loss_ran_away(view: RunView, step: int) -> Evidence | None:
    """The same of the loss, which lost in so few steps all that had been won, and far more than its noise."""
    parts = _before(view.loss, step)
    if parts is None:
        return None
    before, near = parts
    level, peak = median(before.values), float(near.values.max())
    grown = peak - level > max(before.progress, _GROWTH * before.noise)
    return {"grown": "loss", "level": level, "peak": peak} if grown else None


def _before(curve: Curve | None, step: int) -> tuple[Curve, Curve] | None:
    """A series until shortly before a step, and from then on; all of it twice where it is short."""
    if curve is None:
        return None
    before, near = curve.between(curve.first, step - _BEFORE), curve.between(step - _BEFORE, step)
    if len(before) < 3 or not len(near):
        before = near = curve.between(curve.first, step)
    return (before, near) if len(before) else None


NON_FINITE = Rule(
    non_finite,
    (
        Kind(
            "non-finite",
            "error",
            "unstable",
            advice=("look-at-batch", "full-precision", "go-back"),
            explains=("course", "lost", "diverged", "standstill"),
            proof=UNSTABLE,
            faults=("nan",),
        ),
        Kind(
            "non-finite-after-growth",
            "error",
            "unstable",
            advice=("set-rate", "divide-rate", "clip", "clip-usual", "go-back"),
            explains=("course", "lost", "diverged", "rate-far-above", "standstill"),
            proof=UNSTABLE,
            faults=(*LARGE, "bad-step"),
        ),
        Kind(
            "non-finite-at-once",
            "error",
            "unstable",
            advice=("set-rate", "find-rate", "start-again"),
            explains=("course", "lost", "diverged", "rate-far-above", "standstill"),
        ),
        Kind("non-finite-passing", "warning", "unstable", advice=("look-at-batch",), proof=UNSTABLE),
    ),
)
