"""Mirrors ratecraft/records/storage/disk_full.py."""

import errno
import os
import resource
import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import torch

from ratecraft.records.storage.disk_full import is_disk_full


@pytest.fixture
def small_files() -> Generator[None]:
    """Files of this process may have 1000 bytes: the nearest to a full disk that needs no disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def insert(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA max_page_count = 1")
        connection.execute("CREATE TABLE t (x)")
    finally:
        connection.close()


def save_into_open(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        torch.save(torch.zeros(5000), file)


WRITES: dict[str, Callable[[Path], object]] = {
    "Python": lambda path: path.write_bytes(bytes(5000)),
    "torch": lambda path: torch.save(torch.zeros(5000), path),
    "torch, into a file that is open": save_into_open,
    "SQLite": insert,
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_whoever_writes_a_file_that_takes_no_more_it_is_seen(
    write: Callable[[Path], object], tmp_path: Path, small_files: None
) -> None:
    with pytest.raises((OSError, RuntimeError, sqlite3.Error)) as caught:
        write(tmp_path / "file")
    assert is_disk_full(caught.value)


def fail(number: int) -> None:
    raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_an_error_that_such_a_one_led_to_is_one_too(number: int) -> None:
    def work() -> None:
        try:
            fail(number)
        except OSError as error:
            raise ValueError("the checkpoint was not written") from error

    with pytest.raises(ValueError, match="not written") as caught:
        work()
    assert is_disk_full(caught.value)


def test_one_that_came_out_of_a_loader_worker_has_only_the_text() -> None:
    assert is_disk_full(OSError("Caught OSError in DataLoader worker process 0.\n[Errno 28] No space left on device"))


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "No such file"), ValueError("inline_container.cc"), KeyError(28)]
)
def test_other_errors_are_none(error: Exception) -> None:
    assert not is_disk_full(error)
