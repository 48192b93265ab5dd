"""A classic search as a controller: trials by grid, at random, from a model, or by successive halving.

Path:   settings -> first look -> trials, each of them rungs or a full run -> their table, and the best.
Units:  steps are optimizer steps; the budget is in runs (steps / horizon).

All methods share one state and one ledger; a method is a function of the ledger that returns the next jobs. Grid,
random and Sobol know all their trials beforehand, so the order of outcomes cannot matter. The values that a model chose
are recorded with the job that they were chosen for, and are never computed again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ratecraft.controllers.search.answer import answer_of
from ratecraft.controllers.search.failures import raise_if_all_failed, raise_if_silent
from ratecraft.controllers.search.halving import halved
from ratecraft.controllers.search.ledger import Ledger
from ratecraft.controllers.search.listing import listed
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Space, Values
from ratecraft.controllers.search.start import Begun, begin_search
from ratecraft.controllers.synchronous import State, next_jobs, observe
from ratecraft.errors import InvalidInput
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Proposed


@dataclass(frozen=True, slots=True)
class Told:
    """A trial as the model sees it: `score` is None while it is under way, and infinite if it has none."""

    values: Values
    score: float | None


Sample: TypeAlias = Callable[[SearchSettings, Space, tuple[Told, ...]], Mapping[str, Any]]
"""Chooses the values of the next trial from all earlier ones; smaller scores are better. A pure function."""


def no_model(settings: SearchSettings, space: Space, told: tuple[Told, ...]) -> Mapping[str, Any]:
    """The `sample` of a search whose method needs no model.

    Raises:
        InvalidInput: The method needs a model (`optuna-missing`).
    """
    raise InvalidInput("optuna-missing", method=settings.method)


@dataclass(frozen=True, slots=True)
class SearchState:
    """The whole state of a search.

    Attributes:
        known: Outcomes and keys of the jobs before the first trial.
        begun: What these jobs showed; None before the first trial is asked for.
        ledger: The trials; None before the first one is asked for.
    """

    known: State = State()
    begun: Begun | None = None
    ledger: Ledger | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """The search as a controller (`controllers.controller.Controller`).

    Args:
        settings: The user's decisions and the constants.
        sample: The model of `tpe` and `gp`.

    Example:
        >>> search = Search(SearchSettings(method="grid"))
        >>> [each.phase for each in search.wanted(search.init(), free=1)]
        ['baseline']
    """

    settings: SearchSettings
    sample: Sample = no_model

    def init(self) -> SearchState:
        """The state before any event."""
        return SearchState()

    def observe(self, state: SearchState, event: Event) -> SearchState:
        """The state after one more event.

        Raises:
            RatecraftError: Same as `wanted`, if a trial was asked for in a search that cannot have any.
        """
        ledger = state.ledger
        if isinstance(event, Proposed) and (event.phase == "trial" or event.trial is not None):
            begun = state.begun or next_jobs(begin_search(self.settings), state.known, 0)
            if isinstance(begun, Begun):
                return SearchState(state.known, begun, (ledger or Ledger(begun.frame)).asking(event))
        if ledger is not None and isinstance(event, Finished) and event.outcome.job in ledger.jobs:
            return replace(state, ledger=ledger.knowing(event.outcome))
        return replace(state, known=observe(state.known, event))

    def wanted(self, state: SearchState, free: int) -> tuple[Proposed, ...] | Answer:
        """At most `free` new jobs, trunks not counted (none while it waits for outcomes), or the answer.

        Raises:
            InvalidInput: What the first run showed does not allow a search.
            ScriptFailed: The user's own code fails in its first run, or in every trial.
            NoAnswer: The script never prints the figure to compare.
        """
        begun = state.begun or next_jobs(begin_search(self.settings), state.known, free)
        if not isinstance(begun, Begun):
            return begun
        ledger = state.ledger or Ledger(begun.frame)
        raise_if_silent(ledger)
        fresh = self._fresh(ledger, free)
        if fresh or ledger.is_open:
            return fresh
        raise_if_silent(ledger, is_over=True)
        raise_if_all_failed(ledger)
        return answer_of(begun, ledger)

    def _fresh(self, ledger: Ledger, free: int) -> tuple[Proposed, ...]:
        if self.settings.shortens:
            return halved(ledger, free)
        return self._sampled(ledger, free) if self.settings.rule.trials == "modelled" else listed(ledger, free)

    def _sampled(self, ledger: Ledger, free: int) -> tuple[Proposed, ...]:
        """The next trials of a method whose model chooses their values one after the other."""
        most = self.settings.most_trials
        found = [*ledger.looked_at()]
        while sum(proposal.job.evaluate is not None for proposal in found) < free:
            now = ledger.further(*found)
            if most is not None and now.trials >= most:
                break
            values = self.sample(self.settings, now.frame.space, _told(now))
            fresh = now.new_trial((values,))
            if not fresh or not now.affords(*fresh):
                break
            found += fresh
        return tuple(found)


def _told(ledger: Ledger) -> tuple[Told, ...]:
    return tuple(Told(stage.trial.values, stage.score if stage.is_over else None) for stage in ledger.stages)
