"""Mirrors ratecraft/records/storage/store.py."""

import math
import random
import runpy
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import replace
from itertools import chain, pairwise, repeat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import StudyError
from ratecraft.records.answer import Answer, Decision
from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.series import pack
from ratecraft.records.storage.store import Record

WRITER = Path(__file__).with_name("endless_writer.py")
TRUNK = Job(stop=32)
PROBE = Job(start=8, stop=16, parent=TRUNK.key)
LOSSES = tuple(2.0 / (1 + step) for step in range(16))


def outcome_of(job: Job, losses: tuple[float, ...], **values: object) -> Outcome:
    return replace(Outcome(job.key, Ending.DONE, steps=len(losses), losses=losses), **values)


def told(record: Record, attempt: int, first: int, last: int, name: str = "loss") -> None:
    record.series.extend(PROBE.key, attempt, SeriesBlock(name, first, pack(LOSSES[first:last])))


def change(record: Record, statement: str, *values: str) -> None:
    """Do to the file what a bad disk would."""
    with sqlite3.connect(record.path) as connection:
        connection.execute(statement, values)
    connection.close()


# ---- events


@given(st.data())
def test_events_come_back_in_order_with_their_series(data: st.DataObject) -> None:
    events: list[Proposed | Started | Finished] = []
    for job in data.draw(st.lists(st.from_type(Job), max_size=3, unique_by=lambda job: job.key)):
        outcome = replace(data.draw(st.from_type(Outcome)), job=job.key)
        attempt = data.draw(st.integers(0, 3))
        events += [Proposed(job, "branch"), Started(job.key, attempt), Finished(outcome, attempt)]
    header = data.draw(st.from_type(StudyHeader))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "record.sqlite")
        with Record.create(path, header) as record:
            for event in events:
                record.append(event)
            assert list(record.events()) == events
        with Record.open(path, read_only=True) as record:
            assert list(record.events()) == events
            assert record.header == header


def test_event_is_on_disk_when_append_returns(record: Record) -> None:
    record.append(Proposed(PROBE, "bracket"))
    with Record.open(record.path, read_only=True) as reader:
        assert list(reader.events()) == [Proposed(PROBE, "bracket")]


def test_finish_takes_the_series_told_before_it_along(record: Record) -> None:
    told(record, 1, 0, 16)
    record.append(Finished(outcome_of(PROBE, ()), 1))
    with Record.open(record.path, read_only=True) as reader:
        assert reader.series.of(PROBE.key, "loss", 1).tolist() == list(LOSSES)


def test_prefix_that_was_replayed_is_no_part_of_the_outcome(record: Record) -> None:
    record.append(Proposed(PROBE, "bracket"))
    told(record, 1, 0, 16)
    finish = Finished(outcome_of(PROBE, LOSSES[8:16]), 1)
    record.append(finish)
    assert list(record.events())[-1] == finish
    assert record.series.of(PROBE.key, "loss").tolist() == list(LOSSES[8:16])
    assert record.series.reached() == {(PROBE.key, 1): 16}


def test_losses_that_another_process_brought_along_come_back(record: Record) -> None:
    finish = Finished(outcome_of(TRUNK, LOSSES), 0)
    record.append(Proposed(TRUNK, "bracket"))
    record.append(finish)
    assert list(record.events())[-1] == finish
    assert record.series.of(TRUNK.key, "loss", 0).tolist() == list(LOSSES)


@pytest.mark.parametrize("blocks", [[(8, 12)], [(0, 12), (13, 16)], [(9, 16)], [(0, 4)]])
def test_outcome_gives_what_its_blocks_do_not(record: Record, blocks: list[tuple[int, int]]) -> None:
    record.append(Proposed(PROBE, "bracket"))
    for first, last in blocks:
        told(record, 1, first, last)
    finish = Finished(outcome_of(PROBE, LOSSES[8:16]), 1)
    record.append(finish)
    assert list(record.events())[-1] == finish


