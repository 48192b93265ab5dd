"""Which branches to run next: a rate further out while that helps, then a longer branch of the best arm.

Path:   all that was tried -> `next_tries` -> experiments for the controller, until there is nothing more to ask.
Units:  steps are optimizer steps.
Source: docs/reference/findings.md, "Branches": a branch speaks of a quarter of the steps that are left, or its claim
        has to shrink; the rate that a short one finds is not trusted where it is lower.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ratecraft.diagnosis.proof.comparing import FACTORS, FAR_ENDS, LADDERS, Compared, Row, compared, proof_steps
from ratecraft.laws.trials.paired import paired
from ratecraft.records.proof import Arm, Experiment, TriedArm

_ROOM = 1.5  # times a branch: it and its last repeat, which begins half a branch later
_COOLED = 0.6  # of a long branch, as of a full run (tuner.md, "Shape"): short ones favour the lower rate


def next_tries(tried: Sequence[TriedArm], waiting: Sequence[Experiment], planned: int) -> tuple[Experiment, ...]:
    """What to try next; nothing once a fault is shown or everything was tried.

    Args:
        tried: All that was tried so far.
        waiting: Experiments that are tried one by one, where those before them show nothing.
        planned: Steps of a full run.
    """
    rows = compared(tried)
    short = [row for row in rows if not _is_long(row)]
    further = tuple(experiment for row in short for experiment in (*_further(row), *_far_ends(row)))
    further += () if further else tuple(_one_batch(short, tried, waiting))
    waiting = [experiment for experiment in waiting if not experiment.is_on_one_batch]
    shown = [arm for row in rows for arm in row if arm.shows]
    if further or any(arm.stands or (arm.tried.validated and arm.is_trusted) for arm in shown):
        return further
    known = {arm.place for arm in tried}
    return (
        _longer(rows, waiting, planned)
        or tuple(experiment for experiment in waiting if experiment.place not in known)[:1]
    )


def long_steps(start: int, planned: int) -> int:
    """Steps of a branch that is representative of the whole run from a step on: a quarter of it, or of the rest.

    Example:
        >>> long_steps(200, 600), long_steps(0, 601), long_steps(500, 600)
        (150, 151, 25)
    """
    quarter = proof_steps(planned)
    return quarter if start + _ROOM * quarter <= planned else proof_steps(planned - start)


def _is_long(row: Row) -> bool:
    return row[0].tried.validated


def _further(row: Row) -> Iterator[Experiment]:
    """The next rates of one experiment's ladders."""
    by_name = {arm.name: arm for arm in row}
    for ladder in LADDERS:
        known = [by_name[name] for name in ladder if name in by_name]
        if not known or known[-1].name == ladder[-1] or not _pays(known):
            continue
        if ladder is LADDERS[1] and known[-1].moves_nothing:  # a rate that is lower still moves less
            continue
        last, name = known[-1], ladder[ladder.index(known[-1].name) + 1]
        yield _with(last, replace(last.tried.arm, name=name, factor=FACTORS[name]))


def _far_ends(row: Row) -> Iterator[Experiment]:
    """Rates three decades apart, where none that was tried from the beginning moves the loss: is it the rate at all?"""
    rates = [arm for arm in row if arm.name in FACTORS]
    if rates and row[0].tried.start == 0 and all(rate.moves_nothing for rate in rates):
        known = {rate.name for rate in rates}
        for name in FAR_ENDS:
            if name not in known:
                yield _with(row[0], replace(row[0].tried.arm, name=name, factor=FACTORS[name], treatment=""))


def _one_batch(rows: Sequence[Row], tried: Sequence[TriedArm], waiting: Sequence[Experiment]) -> Iterator[Experiment]:
    """Can one batch be fitted, where none of the rates three decades apart moves the loss?"""
    rates = [arm for row in rows for arm in row if arm.tried.start == 0 and arm.name in FACTORS]
    if not set(FAR_ENDS) <= {rate.name for rate in rates} or not all(rate.moves_nothing for rate in rates):
        return
    if not any(arm.arm.is_on_one_batch for arm in tried):
        yield from (experiment for experiment in waiting if experiment.is_on_one_batch)


def _pays(known: Sequence[Compared]) -> bool:
    """Whether the last rate of a ladder does better than the one before it; where neither lasts, a lower one may."""
    last, is_down = known[-1], known[-1].tried.arm.factor < 1
    before = known[-2].tried if len(known) > 1 else last.control
    gain = paired(before.scores, last.tried.scores)
    return is_down if gain is None else gain.gain > 0


def _longer(rows: Sequence[Row], waiting: Sequence[Experiment], planned: int) -> tuple[Experiment, ...]:
    """A longer try of the arm that did best in a short one, begun where its result can be trusted.

    Branches that leave the run where it is under way come first: a beginning favours the higher rate.
    """
    long = [arm for row in rows if _is_long(row) for arm in row]
    short = [arm for row in rows if not _is_long(row) for arm in row]
    known = {(arm.tried.start, arm.kind) for arm in long}
    hints = [arm for arm in short if arm.gain.is_seen and arm.name != "held"]
    can_tell = [hint for hint in hints if hint.is_trusted or hint.trusted_at != hint.tried.start]
    left = [arm for arm in can_tell if (arm.trusted_at, arm.kind) not in known]
    best = max(left, key=lambda arm: (arm.tried.start > 0, arm.gain.gain), default=None)
    if best is None:
        return ()
    asked = _with(best, best.tried.arm)
    if best.trusted_at != asked.start:
        asked = _anew(asked, short, waiting)
    arms = tuple(replace(arm, cooled=_COOLED) for arm in asked.arms)
    steps = max(long_steps(asked.start, planned), asked.steps)
    return (replace(asked, arms=arms, steps=steps, validated=True),)


def _anew(asked: Experiment, short: Sequence[Compared], waiting: Sequence[Experiment]) -> Experiment:
    """The same arm from step 0, at the rate and with the warm-up of what was tried there, or waits to be."""
    begun = [_with(arm, arm.tried.arm) for arm in short if arm.tried.start == 0]
    known = next((experiment for experiment in (*begun, *waiting) if experiment.start == 0), replace(asked, start=0))
    control, arm = known.arms[0], asked.arms[1]
    return replace(known, arms=(control, replace(arm, warm_up=max(arm.warm_up, control.warm_up))), waits=False)


def _with(one: Compared, arm: Arm) -> Experiment:
    """The experiment of an arm, with this one beside the run as it is."""
    return Experiment(one.tried.start, one.control.rate, (one.control.arm, arm), one.tried.steps)
