"""Advice that several rules give, with numbers computed from the run itself.

Path:   a run's view and a factor -> `Advice`.
Units:  rates are absolute where the run's own is known, else factors.
"""

import math

from ratecraft.diagnosis.finding import Advice
from ratecraft.diagnosis.usual_rates import ABSURD, highest_usual, usual_hyperparameter
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import quantile
from ratecraft.laws.scaling.warm_up import memory_warm_up, within_run

_BETA2 = 0.999  # of Adam in every library, where the log does not tell
_DECADE = 10.0
_CLIP_SHARE = 0.9  # quantile of the run's own norms (docs/reference/findings.md, L08)


def lower_rate(view: RunView, step: float, factor: float) -> Advice:
    """Set the rate to its value at a step, divided by a factor; or to a usual rate, if that is absurd too."""
    rate = view.rate.peak if view.rate is not None else None
    at = view.rate_at(step)
    if rate is None or at is None:
        return Advice("divide-rate", {"factor": factor})
    lower, usual = max(at, 0.1 * rate) / factor, usual_hyperparameter(view.optimizer)
    highest = highest_usual(view.optimizer)
    if lower > ABSURD * highest:  # a tenth of 1e18 is not advice
        lower = highest / _DECADE if usual is None else usual.value
        factor = rate / lower
    return Advice("set-rate", {"rate": lower, "before": rate, "factor": factor})


def higher_rates(view: RunView, factor: float) -> tuple[Advice, Advice]:
    """Rates to try in turn: ten times the run's own, then a hundred times; a smaller factor only near the usual rate.

    A rate that is too small is mostly so by decades, and one 3 times too small looks like one 100 times too small.
    """
    usual = usual_hyperparameter(view.optimizer)
    is_near = usual is not None and view.rate is not None and view.rate.peak >= usual.value / _DECADE
    first = factor if is_near else max(factor, _DECADE)
    return raise_rate(view, first), Advice("raise-further", {"factor": first * _DECADE})


def raise_rate(view: RunView, factor: float) -> Advice:
    """Set the peak to the run's own, times a factor."""
    if view.rate is None:
        return Advice("multiply-rate", {"factor": factor})
    return Advice("raise-rate", {"rate": view.rate.peak * factor, "before": view.rate.peak, "factor": factor})


def warm_up(view: RunView, least: float = 1) -> Advice:
    """A linear warm-up that the optimizer's memory needs, within a tenth of the run."""
    beta2 = view.fact("beta2")
    steps, _ = within_run(memory_warm_up(_BETA2 if beta2 is None else beta2), max(view.planned, 1))
    return Advice("warm-up", {"steps": max(steps, math.ceil(least))})


def clip(view: RunView) -> tuple[Advice, ...]:
    """Clip at the 90 % quantile of the run's own norms; at 1 where none were logged; not where none exist."""
    norms = view.grad_norm
    if not view.can_clip:
        return ()
    if norms is None or len(norms) < 10:
        return (Advice("clip-usual", {"norm": 1.0}),)
    return (Advice("clip", {"norm": float(f"{quantile(norms.values, _CLIP_SHARE):.2g}")}),)


def plateau_cut(view: RunView) -> Advice:
    """Cut the rate on a plateau of the validation loss: by 0.3, after 5 checks without progress beyond its noise."""
    checks = view.val_loss
    threshold = checks.noise if checks is not None else 0.0
    return Advice("reduce-on-plateau", {"factor": 0.3, "patience": 5, "threshold": float(f"{threshold:.1g}")})
