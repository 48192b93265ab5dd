"""Mirrors ratecraft/records/storage/watched.py: a run is kept as it comes; a kill costs its last second."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.errors import StudyError
from ratecraft.importers.studies import read_study
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.watched import Watched, WatchedRun, watched_of
from ratecraft.records.watching.observed import ObservedRun, observed_series

HEADER = StudyHeader("watch-train", "watch", "train.py", (), "e3b0", "")


def piece(name: str, steps: range, **facts: float) -> ObservedRun:
    return ObservedRun(
        {name: observed_series(name, steps, [1.0 / (step + 1) for step in steps])}, "step", facts, "live"
    )


def test_series_and_facts_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    written = WatchedRun(Record.create(path, HEADER))
    for first in range(0, 640, 64):
        written.take(piece("loss", range(first, first + 64), clip=float(first)))
        written.take(piece("grad_norm", range(first, first + 64, 10)))
    written.end(0)
    written.end()
    (run,) = read_study(path).runs
    assert run.series["loss"].steps.tolist() == list(range(640))
    assert run.series["loss"].values.tolist() == [1.0 / (step + 1) for step in range(640)]
    assert run.series["grad_norm"].steps[:8].tolist() == [0, 10, 20, 30, 40, 50, 60, 64]
    assert run.facts["clip"] == 576
    assert run.source == "ratecraft"


def test_findings_and_the_end_are_kept_and_no_number_too(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    written = WatchedRun(Record.create(path, HEADER))
    values = ObservedRun({"loss": observed_series("loss", [0, 1], [float("nan"), float("inf")])}, "step")
    written.take(values)
    written.tell(Finding("non-finite", "error", 0.9, (0, 1), {"name": "loss"}, (Advice("look-at-batch", {"step": 0}),)))
    with Record.open(path, read_only=True) as record:
        assert not watched_of(record).over  # type: ignore[union-attr]
    written.end(7)
    with Record.open(path, read_only=True) as record:
        known = watched_of(record)
    assert known is not None
    assert (known.over, known.code, known.told[0]["code"]) == (True, 7, "non-finite")
    assert np.isnan(read_study(path).runs[0].series["loss"].values[0])


KILLED = """
import os, signal, sys, time
from pathlib import Path
from tests.records.storage.test_watched import HEADER, piece
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.watched import WatchedRun

written = WatchedRun(Record.create(Path(sys.argv[1]), HEADER))
for first in range(0, 6400, 64):
    written.take(piece("loss", range(first, first + 64)))
    if first == 3200:
        written._record.series.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_on_disk_before_a_kill_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    (run,) = read_study(path).runs
    count = len(run.series["loss"])
    assert count >= 3264
    assert run.series["loss"].steps.tolist() == list(range(count))


def test_a_new_name_at_every_step_does_not_fill_the_disk(tmp_path: Path) -> None:
    with Record.create(tmp_path / "record.sqlite", HEADER) as record:
        written = WatchedRun(record)
        for step in range(300):
            written.take(piece(f"figure_{step}", range(step, step + 1)))
        known = watched_of(record)
        assert isinstance(known, Watched)
        assert len(known.series) == 256


def test_the_record_of_a_study_is_none_of_a_watched_run(tmp_path: Path) -> None:
    with Record.create(tmp_path / "record.sqlite", HEADER) as record:
        assert watched_of(record) is None
        record._file._connection.execute("INSERT INTO fact VALUES ('watched', '3')")
        with pytest.raises(StudyError, match="damaged"):
            watched_of(record)
