"""Mirrors ratecraft/tuning/ray_worker.py: its parts that need no cluster. `test_ray_executor` runs its tasks on one."""

import io
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

from ratecraft.records.outcome import Ending, Failure, Figure, Note
from ratecraft.records.running import Passage, Score
from ratecraft.records.storage.folder_archive import unpack
from ratecraft.records.storage.study import StudyFolder
from ratecraft.tuning.outcomes import Performance
from ratecraft.tuning.ray_worker import Ended, Message, _at_home, _batches, _left_behind, versions
from ratecraft.tuning.run_listener import RunHistory


def test_what_is_told_comes_whole_and_in_order_and_then_the_end() -> None:
    told = SimpleQueue[Message]()
    figures = [Figure(step, "val_loss", 0.5) for step in range(3)]
    ended = Ended(Performance(RunHistory(), Passage(3, Ending.DONE, 3)))
    for message in (*figures, ended):
        told.put(message)
    ends = list[Ended]()

    def batches() -> Iterator[tuple[Message, ...]]:
        ends.append((yield from _batches(told)))

    assert [message for batch in batches() for message in batch] == figures
    assert ends == [ended]


def test_what_a_run_left_is_packed_without_mirrors_and_gone_here(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "study")
    for path in (folder.logs, folder.models, folder.scratch / "mirror"):
        path.mkdir(parents=True)
    (folder.logs / "job-1.log").write_text("printed")
    (folder.models / "job.pt").write_bytes(bytes(9 << 20))  # more than one piece
    pieces = [piece.content for (piece,) in _left_behind(folder)]
    assert len(pieces) == 2
    unpack(io.BytesIO(b"".join(pieces)), tmp_path / "home")
    assert (tmp_path / "home" / "logs" / "job-1.log").read_text() == "printed"
    assert (tmp_path / "home" / "models" / "job.pt").stat().st_size == 9 << 20
    assert not (tmp_path / "home" / "scratch").exists()
    assert [path.name for path in folder.path.iterdir()] == ["scratch"]


def test_files_of_a_node_have_the_names_that_they_have_at_home() -> None:
    failure = Failure(
        "exception", "KeyError", "'/node/folder/a'", "/node/folder/train.py", 7, "in /node/folder/train.py"
    )
    run = Performance(
        RunHistory(),
        Passage(1, Ending.FAILED, 1, failure=failure),
        Score(0.5, model="/node/p1/models/job.pt"),
        notes=(Note("write-denied", {"path": "/node/folder/data", "count": 2}),),
    )
    came = _at_home(run, {"/node/p1": "/home/me/study", "/node/folder": "/home/me"})
    assert came.score is not None
    assert came.score.model == "/home/me/study/models/job.pt"
    assert came.passage.failure == Failure(
        "exception", "KeyError", "'/home/me/a'", "/home/me/train.py", 7, "in /home/me/train.py"
    )
    assert came.notes[0].values == {"path": "/home/me/data", "count": 2}


def test_versions_are_of_all_that_trains() -> None:
    assert set(versions()) == {"python", "ratecraft", "ray", "torch"}
