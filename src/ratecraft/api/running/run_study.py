"""Runs a study to its answer from wherever it stands; the command line and Python both come here.

Path:   a `Study` -> its record, the tuner, its runs, a screen -> `Summary`.
"""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

from ratecraft.api.results.proof import experiments_of
from ratecraft.api.results.summaries import summarise_study
from ratecraft.api.running.baseline import is_superseded
from ratecraft.api.running.models import ModelKeeper
from ratecraft.api.studies.earlier import ANEW, EarlierStudies
from ratecraft.api.studies.neighbours import clear_the_way
from ratecraft.api.studies.putting_back import HOME, OPEN, clear_up, has_answer, settle_files, settle_home
from ratecraft.api.studies.study import Settings, Study
from ratecraft.controllers.baseline.way_on import way_on
from ratecraft.controllers.controller import Controller
from ratecraft.controllers.find.controller import Find
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.prove.controller import Prove
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.search.controller import Search
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.bracket_branch_continue import BracketBranchContinue
from ratecraft.diagnosis.proof.next_tries import next_tries
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.records.events import Event, Finished
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import open_study, set_aside
from ratecraft.reporting.progress.screen import Screen, SilentScreen
from ratecraft.reporting.results.summary import Summary
from ratecraft.tuning.driver import drive
from ratecraft.tuning.optuna_study import suggest
from ratecraft.tuning.reusing import ReusingExecutor

_LAST = 8
"""Losses whose mean a screen tells of a run."""

OpenScreen: TypeAlias = Callable[[Study, Sequence[Event]], Screen]
"""Makes the screen that follows a study, from its description and the events so far."""


def run_study(
    study: Study,
    *,
    new: bool = False,
    open_screen: OpenScreen = lambda study, past: SilentScreen(),
    stop: threading.Event | None = None,
) -> Summary:
    """Run a study to its answer. A finished study returns it without training anything.

    Args:
        study: What to tune, and how.
        new: Set an earlier study aside first, and run everything but the baseline again.
        open_screen: Makes the screen that follows the study.
        stop: Set by a signal handler, to stop and keep everything that has finished.

    Raises:
        RatecraftError: Same as `tune`.
    """
    header, limit = study.header(), study.running.time_limit
    if new or not has_answer(study.folder):
        clear_the_way(study, header)
    aside = set_aside(study.folder) if new or is_superseded(study.folder) else None
    if aside is not None:
        settle_files(aside, study.directory)
    with open_study(study.folder, header) as record:
        if new:
            record.set_fact(ANEW, value=True)
        if record.answer() is None:
            clear_the_way(study, header)  # of two that begin at once, both claimed by now, none overlooks the other
            if isinstance(study.settings, TunerSettings) and not header.task:
                record.set_fact(HOME, OPEN)
            with study.means() as means, _naming_the_way_on(record):
                past = tuple(map(_short, record.events()))
                for event in past:
                    if isinstance(event, Finished):
                        means.learn(event.outcome.facts, event.outcome.notes)
                earlier = EarlierStudies.of(study, header, anew=bool(record.fact(ANEW, bool)))
                screen = open_screen(study, past)
                keeper = ModelKeeper(screen, study.folder, past)
                del past  # whoever needed it has taken from it what counts
                try:
                    drive(
                        _controller(study.settings),
                        record,
                        ReusingExecutor(means.executor, earlier.ended, means.learn),
                        keeper,
                        command=study.command,
                        stop=stop or threading.Event(),
                        deadline=None if limit is None else time.monotonic() + limit,
                        before_retry=means.before_retry,
                        bears_failures=isinstance(study.settings, SearchSettings),
                    )
                finally:
                    screen.close()
                settle_home(study.folder, record, study.directory)  # before the copies of the first writes are dropped
        else:
            settle_home(study.folder, record, study.directory)
            clear_up(study.folder)
        return summarise_study(study.folder, record, study.directory)


def _short(event: Event) -> Event:
    """What a screen shows of an event of the past: of losses the last ones."""
    if not isinstance(event, Finished):
        return event
    outcome = event.outcome
    bare = replace(outcome, losses=outcome.losses[-_LAST:], own_rates=(), frozen_losses=(), norms=())
    return replace(event, outcome=bare)


@contextmanager
def _naming_the_way_on(record: Record) -> Generator[None]:
    """Add to the error of a study without an answer what the framework of its script offers."""
    try:
        yield
    except (InvalidInput, NoAnswer) as error:
        finished = (event for event in record.events() if isinstance(event, Finished))
        seen = {name for event in finished for name in event.outcome.facts.frameworks}
        for decision in way_on(seen):
            error.values["way_on"] = decision.code
        raise


def _controller(settings: Settings) -> Controller[Any]:
    """What decides the course of a study with these settings."""
    match settings:
        case SearchSettings():
            return Search(settings, suggest)
        case FindSettings():
            return Find(settings)
        case ProveSettings():
            return Prove(settings, experiments_of, next_tries)
        case TunerSettings():
            return BracketBranchContinue(settings)
