"""Successive halving: many short runs, of which only the best go on. It serves ASHA and Hyperband.

Path:   ledger of a search -> the next jobs.
Units:  steps are optimizer steps; a rung is a share of a full run.
Source: Hyperband: Li et al., JMLR 18 (2018). ASHA: Li et al., MLSys 2020. Unlike there, every score comes from an
        annealed run: a cool-down branches off a trunk at the trial's own rate, and the trunk waits to go on.

ASHA never waits: a trial goes on as soon as it is among the best of its rung so far, so its course depends on the order
of outcomes; the jobs it asked for are in the record. Hyperband waits until a rung is complete, and does not depend on
that order.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from ratecraft.controllers.search.ledger import Ledger, Stage
from ratecraft.controllers.search.trial_jobs import Frame, first_rung
from ratecraft.records.events import Proposed


@dataclass(frozen=True, slots=True)
class Bracket:
    """Trials that are compared with each other: how many begin, and on which rung."""

    trials: int
    rung: int


@lru_cache(maxsize=4)
def brackets(frame: Frame) -> tuple[Bracket, ...]:
    """The brackets of a search, as many and as large as the number of trials and the budget allow.

    ASHA has one. Hyperband has one that begins on each rung, with fewer trials on longer rungs, so that each costs
    about the same; they are repeated in turn until the trials are used up.
    """
    settings = frame.settings
    most = settings.most_trials
    if settings.budget is None:
        return _brackets(frame, most)
    trials, steps = 1, settings.budget * frame.horizon / frame.seeds
    while trials < (most or settings.most_begun) and planned_steps(frame, _brackets(frame, trials + 1)) <= steps:
        trials += 1
    return _brackets(frame, trials)


def entering(frame: Frame, bracket: Bracket) -> Iterator[tuple[int, int]]:
    """Every rung of a bracket and how many of its trials reach it; the full run is the last.

    Example:
        >>> from ratecraft.controllers.probing.rungs import Rung
        >>> from ratecraft.controllers.search.settings import SearchSettings
        >>> from ratecraft.controllers.search.space import Space
        >>> from ratecraft.records.metrics import Metric
        >>> rungs = (Rung(100, 125), Rung(400, 500))
        >>> frame = Frame(SearchSettings(method="asha"), Space(), 1600, 0.1, Metric("val_loss", "min"), rungs=rungs)
        >>> list(entering(frame, Bracket(trials=16, rung=0)))
        [(0, 16), (1, 4), (2, 1)]
    """
    many = bracket.trials
    for rung in range(bracket.rung, len(frame.rungs) + 1):
        yield rung, many
        many = max(1, many // frame.settings.reduction)


def planned_steps(frame: Frame, planned: Sequence[Bracket]) -> int:
    """What brackets cost with one seed, if every rung passes on as many trials as it should."""
    return sum(_cost_of(frame, bracket) for bracket in planned)


def halved(ledger: Ledger, free: int) -> tuple[Proposed, ...]:
    """The next jobs of a search by successive halving, at most `free` of them."""
    planned = brackets(ledger.frame)
    found: list[Proposed] = [*ledger.looked_at()]
    while sum(proposal.job.evaluate is not None for proposal in found) < free:
        fresh = _next(ledger.further(*found), planned)
        if not fresh:
            break
        found += fresh
    return tuple(found)


def _brackets(frame: Frame, most: int | None) -> tuple[Bracket, ...]:
    settings, top = frame.settings, len(frame.rungs)
    if not settings.rule.waits:
        return (Bracket(most or settings.usual_trials, 0),)
    sizes = [math.ceil((top + 1) / (top - rung + 1) * settings.reduction ** (top - rung)) for rung in range(top + 1)]
    left = sum(sizes) if most is None else most
    found: list[Bracket] = []
    while left > 0:
        rung = first_rung(frame, len(found))
        found.append(Bracket(min(sizes[rung], left), rung))
        left -= found[-1].trials
    return tuple(found)


def _cost_of(frame: Frame, bracket: Bracket) -> int:
    steps = left = 0
    for rung, many in entering(frame, bracket):
        is_last = rung == len(frame.rungs)
        steps += many * ((frame.horizon if is_last else frame.rungs[rung].stop) - left)
        left = frame.rungs[rung].trunk if frame.branching == "fork" and not is_last else 0
    return steps


def _next(ledger: Ledger, planned: Sequence[Bracket]) -> tuple[Proposed, ...]:
    """The jobs of one more trial, or of one that goes on; earlier brackets go before later ones."""
    going_on = _hyperband if ledger.frame.settings.rule.waits else _asha
    for number, whole in enumerate(planned):
        bracket, begun = whole, ledger.cohort(number, whole.rung).entered
        fresh = ledger.new_trial(rung=bracket.rung, bracket=number) if begun < bracket.trials else ()
        if not fresh or not ledger.affords(*fresh, later=_to_the_end(ledger, bracket)):
            fresh, bracket = (), replace(bracket, trials=begun)  # nothing new to try, or nothing within the budget
        for stage in going_on(ledger, number, bracket):
            further = ledger.opened(replace(stage.trial, rung=stage.trial.rung + 1))
            if further and ledger.affords(*further):
                return further
        if fresh:
            return fresh
        if not begun:
            return ()
    return ()


def _asha(ledger: Ledger, number: int, bracket: Bracket) -> Iterator[Stage]:
    """Trials that may go on: the best of each rung so far, highest rungs first; at the end the best of all."""
    cohorts = {rung: ledger.cohort(number, rung) for rung in range(bracket.rung, len(ledger.frame.rungs) + 1)}
    for rung in reversed(range(bracket.rung, len(ledger.frame.rungs))):
        best = cohorts[rung].best(len(cohorts[rung].over) // ledger.frame.settings.reduction)
        yield from (ledger.by_place[trial, rung] for trial in best)
    if cohorts[bracket.rung].entered >= bracket.trials and not ledger.open_stages and not ledger.has_whole:
        highest = max((rung for rung, cohort in cohorts.items() if cohort.entered), default=bracket.rung)
        yield from (ledger.by_place[trial, highest] for trial in cohorts[highest].best(1))


def _hyperband(ledger: Ledger, number: int, bracket: Bracket) -> Iterator[Stage]:
    """Trials that may go on: the best of each complete rung."""
    entered = bracket.trials
    for rung in range(bracket.rung, len(ledger.frame.rungs)):
        cohort = ledger.cohort(number, rung)
        if cohort.entered < entered or len(cohort.over) < cohort.entered:
            return
        count = max(1, cohort.entered // ledger.frame.settings.reduction)
        yield from (ledger.by_place[trial, rung] for trial in cohort.best(count))
        entered = sum(math.isfinite(score) for score, _ in islice(cohort.over, count))
        if not entered:
            return


def _to_the_end(ledger: Ledger, bracket: Bracket) -> int:
    """Steps reserved for one trial to reach its end, as long as none is on its way there."""
    if ledger.has_whole:
        return 0
    frame = ledger.frame
    return frame.seeds * (_cost_of(frame, Bracket(1, bracket.rung)) - _cost_of_first(frame, bracket))


def _cost_of_first(frame: Frame, bracket: Bracket) -> int:
    return frame.rungs[bracket.rung].stop if bracket.rung < len(frame.rungs) else frame.horizon
