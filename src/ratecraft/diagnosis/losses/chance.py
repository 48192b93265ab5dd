"""Runs that, by their validation alone, learned nothing or no longer change.

Codes:  `validation-at-chance`, `standstill`.

Source: guessing is known by loss and accuracy together (`RunView.chance_classes`). Weights that
        take steps make a validation loss that moves, if only by its last digits, while batches differ.
        Found on half of the problems of DeepOBS (benchmarks/world_runs), and held against the other half.
"""

import math
from collections.abc import Iterator

from ratecraft.diagnosis.advising import lower_rate
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import quantile

_FEWEST = 5  # checks
_NEAR = 0.03  # how near a loss is to ln C
_LEARNED = 0.8  # of what guessing costs: a training loss below it knows something
_ABOVE = 0.05  # of their spread, that nine tenths of all later values lie above the first
_STILL = 1e-4  # of what was won: the largest change of a validation loss that stands still
_DIFFER = 1e-3  # of what was won: noise of the training loss, since batches differ
_FROM = 0.05  # of the run, from which it stands still: what settles later may have come to its end
_TURNS, _JUMP = 0.4, 1e-3  # share of checks at which it turns, and its jump over ln C: it is thrown about


def at_chance(view: RunView) -> Iterator[Finding]:
    """The finding, if a training loss falls while validation stays at chance, or if nothing changes any more."""
    if view.is_game or view.loss is None:
        return
    classes = view.chance_classes
    if classes and view.loss.end <= _LEARNED * math.log(classes):
        checks = view.val_loss
        assert checks is not None  # noqa: S101  # it is asked for there
        evidence = {"classes": classes, "loss": view.loss.end, "end": checks.end, "last": checks.last}
        advice = (Advice("look-at-validation"), Advice("look-at-labels"))
        yield Finding("validation-at-chance", "error", 0.85, (checks.first, checks.last), evidence, advice)
    elif _stands_still(view, view.loss):
        yield _standstill(view, view.loss)


def stands_above(view: RunView) -> bool:
    """Whether nine tenths of both losses lie above where they began, and no accuracy rose."""
    checks, loss, shares = view.val_loss, view.loss, view.curve("val_accuracy")
    if checks is None or loss is None or min(len(checks), len(loss)) < _FEWEST or checks.first > view.first:
        return False
    if shares is not None and shares.end > float(shares.values[0]) + 2 * shares.noise:
        return False
    later = checks.values[1:]
    low, spread = quantile(later, 0.1), quantile(later, 0.9) - quantile(later, 0.1)
    trained = quantile(loss.values[1:], 0.05) >= max(float(loss.values[0]), loss.start)
    return trained and low - float(checks.values[0]) > _ABOVE * spread


def is_thrown_about(view: RunView, classes: int) -> bool:
    """Whether a model that guesses took large steps: its validation loss leapt, fell dead, or jumps above ln C."""
    checks = view.val_loss
    if checks is None or len(checks) < _FEWEST or classes < 2:
        return False
    late = checks.part(0.2, 1.0)
    moves = late.values[1:] - late.values[:-1]
    turns = float((moves[1:] * moves[:-1] < 0).mean()) if len(moves) > 1 else 0.0
    guess = math.log(classes)
    first, highest = float(checks.values[0]), float(checks.values[1:].max())
    leapt = highest - max(first, guess) > _NEAR * guess
    dead = first - guess > _NEAR * guess and float(late.values.max() - late.values.min()) <= _STILL * guess
    return (
        leapt
        or dead
        or (turns >= _TURNS and late.noise >= _JUMP * guess and late.level(late.first, late.last) >= guess)
    )


def _stands_still(view: RunView, loss: Curve) -> bool:
    """Whether the checks of the later run are all the same, at a rate that was not lowered and batches that differ."""
    checks = view.val_loss
    if checks is None or view.improvement <= 0 or view.rate is None or not view.rate.is_constant:
        return False
    late, batches = checks.part(_FROM, 1.0), loss.part(_FROM, 1.0)
    if len(late) < 2 * _FEWEST or loss.length < 0.9 * checks.length:
        return False
    moved = float(late.values.max() - late.values.min())
    return (
        moved <= _STILL * view.improvement
        and batches.noise >= _DIFFER * view.improvement
        and len(batches) >= 4 * _FEWEST
    )


def _standstill(view: RunView, loss: Curve) -> Finding:
    checks = view.val_loss
    assert checks is not None  # noqa: S101  # `_stands_still` asks for it
    near = abs(checks.values - checks.end) <= _STILL * view.improvement
    step = int(checks.steps[len(near) - int((~near[::-1]).argmax())]) if not near.all() else checks.first
    evidence = {"end": checks.end, "step": step, "last": checks.last, "wasted": checks.last - step}
    advice = (lower_rate(view, step, 10), Advice("start-again"), Advice("look-at-inputs"))
    return Finding("standstill", "error", 0.8, (step, loss.last), evidence, advice)


AT_CHANCE = Rule(
    at_chance,
    (
        Kind(
            "validation-at-chance",
            "error",
            "not-learning",
            advice=("look-at-validation", "look-at-labels"),
            explains=("decay-missing", "overfit", "overfit-calibration", "too-large-noise"),
        ),
        Kind(
            "standstill",
            "error",
            "too-large-too-small",
            advice=("set-rate", "start-again", "look-at-inputs"),
            explains=("course",),
        ),
    ),
)
