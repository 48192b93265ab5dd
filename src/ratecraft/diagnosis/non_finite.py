"""`non-finite`: a loss or a norm that is no number: where it came first, and what it followed.

Source: catalogue §1.1 `nonfinite`: report the first place and the steps before it. A tenfold growth within 50 steps
        before it is a rate or a gradient that ran away (L01); without one, data or precision.
"""

import math
from collections.abc import Iterator

from ratecraft.diagnosis.advising import clip, lower_rate
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.run_view import RunView
from ratecraft.records.observed import ObservedSeries

__all__ = ["non_finite"]

_BEFORE = 50  # steps in which a growth counts as its cause
_GROWTH = 10.0
_NAMES = ("grad_norm", "loss", "val_loss")


def non_finite(view: RunView) -> Iterator[Finding]:
    """The first value that is no number, of a series that does not recover; or how many there were, where it does."""
    broken = [(series, _places(series)) for name in _NAMES if (series := view.run.series.get(name)) is not None]
    found = [(series, places) for series, places in broken if places]
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
    growth = max((_growth(view, name, step) for name in ("loss", "grad_norm")), default=1.0)
    evidence = {"name": series.name, "step": step, "last": view.steps, "wasted": view.steps - step}
    where = (step, view.steps)
    if growth >= _GROWTH:
        advice = (lower_rate(view, step, 3), clip(view), Advice("go-back", {"step": max(step - _BEFORE, 0)}))
        return Finding("non-finite-after-growth", "error", 0.95, where, {**evidence, "growth": growth}, advice)
    advice = (Advice("look-at-batch", {"step": step}), Advice("full-precision"), Advice("go-back", {"step": step}))
    return Finding("non-finite", "error", 0.99, where, evidence, advice)


def _places(series: ObservedSeries) -> list[int]:
    """Where a series is no number."""
    return [place for place, is_number in enumerate((abs(series.values) < math.inf).tolist()) if not is_number]


def _run_start(places: list[int]) -> int:
    """The first of the places that run without a gap to the last."""
    return next(place for at, place in enumerate(places) if places[-1] - place == len(places) - 1 - at)


def _growth(view: RunView, name: str, step: int) -> float:
    """By what a series had grown before a step, against its level until then; 1 where that cannot be told."""
    curve = view.curve(name)
    if curve is None:
        return 1.0
    before = curve.between(curve.first, step - _BEFORE)
    near = curve.between(step - _BEFORE, step)
    if len(before) < 3 or not len(near):
        before = curve.between(curve.first, step)
        near = before
    level = before.level(before.first, before.last) if len(before) else 0.0
    return float(near.values.max()) / level if len(near) and level > 0 else 1.0
