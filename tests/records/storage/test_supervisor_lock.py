"""Mirrors ratecraft/records/storage/supervisor_lock.py; the other supervisor is a real process."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ratecraft.errors import StudyError
from ratecraft.records.events import Started
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.supervisor_lock import Holder, is_alive, recorded_holder

SUPERVISOR = """
import sys
from pathlib import Path
from ratecraft.records.storage.store import Record
with Record.open(Path(sys.argv[1])) as record:
    record.claim()
    print("claimed", flush=True)
    sys.stdin.read()
"""


@contextmanager
def supervisor_at_work(path: Path) -> Generator[subprocess.Popen[str], None, None]:
    command = [sys.executable, "-c", SUPERVISOR, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield process


def holder_in(record: Record) -> Holder | None:
    connection = sqlite3.connect(record.path)
    holder = recorded_holder(connection)
    connection.close()
    return holder


def seems_alive(record: Record) -> bool:
    holder = holder_in(record)
    return holder is not None and is_alive(holder)


def pretend(record: Record, column: str, value: object) -> None:
    with sqlite3.connect(record.path) as connection:
        connection.execute(f"UPDATE supervisor SET {column} = ?", (value,))  # noqa: S608
    connection.close()


def test_second_supervisor_is_an_error_that_names_the_first(record: Record) -> None:
    with supervisor_at_work(record.path) as first:
        with pytest.raises(StudyError, match=rf"worked on by another process \({first.pid}\)") as caught:
            record.claim()
        assert f"kill {first.pid}" in caught.value.hint()
        holder = record.supervisor()
        assert holder is not None
        assert holder.pid == first.pid


def test_supervisor_that_ended_leaves_the_study_free(record: Record) -> None:
    with supervisor_at_work(record.path):
        pass
    assert holder_in(record) is None
    record.claim()


def test_supervisor_that_was_killed_leaves_the_study_free_even_as_a_zombie(record: Record) -> None:
    with supervisor_at_work(record.path) as first:
        first.kill()
        os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
        assert record.supervisor() is None
        record.claim()
    holder = holder_in(record)
    assert holder is not None
    assert holder.pid == os.getpid()


def test_second_claim_of_one_process_is_an_error(record: Record) -> None:
    record.claim()
    with Record.open(record.path) as second, pytest.raises(StudyError, match=rf"another process \({os.getpid()}\)"):
        second.claim()


def test_claim_ends_with_the_record(record: Record) -> None:
    with Record.open(record.path) as first:
        first.claim()
    record.claim()


@pytest.mark.parametrize(("column", "value"), [("boot", "another boot"), ("started", -100.0), ("pid", 2**22 + 1)])
def test_holder_of_another_boot_or_start_or_process_is_dead(record: Record, column: str, value: object) -> None:
    record.claim()
    assert seems_alive(record)
    pretend(record, column, value)
    assert not seems_alive(record)


def test_supervisor_that_was_taken_for_dead_can_no_longer_write(record: Record) -> None:
    record.claim()
    record.append(Started("a", 1))
    pretend(record, "boot", "another machine")
    with Record.open(record.path) as second:
        second.claim()
        with pytest.raises(StudyError, match="Another process has taken over the study"):
            record.append(Started("b", 1))
        second.append(Started("c", 1))
        assert list(second.events()) == [Started("a", 1), Started("c", 1)]
        record.close()
        second.append(Started("d", 1))