def test_nan_and_infinite_losses_come_back(record: Record) -> None:
    record.append(Finished(outcome_of(TRUNK, (1.0, math.inf, math.nan)), 1))
    (finish,) = record.events()
    assert isinstance(finish, Finished)
    assert finish.outcome.losses[:2] == (1.0, math.inf)
    assert math.isnan(finish.outcome.losses[2])


def test_frozen_losses_and_own_rates_come_back(record: Record) -> None:
    record.append(Proposed(PROBE, "bracket"))
    told(record, 1, 0, 16, "own_rate")
    record.series.extend(PROBE.key, 1, SeriesBlock("frozen_loss", 16, pack([0.5, 0.25])))
    finish = Finished(outcome_of(PROBE, (), own_rates=LOSSES[8:16], frozen_losses=(0.5, 0.25)), 1)
    record.append(finish)
    assert list(record.events())[-1] == finish
    assert record.series.of(PROBE.key, "frozen_loss").tolist() == [0.5, 0.25]


# ---- series


def test_series_of_a_running_job_can_be_read_as_far_as_it_is(record: Record) -> None:
    record.append(Proposed(PROBE, "bracket"))
    told(record, 1, 0, 10)
    assert record.series.of(PROBE.key, "loss").tolist() == list(LOSSES[8:10])


def test_series_is_that_of_the_attempt_that_ended_the_job_else_of_the_latest(record: Record) -> None:
    record.append(Proposed(PROBE, "bracket"))
    told(record, 1, 0, 12)
    told(record, 2, 0, 10)
    assert len(record.series.of(PROBE.key, "loss")) == 2
    assert len(record.series.of(PROBE.key, "loss", 1)) == 4
    record.append(Finished(outcome_of(PROBE, LOSSES[8:12]), 1))
    assert len(record.series.of(PROBE.key, "loss")) == 4


def test_series_that_nobody_told_is_empty(record: Record) -> None:
    assert record.series.of(PROBE.key, "loss").tolist() == []


