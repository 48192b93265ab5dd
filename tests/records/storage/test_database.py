"""Mirrors ratecraft/records/storage/database.py."""

import os
import resource
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ratecraft.errors import StudyError
from ratecraft.records.storage.database import (
    FORMAT,
    JournalMode,
    connect,
    connect_to_read,
    lay_out,
    sqlite_errors,
    transaction,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    lay_out(tmp_path / "record.sqlite", "WAL", "{}").close()
    return tmp_path / "record.sqlite"


def run_alone(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@contextmanager
def powerless() -> Generator[None, None, None]:
    """Without the powers of root, who may write anywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(stat.S_IRWXU)
    shutil.rmtree(folder)


def connect_to_write(path: Path) -> sqlite3.Connection:
    return connect(path)


# ---- what is no record


@pytest.mark.parametrize("opening", [connect_to_write, connect_to_read], ids=["write", "read"])
@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, "no-record", "There is no study record at .*record.sqlite"),
        (b"", "no-record", "There is no study record at"),
        (b"loss: 0.1\n" * 500, "record-not-ours", "The file .*record.sqlite is not a ratecraft record"),
    ],
    ids=["missing", "empty", "text"],
)
def test_what_is_no_record_is_an_error(
    tmp_path: Path, opening: Callable[[Path], object], content: bytes | None, code: str, said: str
) -> None:
    path = tmp_path / "record.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudyError, match=said) as caught:
        opening(path)
    assert caught.value.code == code
    assert caught.value.hint()


def test_database_of_another_program_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    run_alone(path, "CREATE TABLE trials (number INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StudyError, match="is not a ratecraft record"):
        connect(path)
    with pytest.raises(StudyError, match="There is a record at"):
        lay_out(path, "WAL", "{}")
    assert path.read_bytes() == before


def test_record_of_a_newer_version_is_an_error_that_names_both(path: Path) -> None:
    run_alone(path, f"PRAGMA user_version = {FORMAT + 1}")
    for opening in (connect_to_write, connect_to_read):
        with pytest.raises(StudyError, match=rf"has format {FORMAT + 1}, .* formats up to {FORMAT}\.") as caught:
            opening(path)
        assert "Update ratecraft" in caught.value.hint()


def test_broken_pages_are_an_error(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    connection = connect_to_read(path)
    said = r"record\.sqlite is damaged: database disk image is malformed"
    with pytest.raises(StudyError, match=said), sqlite_errors(path):
        connection.execute("SELECT * FROM event").fetchall()
    connection.close()


# ---- making one


def test_record_that_is_there_is_not_made_again(path: Path) -> None:
    with pytest.raises(StudyError, match=r"There is a record at .* already"):
        lay_out(path, "WAL", "{}")


def test_empty_file_that_a_crash_left_becomes_a_record(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    path.touch()
    lay_out(path, "WAL", "{}").close()
    connect_to_read(path).close()


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_journal_is_the_one_asked_for(tmp_path: Path, mode: JournalMode) -> None:
    path = tmp_path / "record.sqlite"
    lay_out(path, mode, "{}").close()
    connection = connect(path, mode)
    assert connection.execute("PRAGMA journal_mode").fetchone() == (mode.lower(),)
    connection.close()


def test_journal_stays_as_it_is_where_none_is_asked_for(tmp_path: Path) -> None:
    lay_out(tmp_path / "record.sqlite", "DELETE", "{}").close()
    connection = connect(tmp_path / "record.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_record_that_moved_to_a_network_disk_changes_its_journal(path: Path) -> None:
    connection = connect(path, "DELETE")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_path_with_signs_of_a_uri_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "50%?mode=ro#学"
    folder.mkdir()
    lay_out(folder / "record.sqlite", "WAL", "{}").close()
    connect(folder / "record.sqlite").close()
    assert [each.name for each in folder.iterdir()] == ["record.sqlite"]


# ---- where nothing may be written


@pytest.mark.parametrize("folder", ["/proc", "/no/such/folder"])
def test_folder_that_takes_no_files_is_an_error(folder: str) -> None:
    with pytest.raises(StudyError, match=f"ratecraft cannot write into {folder}: unable to open") as caught:
        lay_out(Path(folder, "record.sqlite"), "WAL", "{}")
    assert "Make the folder writable" in caught.value.hint()


def test_read_only_folder_is_an_error(read_only_folder: Path) -> None:
    read_only_folder.chmod(0o555)
    with powerless(), pytest.raises(StudyError, match="ratecraft cannot write into"):
        lay_out(read_only_folder / "record.sqlite", "WAL", "{}")


def test_record_in_a_read_only_folder_can_be_read(read_only_folder: Path) -> None:
    path = read_only_folder / "record.sqlite"
    lay_out(path, "WAL", "{}").close()
    path.chmod(0o444)
    read_only_folder.chmod(0o555)
    with powerless():
        connection = connect_to_read(path)
        assert connection.execute("SELECT body FROM fact").fetchone() == ("{}",)
        connection.close()


# ---- transactions


def test_transaction_that_fails_leaves_nothing(path: Path) -> None:
    connection = connect(path)
    with suppress(KeyboardInterrupt), transaction(connection, path):
        connection.execute("INSERT INTO fact VALUES ('answer', '{}')")
        raise KeyboardInterrupt
    assert connection.execute("SELECT count(*) FROM fact").fetchone() == (1,)
    connection.close()


def test_full_disk_is_an_error_and_the_record_stays_whole(path: Path) -> None:
    connection = connect(path)
    connection.execute("PRAGMA max_page_count = 16")
    with pytest.raises(StudyError, match="The disk is full"), transaction(connection, path):
        connection.execute("INSERT INTO fact VALUES ('answer', zeroblob(1000000))")
    assert connection.execute("SELECT count(*) FROM fact").fetchone() == (1,)
    connection.close()


def test_a_file_that_takes_no_more_is_an_error_of_the_disk_and_no_damage(path: Path) -> None:
    connection = connect(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))  # a full quota looks the same
    try:
        with pytest.raises(StudyError, match=r"could not read or write .*record"), transaction(connection, path):
            connection.execute("INSERT INTO fact VALUES ('answer', zeroblob(1000000))")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert connection.execute("SELECT count(*) FROM fact").fetchone() == (1,)
    connection.close()


def test_record_that_another_program_keeps_locked_is_an_error(path: Path) -> None:
    other, connection = connect(path), connect(path)
    connection.execute("PRAGMA busy_timeout = 1")
    said = r"kept the record .* locked"
    with transaction(other, path), pytest.raises(StudyError, match=said), transaction(connection, path):
        pass
    other.close()
    connection.close()


def test_reader_sees_what_was_committed_while_a_writer_is_at_work(path: Path) -> None:
    writer, reader = connect(path), connect_to_read(path)
    with transaction(writer, path):
        writer.execute("INSERT INTO fact VALUES ('answer', '{}')")
        assert reader.execute("SELECT count(*) FROM fact").fetchone() == (1,)
    assert reader.execute("SELECT count(*) FROM fact").fetchone() == (2,)
    writer.close()
    reader.close()
