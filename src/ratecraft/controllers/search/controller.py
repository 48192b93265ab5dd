"""A classic search as a controller: trials by grid, at random, from a model, or by successive halving.

Path:   settings -> first look -> trials, each of them rungs or a full run -> their table, and the best.
Units:  steps are optimizer steps; the budget is in runs (steps / horizon).

All methods share one state and one ledger; a method is a function of the ledger that returns the next jobs. Grid,
random and Sobol know all their trials beforehand, so the order of outcomes cannot matter. The values that a model chose
are recorded with the job that they were chosen for, and are never computed again.

A single failed trial is merely lost, since rates at the end of a range make programs fail. The trials that can stop a
search are chosen by their numbers, so that the order of outcomes decides nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeAlias

from ratecraft.controllers.baseline.failures import raise_failure
from ratecraft.controllers.search.answer import answer_of
from ratecraft.controllers.search.halving import halved
from ratecraft.controllers.search.ledger import Ledger
from ratecraft.controllers.search.listing import listed
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Space, Values
from ratecraft.controllers.search.start import Begun, begin_search
from ratecraft.controllers.synchronous import State, next_jobs, observe
from ratecraft.errors import InvalidInput, NoAnswer, ScriptFailed
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.outcome import Ending, Failure, Outcome

_SILENT = 2  # one run may have had its own reason to give no figure; a third one would only cost more


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
        _raise_if_silent(ledger)
        fresh = self._fresh(ledger, free)
        if fresh or ledger.is_open:
            return fresh
        _raise_if_silent(ledger, is_over=True)
        _raise_if_all_failed(ledger)
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


def _raise_if_silent(ledger: Ledger, *, is_over: bool = False) -> None:
    """Stop a search of programs if its first two runs (or its only one) went well but never gave the figure.

    Raises:
        NoAnswer: None of these runs gave the figure (`program-silent`, `program-file-silent`).
    """
    settings = ledger.frame.settings
    if settings.what != "program":
        return
    first = [job.came for job in islice(ledger.jobs.values(), _SILENT)]
    silent = [result.silent for result in first if result is not None and result.ending is Ending.DONE]
    told = [names for names in silent if names is not None]
    if len(told) == (len(first) if is_over else _SILENT):
        names = dict.fromkeys(name for names in told for name in names)
        code = "program-file-silent" if settings.metric_file else "program-silent"
        seen = ", ".join(names) or "–"
        raise NoAnswer(code, metric=ledger.frame.metric.name, file=settings.metric_file, seen=seen)


def _raise_if_all_failed(ledger: Ledger) -> None:
    """Stop a search that is over and in which every run failed.

    Raises:
        ScriptFailed: Every run failed; the error is that of the first.
    """
    came = [(job.key, job.came) for job in ledger.jobs.values() if job.came is not None]
    if not came or any(result.ending is not Ending.FAILED for _, result in came):
        return
    (key, first), *_ = came
    failure = first.failure or Failure("exit")
    if failure.kind == "time-limit":
        raise ScriptFailed("program-never-ends", seconds=failure.name, count=len(came))
    if ledger.frame.settings.what == "program":
        name = {"exit": f"exit code {failure.name}", "metric-file": failure.message}.get(failure.kind, failure.name)
        raise ScriptFailed("program-failed", name=name, count=len(came), traceback=failure.traceback)
    raise_failure(Outcome(key, Ending.FAILED, failure=failure))