def test_trials_shorter_than_a_second_share_an_fsync(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    now, told = 100.0, list[str]()
    monkeypatch.setattr("ratecraft.records.storage.record_file.time.monotonic", lambda: now)
    record._file._connection.set_trace_callback(told.append)
    synced = list[bool]()
    for now in (100.0, 100.4, 100.9, 101.1, 102.5):  # noqa: B007 - the clock reads it
        record.append(Started(PROBE.key, 1))
        synced.append("PRAGMA synchronous = FULL" in told)
        told.clear()
    assert synced == [True, False, False, True, True]
    with Record.open(record.path, read_only=True) as reader:
        assert len(list(reader.events())) == 5


def test_what_no_later_event_syncs_is_synced_by_the_driver_s_loop(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, told = 100.0, list[str]()
    monkeypatch.setattr("ratecraft.records.storage.record_file.time.monotonic", lambda: now)
    for now in (100.0, 100.5):  # noqa: B007
        record.append(Started(PROBE.key, 1))
    record._file._connection.set_trace_callback(told.append)
    for now in (100.9, 101.0, 102.5):  # noqa: B007
        record.flush_due()
    assert told == ["PRAGMA wal_checkpoint(PASSIVE)"]


def test_series_waits_in_the_buffer_for_a_second_or_a_flush(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = chain([100.0, 100.0, 100.9], repeat(101.0))
    monkeypatch.setattr("ratecraft.records.storage.record_file.time.monotonic", lambda: next(clock))
    with Record.open(record.path, read_only=True) as reader:
        told(record, 1, 0, 8)
        told(record, 1, 8, 9)
        assert reader.series.reached() == {}
        record.flush_due()
        assert reader.series.reached() == {(PROBE.key, 1): 9}


def test_closing_a_record_keeps_the_buffer(record: Record) -> None:
    told(record, 1, 0, 8)
    record.close()
    record.close()
    with Record.open(record.path, read_only=True) as reader:
        assert reader.series.reached() == {(PROBE.key, 1): 8}


def test_a_branch_that_was_cut_off_did_the_steps_that_it_told(record: Record) -> None:
    told(record, 1, 8, 14)
    assert record.series.reached() == {(PROBE.key, 1): 6}


def test_steps_reached_are_known_of_every_attempt(record: Record) -> None:
    for attempt, last in ((1, 5), (2, 16)):
        told(record, attempt, 0, last)
    record.series.extend(PROBE.key, 2, SeriesBlock("frozen_loss", 16, pack([0.5] * 8)))
    assert record.series.reached() == {(PROBE.key, 1): 5, (PROBE.key, 2): 16}


def test_long_series_comes_back_from_many_blocks(record: Record) -> None:
    values = [math.sin(step) for step in range(100_000)]
    for first in range(0, len(values), 64):
        record.series.extend(TRUNK.key, 1, SeriesBlock("loss", first, pack(values[first : first + 64])))
        if first % 4096 == 0:
            record.series.flush()
    assert record.series.of(TRUNK.key, "loss").tolist() == values


# ---- damage


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE block SET packed = substr(packed, 1, length(packed) - 3)",
        "UPDATE block SET packed = zeroblob(length(packed))",
        "UPDATE block SET crc = crc + 1",
        "UPDATE block SET first = first + 1",
        "UPDATE block SET job = 'another'",
        "DELETE FROM block",
    ],
)
def test_job_whose_series_is_damaged_counts_as_unfinished(record: Record, damage: str) -> None:
    record.append(Proposed(PROBE, "bracket"))
    record.append(Started(PROBE.key, 1))
    told(record, 1, 0, 8)
    record.series.flush()
    told(record, 1, 8, 12)
    record.series.flush()
    told(record, 1, 12, 16)
    record.append(Finished(outcome_of(PROBE, LOSSES[8:16]), 1))
    change(record, f"{damage} WHERE number = 2")
    assert list(record.events()) == [Proposed(PROBE, "bracket"), Started(PROBE.key, 1)]


def test_damaged_job_can_be_run_again(record: Record) -> None:
    record.append(Proposed(PROBE, "bracket"))
    record.append(Finished(outcome_of(PROBE, LOSSES[8:16]), 1))
    change(record, "DELETE FROM block")
    again = Finished(outcome_of(PROBE, LOSSES[8:16]), 2)
    record.append(again)
    assert list(record.events()) == [Proposed(PROBE, "bracket"), again]


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"kind": "party"}', '{"kind": "finished", "attempt": 1}'])
def test_event_that_cannot_be_read_is_an_error(record: Record, body: str) -> None:
    record.append(Started(PROBE.key, 1))
    change(record, "UPDATE event SET body = ?", body)
    with pytest.raises(StudyError, match=r"The record .*record\.sqlite is damaged: ") as caught:
        list(record.events())
    assert caught.value.code == "record-damaged"


@pytest.mark.parametrize("statement", ["DELETE FROM fact", "UPDATE fact SET body = '{}'"])
def test_header_that_cannot_be_read_is_an_error(record: Record, statement: str) -> None:
    change(record, statement)
    with pytest.raises(StudyError, match=r"record\.sqlite is damaged: "):
        _ = record.header


# ---- the answer


@given(answer=st.from_type(Answer))
def test_answer_comes_back(answer: Answer) -> None:
    header = StudyHeader("a", "tune", "a.py", (), "0", "")
    with tempfile.TemporaryDirectory() as folder, Record.create(Path(folder, "record.sqlite"), header) as record:
        record.set_answer(answer)
        assert record.answer() == answer


def test_study_without_an_answer_has_none(record: Record) -> None:
    assert record.answer() is None


def test_later_answer_replaces_the_earlier_one(record: Record) -> None:
    metric = Metric("val_loss", "min")
    record.set_answer(Answer("no-information", metric))
    record.set_answer(Answer("gain", metric, decisions=(Decision("continue", {"rate": 0.1}),)))
    answer = record.answer()
    assert answer is not None
    assert answer.verdict == "gain"


# ---- kill -9


