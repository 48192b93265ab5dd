"""`overfit`: the validation loss rises while the training loss still falls. Says where to stop and what else to do.

Source: docs/reference/findings.md, G01: above its best by more than its noise for some checks. A gap between the two
        losses says nothing (72 of 80 healthy runs had one), and a validation loss that rises with the training loss is
        no over-fitting but an unstable run. Levels: five noise sd and a twentieth.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import lower_rate, plateau_cut
from ratecraft.diagnosis.finding import Advice, Finding, Undecided
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView

_RISE, _MUCH = 0.05, 0.2  # of all that was won
_NOISES = 3.0
_FEWEST = 5  # checks in all
_SINCE = 2  # checks after the best one
_AT_ONCE = 0.05  # of the run
_EARLY = 0.4  # of the run: so early a best asks for a smaller model or more data, later ones for a stop


def overfit(view: RunView) -> Iterator[Finding | Undecided]:
    """The finding, with the step from which the run only memorised."""
    checks = view.val_loss
    if checks is None or len(checks) < _FEWEST or view.is_game:
        return
    best, lowest = checks.lowest
    rise = checks.end - lowest
    since = int((checks.blocks.steps > best).sum())
    if since < _SINCE or rise <= max(view.negligible_change(_RISE), _NOISES * checks.blocks.part(0.2, 1.0).noise):
        return
    if view.rate is not None and view.rate.rose_near(best, checks.last):
        return
    loss = view.loss
    if loss is None:
        yield Undecided("val-loss-rises", {"best": lowest, "step": best, "end": checks.end}, ("loss",))
        return
    if not _falls_since(loss, best):
        return
    more = _accuracy_holds(view.curve("val_accuracy"), best)
    evidence = {"best": lowest, "step": best, "end": checks.end, "rise": rise / abs(lowest) if lowest else 0.0}
    evidence |= {"loss": loss.end, "last": checks.last, "wasted": checks.last - best}
    regular = Advice("regularise", {"gap": checks.end - loss.end})
    stop = Advice("stop-at", {"step": best, "patience": max(5, since // 3)})
    if best < _AT_ONCE * checks.last:  # no check was better than the first: a schedule of that length is none
        advice = (stop, lower_rate(view, best, 10), regular)
    elif best < _EARLY * checks.last:
        advice = (stop, regular, Advice("shorten", {"steps": best}))
    else:
        advice = (stop, plateau_cut(view), regular)
    code = "overfit-calibration" if more else "overfit"
    yield Finding(
        code,
        "info" if more else "warning",
        0.95 if rise > _MUCH * view.improvement else 0.85,
        (best, checks.last),
        evidence,
        advice,
    )


def _falls_since(loss: Curve, step: int) -> bool:
    """Whether the training loss is clearly lower at the end than about a step."""
    near = loss.between(step - 0.1 * loss.length, step + 0.05 * loss.length)
    if len(near) < 1:
        near = loss.between(loss.first, max(step, loss.first))
    if not len(near):
        return False
    return near.level(near.first, near.last) - loss.end > loss.blocks.part(0.3, 1.0).noise


def _accuracy_holds(curve: Curve | None, step: int) -> bool:
    """Whether no fewer answers are right at the end than at the step: then only the sureness of wrong ones grew."""
    return curve is not None and len(curve) >= _FEWEST and curve.end >= curve.at(step) - 2 * curve.part(0.5, 1.0).noise


OVERFIT = Rule(
    overfit,
    (
        Kind(
            "overfit",
            "warning",
            "overfitting",
            advice=("stop-at", "regularise", "shorten", "reduce-on-plateau"),
            families=("course",),
            explains=("decay-missing",),
            faults=("few-rows",),
        ),
        Kind(
            "overfit-calibration",
            "info",
            "overfitting",
            advice=("stop-at", "reduce-on-plateau", "regularise"),
            families=("course",),
            faults=("few-rows",),
        ),
    ),
)
