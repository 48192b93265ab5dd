"""`rate-far-above`, `rate-far-below`: the peak rate is far outside the optimizer's usual range.

Source: the ranges and their sources are those of `recipes`. They span a factor of 10 to 1000, and the best rates of
        six real tasks (benchmarks/tuning) lay within 3 times them; fine-tuning goes a hundred times below. So only
        what lies farther out is a warning, and what lies less far a hint.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import LARGE, SLOW, SMALL, Kind, Proof, Rule
from ratecraft.diagnosis.usual_rates import usual_hyperparameter
from ratecraft.diagnosis.view.run_view import RunView

_HINT, _ABOVE, _BELOW = 10.0, 100.0, 300.0  # factors beyond the ends of the range


def rate_range(view: RunView) -> Iterator[Finding]:
    """Compares the peak with the usual range of the run's optimizer, if both are known."""
    if view.rate is None:
        return
    usual = usual_hyperparameter(view.optimizer)
    if usual is None or usual.low is None or usual.high is None:
        return
    peak = view.rate.peak
    above, below = peak / usual.high, usual.low / peak
    if max(above, below) < _HINT:
        return
    evidence = {"rate": peak, "low": usual.low, "high": usual.high, "factor": max(above, below)}
    where = (view.rate.curve.first, view.rate.curve.last)
    advice = (Advice("usual-rate", {"rate": usual.value}), Advice("find-rate"))
    if above >= _HINT:
        severity = "warning" if above >= _ABOVE else "info"
        yield Finding("rate-far-above", severity, 0.8, where, evidence, advice, exact=True)  # a peak only rises
    else:
        severity = "warning" if below >= _BELOW else "info"
        yield Finding("rate-far-below", severity, 0.7, where, evidence, advice)


RATE_RANGE = Rule(
    rate_range,
    (
        Kind(
            "rate-far-above",
            "warning",
            "first-value",
            advice=("usual-rate", "find-rate"),
            proof=Proof("anew", ("lowest", "lower")),
            is_refutable=True,
            faults=LARGE,
        ),
        Kind(
            "rate-far-below",
            "warning",
            "first-value",
            advice=("usual-rate", "find-rate"),
            proof=Proof("anew", SLOW.arms),
            is_refutable=True,
            faults=SMALL,
        ),
    ),
)
