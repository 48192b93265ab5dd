"""Mirrors ratecraft/controllers/search/ledger.py: what is kept up to date is what counting anew gives."""

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.controllers.worlds import Formula

from ratecraft.controllers.search.controller import Search, SearchState
from ratecraft.controllers.search.ledger import Ledger, Stage
from ratecraft.controllers.search.search_job import SearchJob, asked_for, known
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Parameter, Space
from ratecraft.errors import ScriptFailed
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome

RATE = Parameter(name="rate", low=1e-3, high=10.0, is_log=True)  # its upper end blows up
BATCH = Parameter(name="batch_size", choices=(16, 32, 64), argument="--batch-size")


def histories(settings: SearchSettings, free: int, order: int) -> Iterator[tuple[SearchState, list[Event]]]:
    """Every state of a search whose jobs end in some order, with the events before it."""
    search, world, draw = Search(settings), Formula(horizon=4000), random.Random(order)  # noqa: S311
    state, events, waiting = search.init(), list[Event](), dict[str, Job]()
    while True:
        try:
            wanted = search.wanted(state, free - len(waiting))
        except ScriptFailed:  # every trial failed: that is an answer too
            return
        if isinstance(wanted, Answer):
            return
        for each in wanted:
            waiting[each.job.key] = each.job
        job = None
        if not wanted:
            job = waiting.pop(draw.choice(sorted(waiting)))
        for event in wanted or (Finished(ended(world, job, draw), 1),):
            events.append(event)
            state = search.observe(state, event)
            yield state, list(events)


def ended(world: Formula, job: Job | None, draw: random.Random) -> Outcome:
    assert job is not None
    outcome = world.outcome(job)
    if job.evaluate is not None and job.schedules and draw.random() < 0.1:
        return Outcome(job.key, Ending.FAILED, steps=1, executed=1)
    return outcome


def counted(ledger: Ledger, events: Sequence[Event]) -> dict[str, Any]:
    """The slow way: everything counted anew from the events."""
    asked = [
        each for each in events if isinstance(each, Proposed) and (each.phase == "trial" or each.trial is not None)
    ]
    outcomes = {each.outcome.job: each.outcome for each in events if isinstance(each, Finished)}
    jobs = {each.job.key: remembered(ledger, each, outcomes.get(each.job.key)) for each in asked}
    stages: dict[tuple[int, int], Stage] = {}
    for job in jobs.values():
        if job.trial is not None and job.is_scored:
            place = (job.trial.number, job.trial.rung)
            together = [
                one
                for one in jobs.values()
                if one.is_scored and one.trial is not None and (one.trial.number, one.trial.rung) == place
            ]
            scored = tuple(one for one in together if not one.is_look)
            stages[place] = Stage(ledger.frame, job.trial, scored, tuple(one for one in together if one.is_look))
    return {
        "jobs": list(jobs.items()),
        "stages": tuple(stages.values()),
        "begun": sum(each.phase == "trial" for each in asked),
        "trials": len({stage.trial.number for stage in stages.values()}),
        "spent": sum(ledger.cost(each.job) for each in asked),
        "open": any(each.job.key not in outcomes for each in asked),
        "open_stages": sum(not stage.is_over for stage in stages.values()),
        "has_whole": any(stage.is_whole for stage in stages.values()),
        "going_on": going_on(ledger, tuple(stages.values())),
    }


def remembered(ledger: Ledger, proposed: Proposed, outcome: Outcome | None) -> SearchJob:
    job = asked_for(proposed)
    return job if outcome is None else known(job, outcome, ledger.frame)


def going_on(ledger: Ledger, stages: Sequence[Stage]) -> dict[tuple[int, int], tuple[int, list[list[int]]]]:
    """Of every bracket and rung: how many came to it, and who of the best so many has not gone on."""
    found: dict[tuple[int, int], tuple[int, list[list[int]]]] = {}
    gone = {(stage.trial.number, stage.trial.rung - 1) for stage in stages}
    for bracket, rung in {(stage.trial.bracket, stage.trial.rung) for stage in stages}:
        here = [stage for stage in stages if (stage.trial.bracket, stage.trial.rung) == (bracket, rung)]
        over = sorted((stage.score, stage.trial.number) for stage in here if stage.is_over)
        left = [
            [each for score, each in over[:count] if (each, rung) not in gone and math.isfinite(score)]
            for count in range(len(over) + 1)
        ]
        found[bracket, rung] = len(here), left
    return found


def kept(ledger: Ledger) -> dict[str, Any]:
    """The same as the ledger has it."""
    return {
        "jobs": list(ledger.jobs.items()),
        "stages": ledger.stages,
        "begun": ledger.begun,
        "trials": ledger.trials,
        "spent": ledger.spent,
        "open": ledger.is_open,
        "open_stages": ledger.open_stages,
        "has_whole": ledger.has_whole,
        "going_on": {
            place: (cohort.entered, [list(cohort.best(count)) for count in range(len(cohort.over) + 1)])
            for place, cohort in ledger.cohorts.items()
        },
    }


SEARCHES = st.builds(
    lambda method, with_batch, **given: SearchSettings(
        method=method, space=Space((RATE, BATCH) if with_batch else (RATE,)), **given
    ),
    st.sampled_from(["random", "asha", "hyperband"]),
    st.booleans(),
    trials=st.integers(1, 9),
    seeds=st.integers(1, 2),
    seed=st.integers(0, 3),
    budget=st.sampled_from([None, 4.0]),
    branching=st.sampled_from(["fork", "replay"]),
    baseline=st.booleans(),
)


@given(SEARCHES, st.integers(1, 3), st.integers(0, 99))
def test_a_ledger_is_what_counting_anew_gives(searched: SearchSettings, free: int, order: int) -> None:
    compared = 0
    for state, events in histories(searched, free, order):
        if state.ledger is not None:
            assert kept(state.ledger) == counted(state.ledger, events)
            compared += 1
    assert compared


@given(st.sampled_from(["asha", "hyperband"]), st.integers(0, 99), st.integers(0, 99))
def test_an_earlier_state_wants_what_it_wanted_then(method: Any, order: int, place: int) -> None:
    searched = SearchSettings(method=method, space=Space((RATE,)), trials=6)
    search = Search(searched)
    seen = [(state, search.wanted(state, 2)) for state, _ in histories(searched, 2, order)]
    state, wanted = seen[place % len(seen)]
    assert search.wanted(state, 2) == wanted
