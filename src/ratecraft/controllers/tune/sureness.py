"""What makes an answer unsure, and where that is reason enough for a second full run.

Path:   both rungs, choice -> doubts about the rate -> is there a second full run? Final run -> doubts about the answer.
Units:  octaves.
Source: docs/reference/tuner.md, "Sure or not". Each doubt is a step of the study that lacked its evidence; none was
        fitted to scores.
"""

from collections.abc import Collection, Iterator

from ratecraft.controllers.tune.bracket import Bracket
from ratecraft.controllers.tune.choose import Choice
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.records.answer import Decision

__all__ = ["doubts_about", "doubts_before", "second_run"]

_OF_DECISIONS = {"halved": "halved", "shorter-kept": "turned", "worse-than-branch": "beaten-by-probe"}
"""Decisions about the final run that leave a doubt, and its code."""
_SLOWS_ITSELF = "Adagrad"
_MAY_RISE = frozenset({"rising", "slows-itself"})
_BUY_A_SECOND_RUN = frozenset({"unlearned", "open"})


def doubts_before(plan: StudyPlan, bracket: Bracket, choice: Choice) -> Iterator[str]:
    """The doubts before the final run: whether the rate is the best one.

    Yields:
        `unlearned`: the first rung learned nothing, so that few rates were compared. `one-length`: there was no second
        rung, so that nobody saw how the best rate moves. `open`: the best rate lies at an end of what was tried.
        `rising`: the best rate rises with the length of the run. `falling`: it fell steeply, further than the choice
        follows. `slows-itself`: the optimizer makes its own steps smaller as it goes, so that longer runs may want a
        higher rate.
    """
    if bracket.bottom is None:
        yield "unlearned"
    if len(plan.rungs) == 1:
        yield "one-length"
    if bracket.still_open:
        yield "open"
    if choice.rises:
        yield "rising"
    elif choice.falls:
        yield "falling"
    elif _SLOWS_ITSELF in plan.start.facts.optimizers:
        yield "slows-itself"


def doubts_about(decisions: tuple[Decision, ...]) -> Iterator[str]:
    """The doubts after the final run, about its result.

    Yields:
        `halved`: it diverged, and went on at half its rate. `turned`: its validation turned, and it was made again,
        shorter. `beaten-by-probe`: a probe of an eighth of its length had scored better.

    Example:
        >>> list(doubts_about((Decision("halved", {"count": 1, "step": 90}),)))
        ['halved']
    """
    told = {decision.code for decision in decisions}
    yield from (doubt for code, doubt in _OF_DECISIONS.items() if code in told)


def second_run(plan: StudyPlan, doubts: Collection[str]) -> float | None:
    """By how many octaves a second full run is away from the first; None if there is none.

    Args:
        plan: The frame of the study. Its means may be for one run only.
        doubts: About the rate, of `doubts_before`: of some the usual budget buys it.
    """
    settings = plan.settings
    is_bought = settings.has_usual_budget and not _BUY_A_SECOND_RUN.isdisjoint(doubts)
    if settings.budget < settings.second_run_budget and not is_bought:
        return None
    if plan.is_one_short_rung:
        return settings.short_second_run
    return settings.second_run if _MAY_RISE.isdisjoint(doubts) else settings.second_run_rising
