"""`warm-up-missing`, `warm-up-short`: the loss jumps up in the first steps and recovers.

Source: docs/reference/findings.md, L05: the rate stands at half its peak from the first steps on, and the loss rises by
        a fifth or by 6 noise sd; Ma & Yarats 2021 for how long a warm-up should be. A hump of less than twenty steps
        may be the catapult of a rate that is right (Lewkowycz et al. 2020), so it must last. A moving average makes the
        shortest hump last, and comes down from it point by point: that is a hint.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import lower_rate, warm_up
from ratecraft.diagnosis.finding import Finding, Undecided
from ratecraft.diagnosis.rule import LARGE, Kind, Proof, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.early_leaps import early_leaps
from ratecraft.diagnosis.view.run_view import RunView

_HUMP = 0.2  # of all that was won
_NOISES = 6.0
_EARLY = 0.1  # of the run
_LASTING = 20  # steps
_SHARE = 0.01  # of the run, that it lasts at least
_FALLING = 0.9  # of the points behind the peak, each below the one before it: the looks of an average
_FEWEST = 40


def warm_up_missing(view: RunView) -> Iterator[Finding | Undecided]:
    """The finding, if the first steps set the run back and it recovered."""
    loss = view.loss
    if loss is None or len(loss) < _FEWEST or view.is_game or loss.end >= loss.start:
        return
    early = loss.part(0.0, _EARLY)
    noise = max(early.noise, loss.part(0.2, 1.0).noise)
    limit = loss.start + max(view.negligible_change(_HUMP), _NOISES * noise)
    high = early_leaps(loss, limit, view.val_loss).steps
    if len(high) < 3 or int(high[-1]) - int(high[0]) < max(_LASTING, _SHARE * loss.length):
        return
    first, last = int(high[0]), int(high[-1])
    evidence = {"start": loss.start, "peak": float(early.values.max()), "first": first, "last": last}
    if view.rate is None:
        yield Undecided("early-hump", evidence, ("rate", "grad_norm"))
        return
    short = view.rate.warm_up
    code = "warm-up-short" if short > 10 else "warm-up-missing"
    advice = (warm_up(view, least=4 * short if short > 10 else 1), lower_rate(view, view.rate.peak_step, 3))
    severity = "info" if view.is_smoothed and _only_falls(early.between(first, last)) else "warning"
    yield Finding(code, severity, 0.8, (first, last), {**evidence, "warm_up": short, "rate": view.rate.peak}, advice)


def _only_falls(hump: Curve) -> bool:
    """Whether a hump comes down as the moving average of a single leap does."""
    behind = hump.values[int(hump.values.argmax()) :]
    return len(behind) < 2 or float((behind[1:] < behind[:-1]).mean()) >= _FALLING


WARM_UP_MISSING = Rule(
    warm_up_missing,
    (
        Kind(
            "warm-up-missing",
            "warning",
            "unstable",
            advice=("warm-up", "set-rate"),
            families=("course",),
            explains=("spikes",),
            proof=Proof("anew", ("warmed-up", "lower")),
            is_refutable=True,
            faults=LARGE,
        ),
        Kind(
            "warm-up-short",
            "warning",
            "unstable",
            advice=("warm-up", "set-rate"),
            families=("course",),
            proof=Proof("anew", ("warmed-up", "lower")),
            is_refutable=True,
            faults=LARGE,
        ),
    ),
)
