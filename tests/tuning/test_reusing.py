"""Mirrors ratecraft/tuning/reusing.py: what another study has run is answered, all else is run as ever."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conformance.arithmetic_run import Problem, start_run
from tests.tuning.ladder import branch_of, trunk_of
from tests.tuning.performing import all_happenings
from tests.tuning.whole_study import HEADER, KINDS, Interrupting, Keeper, came_of, open_record, study

from ratecraft.errors import Interrupted
from ratecraft.records.cost import costs
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Note, Outcome, RunFacts
from ratecraft.records.running import Executor
from ratecraft.records.storage.store import Record
from ratecraft.tuning.reusing import ReusingExecutor

OLD = "tune-train-of-yesterday"
Known = Callable[[Job], Finished | None]


def known_from(record: Record, suits: Callable[[Job], bool] = lambda job: not job.in_place) -> Known:
    """What the record of another study knows, at no cost."""

    def known(job: Job) -> Finished | None:
        found = record.finish(job.key) if suits(job) else None
        return found and Finished(replace(found.outcome, executed=0, evaluation_steps=0.0), 0, OLD)

    return known


def reusing(kind: str, known: Known) -> Executor:
    return ReusingExecutor(KINDS[kind](start_run(Problem()), 2), known, lambda facts, notes: None)


@pytest.fixture(scope="module", params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def old(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Record:
    record = open_record(tmp_path_factory.mktemp("old") / "record.sqlite")
    study(record, kind=kind)
    return record


def test_a_study_whose_jobs_are_known_runs_none_but_the_one_at_home(old: Record, kind: str, tmp_path: Path) -> None:
    with Record.create(tmp_path / "record.sqlite", HEADER) as record:
        answer = study(record, executor=reusing(kind, known_from(old)))
        events = list(record.events())
        assert answer == old.answer()
        jobs = {event.job.key: event.job for event in events if isinstance(event, Proposed)}
        assert {jobs[event.job].in_place for event in events if isinstance(event, Started)} == {True}
        reused = [event for event in events if isinstance(event, Finished) and event.reused]
        assert len(reused) == len(jobs) - 1
        spent = costs(events, 160, record.series.reached())
        assert set(spent.by_phase) == {"final"}
        assert spent.reused[OLD].jobs == len(reused)
        ours, theirs = came_of(record), came_of(old)
        assert ours.jobs == theirs.jobs
        assert {key: each.losses for key, each in ours.outcomes.items()} == {
            key: each.losses for key, each in theirs.outcomes.items()
        }


@pytest.mark.parametrize("at", range(3, 25, 3))
def test_one_that_is_stopped_on_its_way_comes_to_the_same(old: Record, kind: str, tmp_path: Path, at: int) -> None:
    half = known_from(old, lambda job: not job.in_place and int(job.key, 16) % 3 > 0)
    interrupting = Interrupting(at)
    with Record.create(tmp_path / "record.sqlite", HEADER) as record:
        try:
            study(record, executor=reusing(kind, half), audience=Keeper(interrupting), stop=interrupting.stop)
        except Interrupted:
            study(record, executor=reusing(kind, half))
        assert record.answer() == old.answer()
        assert came_of(record).jobs == came_of(old).jobs


def test_a_trunk_is_run_where_a_job_that_leaves_it_has_to_be(old: Record, kind: str, tmp_path: Path) -> None:
    """Its steps are steps of this study then, and no repetition."""
    trunks = known_from(old, lambda job: job.evaluate is None)
    with Record.create(tmp_path / "record.sqlite", HEADER) as record:
        study(record, executor=reusing(kind, trunks))
        assert not [event for event in record.events() if isinstance(event, Finished) and event.reused]
        ours, theirs = (costs(each.events(), 160, each.series.reached()) for each in (record, old))
        assert (ours.by_phase, ours.recomputed_steps) == (theirs.by_phase, theirs.recomputed_steps)


TRUNK = trunk_of(0.002)
BRANCH = branch_of(TRUNK, 0.002, Evaluate("frozen", steps=8))


def answered(job: Job) -> Finished:
    facts, notes = RunFacts(peak_memory=1), (Note("own-batches"),)
    return Finished(Outcome(job.key, Ending.DONE, facts=facts, notes=notes), 0, OLD)


def test_an_answer_that_was_not_read_yet_takes_a_place_and_keeps_it_busy() -> None:
    executor = reusing("replayed", answered)
    executor.submit((TRUNK,), 1)
    executor.submit((TRUNK, BRANCH), 1)
    assert (executor.free, executor.idle) == (1, False)
    assert all_happenings(executor) == [answered(TRUNK), answered(BRANCH)]
    assert (executor.free, executor.idle) == (2, True)
    executor.close()


def test_a_known_trunk_that_nothing_leaves_is_answered_when_jobs_begin() -> None:
    executor = reusing("branched", answered)
    executor.submit((TRUNK,), 1)
    assert all_happenings(executor) == [answered(TRUNK)]
    executor.close()


def test_what_a_known_run_told_of_its_script_is_learnt() -> None:
    learnt: list[tuple[RunFacts, object]] = []
    inner = KINDS["replayed"](start_run(Problem()), 1)
    executor = ReusingExecutor(inner, answered, lambda facts, notes: learnt.append((facts, notes)))
    executor.submit((TRUNK,), 1)
    executor.submit((TRUNK, BRANCH), 1)
    all_happenings(executor)
    executor.close()
    assert [(facts.peak_memory, notes) for facts, notes in learnt] == [(1, (Note("own-batches"),))] * 2
