"""What makes an answer unsure, and when a doubt justifies a second full run.

Path:   both rungs, choice -> doubts about the rate -> whether there is a second full run; final run -> doubts about the
        answer.
Units:  octaves.
Source: docs/reference/tuner.md, "Sure or not". Each doubt is a step of the study that lacked evidence; none was fitted
        to scores.
"""

from collections.abc import Collection, Iterator

from ratecraft.controllers.tune.bracket import Bracket
from ratecraft.controllers.tune.choose import Choice
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.records.answer import Decision

_OF_DECISIONS = {"halved": "halved", "shorter-kept": "turned", "worse-than-branch": "beaten-by-probe"}
"""Decisions about the final run that leave a doubt, each with the code of that doubt."""
_SLOWS_ITSELF = "Adagrad"
_MAY_RISE = frozenset({"rising", "slows-itself"})
_BUY_A_SECOND_RUN = frozenset({"unlearned", "open"})


def doubts_before(plan: StudyPlan, bracket: Bracket, choice: Choice) -> Iterator[str]:
    """The doubts before the final run: whether the chosen rate is the best one.

    Yields:
        `unlearned`: the first rung learned nothing, so that few rates were compared. `one-length`: there was no second
        rung, so it is not known how the best rate moves with the length of the run. `open`: the best rate lies at an
        end of what was tried. `rising`: the best rate rises with the length of the run. `falling`: it fell steeply, and
        the choice followed only part of the way. `slows-itself`: the optimizer shrinks its own steps as it goes, so
        longer runs may need a higher rate.
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
    """The doubts that the final run adds about its own result.

    Yields:
        `halved`: the run diverged and went on at half its rate. `turned`: its validation loss turned, and it was made
            again,
        shorter. `beaten-by-probe`: a probe of an eighth of its length had scored better.

    Example:
        >>> list(doubts_about((Decision("halved", {"count": 1, "step": 90}),)))
        ['halved']
    """
    told = {decision.code for decision in decisions}
    yield from (doubt for code, doubt in _OF_DECISIONS.items() if code in told)


def second_run(plan: StudyPlan, doubts: Collection[str]) -> float | None:
    """How many octaves a second full run is from the first; None if there is no second one.

    Args:
        plan: What was fixed before the first probe; its budget may hold one full run only.
        doubts: Doubts about the rate, from `doubts_before`: for some of them the usual budget pays for a second run.
    """
    settings = plan.settings
    is_bought = settings.has_usual_budget and not _BUY_A_SECOND_RUN.isdisjoint(doubts)
    if settings.budget < settings.second_run_budget and not is_bought:
        return None
    if plan.is_one_short_rung:
        return settings.short_second_run
    return settings.second_run if _MAY_RISE.isdisjoint(doubts) else settings.second_run_rising
