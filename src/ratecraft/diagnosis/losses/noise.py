"""`too-large-noise`, `decay-missing`, `zigzag`: the end of a run is noise that a decay would take away.

Source: docs/reference/findings.md, L03, L04, T03. The validation set is the same at every check, so what its loss jumps
        by is the weights' own noise, unlike that of a minibatch. Held against all that was won, it jumped from check to
        check by 0.001 to 0.02 at the best constant rate of three tasks (benchmarks/faulty_runs), by 0.04 to 0.8 on one
        of them at 3 and 10 times that.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import lower_rate
from ratecraft.diagnosis.finding import Advice, Finding, Undecided
from ratecraft.diagnosis.rule import LARGE, Kind, Proof, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import median, turns
from ratecraft.records.watching.guarding import series_of

_RAGGED = 0.05  # jump from check to check, of all that was won
_PLAIN = 10.0  # noise sd of a block
_FEWEST = 8  # checks
_BEGUN = 0.4  # of the stretch: before it the loss falls too fast to tell
_UNTIL = 0.9  # of the run, that the rate stood
_FALLS = -2.0  # rank test
_COOL = 0.2  # of the run: the cool-down to try (2405.18392: 10 to 20 %)
_ZIGZAG = 0.9  # share of steps on which the loss turns; independent noise turns on 2/3
_VISIBLE = 0.02  # of all that was won: smaller zigzags are harmless


def decay_missing(view: RunView) -> Iterator[Finding | Undecided]:
    """The finding, if the rate never fell before the end, and whether the validation loss shows its noise."""
    checks, loss = view.val_loss, view.loss
    curve = checks if checks is not None and len(checks) >= _FEWEST else None
    if curve is None or view.is_game:
        return
    first, last = view.held
    late = curve.between(first + _BEGUN * (last - first), last)
    if len(late) < _FEWEST // 2:
        return
    level, jump = late.level(late.first, late.last), late.noise
    ragged = _is_plain(loss) and jump >= view.negligible_change(_RAGGED)
    if view.rate is None:
        if ragged:
            yield Undecided("ragged", {"jump": jump, "level": level}, ("rate",))
        return
    was_lowered = series_of("cut") in view.run.series  # by a guard, which has told so
    stood = view.rate.is_constant and not was_lowered and last >= _UNTIL * view.planned
    evidence = {"jump": jump, "level": level, "rate": view.rate.end, "first": late.first, "last": late.last}
    cool = Advice("cool-down", {"share": _COOL, "steps": round(_COOL * view.planned)})
    if ragged and stood:
        advice = (cool, lower_rate(view, last, 3), Advice("find-rate"))
        still_falls = late.direction() <= _FALLS  # then noise is not what it ends in
        severity = "info" if still_falls or _accuracy_is_calm(view) else "warning"
        yield Finding("too-large-noise", severity, 0.8, (late.first, late.last), evidence, advice)
    elif stood and len(late) >= _FEWEST and _has_flattened(late):
        yield Finding("decay-missing", "info", 0.7, (late.first, late.last), evidence, (cool,))


def _accuracy_is_calm(view: RunView) -> bool:
    """Whether the accuracy does not jump from check to check: then only the sureness of answers does."""
    shares = view.curve("val_accuracy")
    if shares is None or len(shares) < _FEWEST:
        return False
    late = shares.part(_BEGUN, 1.0)
    won = float(shares.values.max() - shares.values[0])
    return late.noise < _RAGGED * won and shares.end >= float(shares.blocks.values.max()) - _RAGGED * won


def _has_flattened(late: Curve) -> bool:
    """Whether late checks have no direction, and their second half lies no lower than the first by more than noise."""
    middle = late.first + late.length / 2
    before, after = late.level(late.first, middle), late.level(middle, late.last)
    return before - after <= late.noise and late.direction() > _FALLS


def _is_plain(loss: Curve | None) -> bool:
    """Whether the training loss came down so far that shares of that mean something."""
    return loss is not None and loss.progress > _PLAIN * loss.blocks.noise


def zigzag(view: RunView) -> Iterator[Finding]:
    """The finding, if the loss of large batches goes up and down at every step and no longer falls."""
    loss = view.loss
    if loss is None or len(loss) < 60 or view.is_game:
        return
    late = loss.part(0.5, 1.0)
    level = late.level(late.first, late.last)
    jump = median(abs(late.values[1:] - late.values[:-1]))
    if turns(late.values) < _ZIGZAG or jump < _VISIBLE * view.improvement or late.direction() <= -2:
        return
    evidence = {"turns": turns(late.values), "jump": jump, "level": level, "first": late.first, "last": late.last}
    yield Finding("zigzag", "warning", 0.75, (late.first, late.last), evidence, (lower_rate(view, late.first, 2),))


ZIGZAG = Rule(
    zigzag,
    (
        Kind(
            "zigzag",
            "warning",
            "unstable",
            advice=("set-rate", "divide-rate"),
            families=("course",),
            proof=Proof("first", ("lower",)),
            is_refutable=True,
            faults=LARGE,
        ),
    ),
)


DECAY_MISSING = Rule(
    decay_missing,
    (
        Kind(
            "too-large-noise",
            "warning",
            "schedules",
            advice=("cool-down", "set-rate", "find-rate"),
            families=("course",),
            explains=("decay-missing", "overfit", "spikes"),
            proof=Proof("late", ("held", "lower")),
            is_refutable=True,
            faults=LARGE,
        ),
        Kind(
            "decay-missing",
            "info",
            "schedules",
            advice=("cool-down",),
            families=("course",),
            proof=Proof("end", ("held",)),
            is_refutable=True,
            faults=("held",),
        ),
    ),
)
