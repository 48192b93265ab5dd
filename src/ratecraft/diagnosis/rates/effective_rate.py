"""`effective-rate-dying`: Adagrad's sum of squared gradients has made the effective rate tiny.

Source: docs/reference/findings.md, O01 (Zeiler 2012, arXiv 1212.5701): the effective rate below a tenth of what it was
        at a twentieth of the run, and a loss that no longer falls. Of gradients that keep their size it falls to 0.22
        by the end; below a tenth they grew, which those of a run that has nothing left to learn do not. Good Adagrad
        runs show it too, so it is said softly. What the schedule itself takes away is not counted.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import raise_rate
from ratecraft.diagnosis.finding import Advice, Finding, Undecided
from ratecraft.diagnosis.rule import SLOW, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_DIED = 0.1


def effective_rate_dying(view: RunView) -> Iterator[Finding | Undecided]:
    """The finding, for an Adagrad run that stands still; asks for `effective_rate` if it was not logged."""
    loss = view.loss
    if "adagrad" not in view.optimizer or loss is None or len(loss) < 20:
        return
    late = loss.part(0.6, 1.0)
    if late.direction() <= -2:
        return
    rate = view.curve("effective_rate")
    if rate is None:
        yield Undecided("adagrad-stands", {"end": loss.end}, ("effective_rate",))
        return
    begin, end = rate.first + 0.05 * rate.length, view.held[1]
    early, later = rate.at(begin), rate.at(end)
    before, after = view.rate_at(begin) or 1.0, view.rate_at(end) or 1.0
    own = early * after / before  # what the schedule alone would have left
    if own > 0 and later < _DIED * own:
        evidence = {"early": early, "rate": later, "share": later / own, "end": loss.end, "last": rate.last}
        advice = (raise_rate(view, 3), Advice("other-optimizer"))
        yield Finding("effective-rate-dying", "info", 0.7, (late.first, late.last), evidence, advice)


EFFECTIVE_RATE_DYING = Rule(
    effective_rate_dying,
    (
        Kind(
            "effective-rate-dying",
            "warning",
            "optimizers",
            advice=("raise-rate", "multiply-rate", "other-optimizer"),
            families=("course",),
            proof=SLOW,
            is_refutable=True,
        ),
    ),
)
