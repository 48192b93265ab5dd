"""`too-large-noise`, `decay-missing`, `zigzag`: the end of a run is noise that a decay would take away.

Source: catalogue L03, L04, T03. The validation set is the same at every check, so what its loss jumps by is the
        weights' own noise, unlike that of a minibatch. Levels:
        at the best constant rate of six tasks it jumped by 0.003 to 0.1 of its median from check to check (0.3 on one,
        where a decay won a seventh), at some that were too large by 0.2 to 1.3.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import lower_rate
from ratecraft.diagnosis.finding import Advice, Finding, Undecided
from ratecraft.diagnosis.run_view import RunView
from ratecraft.laws.robust import median, turns

__all__ = ["decay_missing", "zigzag"]

_RAGGED = 0.2  # jump from check to check, of the median
_OF_PROGRESS = 0.02  # and of all that was gained
_FEWEST = 8  # checks
_BEGUN = 0.4  # of the stretch: before it the loss falls too fast to tell
_UNTIL = 0.9  # of the run, that the rate stood
_COOL = 0.2  # of the run: the cool-down to try (2405.18392: 10 to 20 %)
_ZIGZAG = 0.9  # share of steps on which the loss turns; independent noise turns on 2/3
_VISIBLE = 0.02  # of the level: smaller zigzags are harmless


def decay_missing(view: RunView) -> Iterator[Finding | Undecided]:
    """Says whether the rate stood until the end, and whether its noise is what the validation loss shows."""
    checks, loss = view.val_loss, view.loss
    curve = checks if checks is not None and len(checks) >= _FEWEST else None
    if curve is None or view.is_game:
        return
    first, last = view.held
    late = curve.between(first + _BEGUN * (last - first), last)
    if len(late) < _FEWEST // 2:
        return
    level, jump = late.level(late.first, late.last), late.noise
    ragged = level > 0 and jump >= _RAGGED * level and jump >= _OF_PROGRESS * max(curve.progress, 0.0)
    if view.rate is None:
        if ragged:
            yield Undecided("ragged", {"jump": jump, "level": level}, ("rate",))
        return
    stood = view.rate.is_constant and last >= _UNTIL * view.planned
    evidence = {"jump": jump, "level": level, "rate": view.rate.end, "first": late.first, "last": late.last}
    cool = Advice("cool-down", {"share": _COOL, "steps": round(_COOL * view.planned)})
    if ragged and stood:
        advice = (cool, lower_rate(view, last, 3), Advice("find-rate"))
        yield Finding("too-large-noise", "warning", 0.8, (late.first, late.last), evidence, advice)
    elif stood and (loss is None or curve.between(first, last).part(0.7, 1.0).direction() > -2):
        yield Finding("decay-missing", "info", 0.7, (late.first, late.last), evidence, (cool,))


def zigzag(view: RunView) -> Iterator[Finding]:
    """Says so where the loss of large batches goes up and down at every step and no longer falls."""
    loss = view.loss
    if loss is None or len(loss) < 60 or view.is_game:
        return
    late = loss.part(0.5, 1.0)
    level = late.level(late.first, late.last)
    jump = median(abs(late.values[1:] - late.values[:-1]))
    if turns(late.values) < _ZIGZAG or jump < _VISIBLE * abs(level) or late.direction() <= -2:
        return
    evidence = {"turns": turns(late.values), "jump": jump, "level": level, "first": late.first, "last": late.last}
    yield Finding("zigzag", "warning", 0.75, (late.first, late.last), evidence, (lower_rate(view, late.first, 2),))
