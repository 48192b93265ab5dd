"""What must be known before the first trial: the length of a run, the script's own rate, what is varied, the scoring.

Path:   baseline or census -> `Begun`: what is fixed, and the decisions.
Units:  steps are optimizer steps; rates are absolute, of the leading group.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.compared import figure_decisions
from ratecraft.controllers.baseline.start import Start, begin
from ratecraft.controllers.probing.ramp import with_own_rate
from ratecraft.controllers.probing.rungs import Rung, rung_of
from ratecraft.controllers.probing.scoring import scoring
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Parameter, Space
from ratecraft.controllers.search.trial_jobs import HELD, Frame
from ratecraft.controllers.settings.shape import check_names
from ratecraft.controllers.synchronous import Asking
from ratecraft.errors import InvalidInput
from ratecraft.recipes.lookup import looked_up
from ratecraft.recipes.observed_training import observed_training
from ratecraft.recipes.presets import builtin_presets
from ratecraft.recipes.recipe import Hyperparameter
from ratecraft.records.answer import Decision
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import RunFacts
from ratecraft.schedules.builders.constructors import constant
from ratecraft.schedules.sets import ScheduleSet


@dataclass(frozen=True, slots=True)
class Begun:
    """A search whose first trial may begin: what was seen, what is fixed, and why."""

    start: Start
    frame: Frame
    decisions: tuple[Decision, ...]


def begin_search(settings: SearchSettings) -> Asking[Begun]:
    """Run the script as it is, or look at it, and fix what is fixed.

    Raises:
        ScriptFailed: The script fails by itself.
        InvalidInput: The length of a run is unknown, or it is too short for the rungs; a parameter is unknown to the
            optimizers; the budget is too small for a single trial.
        NoAnswer: The script never prints the figure that the user named.
    """
    if settings.what != "script":
        return _begun_at_once(settings)
    start = yield from begin(settings.tuner, settings.first_look)
    if not start.horizon:
        raise InvalidInput("horizon-unknown")
    if "rate" not in settings.space.names:
        start = yield from with_own_rate(start, settings.seed)
    space, said = _space(settings, start)
    _check_names(space, start)
    seeds = 1 if start.facts.seeds_itself else settings.seeds
    fixed = Frame(settings, space, start.horizon, start.own_rate, _metric(start), seeds, sizes=start.sizes)
    decisions = [*start.decisions]
    if settings.shortens:
        rungs, metric, scored = scoring(start, planned_rungs(settings, start.horizon), settings.tuner)
        fixed, decisions = replace(fixed, rungs=rungs, metric=metric), [*decisions, *scored]
    else:
        decisions.extend(figure_decisions(start.compared, start.metric, start.metric))
    if settings.budget is not None and settings.budget * start.horizon < seeds * start.horizon:
        raise InvalidInput("search-budget-too-small", budget=settings.budget, least=float(seeds))
    decisions += [*said, *([Decision("seeds-change-nothing")] if seeds < settings.seeds else [])]
    return Begun(start, fixed, tuple(decisions))


def _begun_at_once(settings: SearchSettings) -> Begun:
    """The start of a search over a program or loop. Unless steps are given, a trial counts as one step."""
    if settings.metric is None:
        raise InvalidInput("program-metric")
    if settings.budget is not None and settings.budget < settings.seeds:
        raise InvalidInput("search-budget-too-small", budget=settings.budget, least=float(settings.seeds))
    steps, said = settings.steps or 1, tuple(map(_told, settings.space.parameters))
    start = Start(steps, "steps", 0.0, settings.metric, Cadence("epoch-end"), single_pass=False, facts=RunFacts())
    return Begun(start, Frame(settings, settings.space, steps, 0.0, settings.metric, settings.seeds), said)


def _space(settings: SearchSettings, start: Start) -> tuple[Space, tuple[Decision, ...]]:
    """The user's space; else the rate, over its usual range and around the script's own."""
    if settings.space.parameters:
        return settings.space, tuple(map(_told, settings.space.parameters))
    own, wide = start.own_rate, 10**settings.decades
    hyperparameter, optimizer = _usual_rate(start)
    code, low, high = "search-about-own", own / wide, own * wide
    if hyperparameter and hyperparameter.low and hyperparameter.high and hyperparameter.low < hyperparameter.high:
        code = "search-usual"
        low, high = (
            min(hyperparameter.low, own / settings.about_own),
            max(hyperparameter.high, own * settings.about_own),
        )
    low, high = (float(f"{rate:.3g}") for rate in (low, high))
    values = {"low": low, "high": high, "own": own, "optimizer": optimizer}
    return Space((Parameter(name="rate", low=low, high=high, is_log=True),)), (Decision(code, values),)


def _usual_rate(start: Start) -> tuple[Hyperparameter | None, str]:
    """The usual range of the leading optimizer's rate, and the optimizer's name; None if that is not known."""
    presets = builtin_presets().optimizers
    try:
        seen = observed_training(start.facts, presets)
        recipe = looked_up("optimizer", seen.optimizer, presets)
    except InvalidInput:  # an optimizer without a recipe
        return None, ""
    return recipe.hyperparameters.get("rate"), seen.class_name


def _told(parameter: Parameter) -> Decision:
    """A parameter as text, for the reader."""
    if parameter.is_range:
        code = "search-range-log" if parameter.is_log else "search-range"
        return Decision(code, {"name": parameter.name, "low": parameter.low, "high": parameter.high})
    return Decision("search-choices", {"name": parameter.name, "choices": ", ".join(map(str, parameter.choices))})


def _check_names(space: Space, start: Start) -> None:
    """Raise if a parameter is varied that the optimizers do not have."""
    held = {
        parameter.name: constant()
        for parameter in space.parameters
        if parameter.name in HELD and not parameter.argument
    }
    if held:
        check_names(ScheduleSet(held), start.facts.hyperparameters)


def planned_rungs(settings: SearchSettings, horizon: int) -> tuple[Rung, ...]:
    """The rungs below a full run, each `reduction` times as long as the one before, as long as they rank rates.

    Raises:
        InvalidInput: A full run is too short for any rung (`search-too-short`).
    """
    tuner = settings.tuner
    found: list[Rung] = []
    for share in _shares(settings):
        if horizon * share >= tuner.least_trunk:
            found.append(rung_of(horizon * share, tuner))
    if not found:
        raise InvalidInput("search-too-short", steps=horizon, least=tuner.least_trunk * settings.reduction)
    return tuple(found)


def _shares(settings: SearchSettings) -> Iterator[float]:
    share = settings.first_rung
    while share < 1:
        yield share
        share *= settings.reduction


def _metric(start: Start) -> Metric:
    return start.metric or Metric("training_loss", "min", source="training")