@pytest.mark.parametrize("journal_mode", ["WAL", "DELETE"])
def test_record_of_a_writer_killed_at_any_point_is_whole(tmp_path: Path, journal_mode: str) -> None:
    path, draw = tmp_path / "record.sqlite", random.Random(0)  # noqa: S311
    rules = runpy.run_path(str(WRITER))
    loss_of, job_of, steps = rules["loss_of"], rules["job_of"], rules["STEPS"]
    known: list[Event] = []
    for _ in range(10):
        with subprocess.Popen(
            [sys.executable, WRITER, path, journal_mode], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            acknowledged = [writer.stdout.readline() for _ in range(draw.randint(1, 40))]
            writer.kill()
        with Record.open(path, read_only=True) as record:
            events = list(record.events())
            assert events[: len(known)] == known
            assert len(events) - len(known) >= acknowledged.count("event\n")
            finished = [event.outcome for event in events if isinstance(event, Finished)]
            for number, outcome in enumerate(finished):
                assert outcome.losses == tuple(loss_of(number, step) for step in range(steps))
            running = record.series.of(job_of(len(finished)).key, "loss").tolist()
            assert running == [loss_of(len(finished), step) for step in range(len(running))]
        assert_in_order(events)
        assert integrity(path) == "ok"
        known = events
    assert any(isinstance(event, Finished) for event in known)


def integrity(path: Path) -> str:
    connection = sqlite3.connect(path)
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return str(verdict)


def assert_in_order(events: list[Event]) -> None:
    """Each job is proposed once, then started until an attempt ends it; attempts rise."""
    for before, after in pairwise(events):
        match after:
            case Proposed():
                assert isinstance(before, Finished)
            case Started(_, attempt):
                assert isinstance(before, Proposed) or (isinstance(before, Started) and attempt == before.attempt + 1)
            case Finished(_, attempt):
                assert isinstance(before, Started)
                assert before.attempt == attempt
            case _:
                raise AssertionError(after)


def test_events_come_with_numbers_and_without_series_for_who_follows(record: Record) -> None:
    record.append(Proposed(PROBE, "bracket"))
    record.append(Started(PROBE.key, 1))
    record.append(Finished(outcome_of(PROBE, (3.0, 2.0)), 1))
    numbers = [number for number, _ in record.numbered_events()]
    assert numbers == sorted(set(numbers))
    assert next(record.numbered_events(numbers[0])) == (numbers[1], Started(PROBE.key, 1))
    (number, last), *others = record.numbered_events(numbers[1])
    assert (number, others) == (numbers[2], [])
    assert isinstance(last, Finished)
    assert last.outcome.losses == ()


def test_the_events_of_one_job_are_read_without_those_of_others(record: Record) -> None:
    for job in (TRUNK, PROBE):
        record.append(Proposed(job, "bracket"))
        record.append(Started(job.key, 1))
    record.append(Finished(outcome_of(PROBE, (3.0, 2.0)), 1))
    proposed, started, finished = record.job_events(PROBE.key)
    assert (proposed, started) == (Proposed(PROBE, "bracket"), Started(PROBE.key, 1))
    assert isinstance(finished, Finished)
    assert finished.outcome.losses == ()
    assert record.job_events("no-such-job") == ()


@given(counts=st.lists(st.integers(1, 9), min_size=1, max_size=8), cut=st.integers(0, 40))
def test_the_rest_of_a_series_is_its_end(counts: list[int], cut: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Record.create(Path(folder, "r.sqlite"), StudyHeader("a", "tune", "a.py", (), "0", "")) as record,
    ):
        told = 0
        for count in counts:
            record.series.extend("job", 1, SeriesBlock("loss", told, pack([float(told + at) for at in range(count)])))
            record.series.flush()
            told += count
        rest = record.series.later("job", 1, "loss", min(cut, told))
        assert rest.tolist() == [float(step) for step in range(min(cut, told), told)]


def test_a_job_is_read_by_its_key(record: Record) -> None:
    record.append(Proposed(PROBE, "branch"))
    assert (record.job(PROBE.key), record.job(TRUNK.key)) == (PROBE, None)
