"""Mirrors ratecraft/api/watch/record.py: every watched run has a record of its own."""

from pathlib import Path

import pytest

from ratecraft.api.watch.record import Keeper, begin_record
from ratecraft.errors import StudyError
from ratecraft.records.program import Program
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import StudyFolder, find_studies, open_study
from ratecraft.records.storage.watched import WatchedRun
from ratecraft.records.watching.observed import ObservedRun, observed_series


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFolder:
    monkeypatch.chdir(tmp_path)
    return StudyFolder(tmp_path / ".ratecraft" / "watch-train-0")


def states(folder: StudyFolder) -> dict[str, str]:
    return {each.folder.name: each.state for each in find_studies(folder.path.parent.parent)}


def test_an_earlier_run_is_put_aside_and_listed(folder: StudyFolder) -> None:
    for code in (1, 0):
        begin_record(folder, Program("train.py"), "e3b0").end(code)
    assert states(folder) == {"watch-train-0": "finished", "watch-train-0.1": "finished"}


def test_beside_one_that_is_being_written_the_new_one_gets_a_name_of_its_own(folder: StudyFolder) -> None:
    first, second = begin_record(folder), begin_record(folder)
    assert states(folder) == {"watch-train-0": "running", "watch-train-0.1": "running"}
    first.end()
    second.end()


def test_a_study_of_another_kind_is_not_put_aside(folder: StudyFolder) -> None:
    open_study(folder, StudyHeader("watch-train-0", "tune", "", (), "", "")).close()
    with pytest.raises(StudyError, match="verb: tune → watch"):
        begin_record(folder)


def test_what_is_no_record_of_ours_is_left_where_it_is(folder: StudyFolder) -> None:
    folder.path.mkdir(parents=True)
    folder.record.write_bytes(b"a file of somebody's")
    with pytest.raises(StudyError):
        begin_record(folder)
    assert folder.record.read_bytes() == b"a file of somebody's"


def test_what_cannot_be_kept_is_said_once_and_the_training_goes_on(folder: StudyFolder) -> None:
    class Full(WatchedRun):
        def take(self, piece: ObservedRun) -> None:
            raise StudyError("disk-full", directory=folder.path)

    run = begin_record(folder)
    said: list[str] = []
    keeper = Keeper(Full(run._record), lambda error: said.append(error.code))
    for _ in range(3):
        keeper.take(ObservedRun({"loss": observed_series("loss", [0], [1.0])}, "step"))
    keeper.end()
    assert said == ["disk-full"]
    assert states(folder) == {"watch-train-0": "finished"}
    Keeper(None, lambda error: said.append(error.code)).end()
    assert said == ["disk-full"]
