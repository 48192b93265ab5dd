"""Whether enough was seen of a run for silence to mean that nothing is wrong.

Reasons: `no-loss`, `loss-each`, `few-points`, `game`, `undecided`.

Path:   `RunView`, what the rules could not decide -> `Unjudged` or None -> `Diagnosis`.
Source: docs/reference/findings.md, "Enough": from ten training losses on, every run that never learns, blows up or
        loses what it had won is named; five checks or more of a validation that kept what it won speak against all
        three.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ratecraft.diagnosis.finding import Evidence, Undecided
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import Array, Steps

Reason: TypeAlias = Literal["no-loss", "loss-each", "few-points", "game", "undecided"]

_LOSSES, _CHECKS = 10, 5
_NOISES = 10.0  # sd of a check that a validation must have won
_LOST = 0.2  # of what it won, at most, at its end


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Why a run cannot be judged.

    Attributes:
        reason: Slug; the key `unjudged.<reason>.text` of the catalogue.
        values: The numbers of its sentence.
    """

    reason: Reason
    values: Evidence


def unjudged_of(view: RunView, undecided: Sequence[Undecided]) -> Unjudged | None:
    """Why a run without findings (hints apart) cannot be judged; None if enough was seen.

    Args:
        view: The run.
        undecided: What looks wrong but could not be decided.
    """
    if view.is_game:
        return Unjudged("game", {})
    if undecided:
        return Unjudged("undecided", {"count": len(undecided)})
    losses = view.loss
    if (losses is not None and len(losses) >= _LOSSES) or _has_learned(view):
        return None
    if losses is None and float(view.fact("losses_a_step") or 1.0) > 1:
        return Unjudged("loss-each", {})
    if losses is None:
        return Unjudged("no-loss", {"fewest": _LOSSES})
    return Unjudged("few-points", {"points": len(losses), "fewest": _LOSSES})


def _has_learned(view: RunView) -> bool:
    """Whether a validation came far from where it began, beyond guessing, and ends near its best."""
    checks, shares = view.val_loss, view.curve("val_accuracy")
    if checks is not None and view.chance_classes:
        return False
    return (checks is not None and _keeps_gain(checks.steps, -checks.values)) or (
        shares is not None and _keeps_gain(shares.steps, shares.values)
    )


def _keeps_gain(steps: Steps, values: Array) -> bool:
    """Whether a figure of which more is better won far more than its noise, and kept most of it."""
    if len(values) < _CHECKS:
        return False
    curve = Curve(steps, values)
    best = float(values.max())
    won = best - float(values[0])
    return won > _NOISES * curve.noise and best - curve.end <= _LOST * won
