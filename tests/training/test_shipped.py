"""Mirrors ratecraft/training/shipped.py: the side of a node, in processes of this machine and without a cluster."""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from tests.conformance.run_suite import Heard

from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.study import StudyFolder
from ratecraft.training import shipped
from ratecraft.training.shipped import Shipment, clear_up, open_workshop, parcel_of

PROGRAM = """
import os, pathlib
pathlib.Path("new").write_text(os.environ["GREETING"] + os.environ.get("CUDA_VISIBLE_DEVICES", "-"))
print("val_loss:", pathlib.Path("data").read_text())
"""
JOB = Job(stop=1, arguments=(sys.executable, "train.py"), evaluate=Evaluate("natural", "val_loss"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder, beside one that is the temporary folder of a node."""
    home, node = tmp_path / "home", tmp_path / "node"
    (home / ".git").mkdir(parents=True)
    (home / ".ratecraft" / "old").mkdir(parents=True)
    (home / "study").mkdir()
    node.mkdir()
    (home / "train.py").write_text(PROGRAM)
    (home / "data").write_text("0.5")
    (home / ".git" / "objects").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(node))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("GREETING", raising=False)
    return home


def shipment_of(home: Path, key: str, *, is_shared: bool = False) -> Shipment:
    environment = (("GREETING", "hello"), ("CUDA_VISIBLE_DEVICES", "7"), ("HOME", "/home/me"))
    given = (("metric", "val_loss"), ("metric_file", ""), ("seconds", None), ("threads", 1))
    return Shipment(key, "program", str(home), str(home / "study"), is_shared, environment, given)


def run(shipment: Shipment, home: Path) -> tuple[StudyFolder, Heard]:
    """Perform one trial as a process of a node does."""
    workshop = open_workshop(shipment, lambda: parcel_of(home, StudyFolder(home / "study")))
    heard = Heard(JOB)
    made = workshop.start(JOB, 1, heard)
    made.advance({}, 1, StopRule())
    assert made.evaluate(Evaluate("natural", "val_loss")).value == 0.5
    made.close()
    return workshop.folder, heard


def test_a_run_finds_the_folder_and_the_variables_that_the_node_lacks(home: Path) -> None:
    folder, _ = run(shipment_of(home, "first"), home)
    (kept,) = folder.path.glob("run-*")
    assert (kept / "new").read_text() == "hello-"
    assert sorted(path.name for path in home.iterdir()) == [".git", ".ratecraft", "data", "study", "train.py"]


def test_repositories_and_studies_are_not_sent_and_the_folder_is_unpacked_once(home: Path, tmp_path: Path) -> None:
    asked: list[int] = []

    def fetch() -> bytes:
        asked.append(1)
        return parcel_of(home, StudyFolder(home / "study"))

    for _ in range(2):
        open_workshop(shipment_of(home, "second"), fetch)
    unpacked = tmp_path / "node" / f"ratecraft-{os.getuid()}" / "second" / "folder"
    assert sorted(path.name for path in unpacked.iterdir()) == ["data", "train.py"]
    assert len(asked) == 1


def test_a_shared_folder_is_used_where_it_is(home: Path) -> None:
    def fetch() -> bytes:
        raise AssertionError("nothing was sent")

    workshop = open_workshop(shipment_of(home, "third", is_shared=True), fetch)
    assert workshop.at_home[str(home)] == str(home)


def test_what_a_killed_study_left_on_a_node_is_removed_by_the_next_one(home: Path, tmp_path: Path) -> None:
    node = tmp_path / "node" / f"ratecraft-{os.getuid()}"
    (node / "killed").mkdir(parents=True)
    node.chmod(0o700)
    (node / "killed.lock").touch()
    open_workshop(shipment_of(home, "fourth"), lambda: parcel_of(home, StudyFolder(home / "study")))
    open_workshop(shipment_of(home, "fifth"), lambda: parcel_of(home, StudyFolder(home / "study")))
    assert sorted(path.name for path in node.iterdir()) == ["fifth", "fifth.lock", "fourth", "fourth.lock"]
    clear_up(shipment_of(home, "fourth"))
    assert sorted(path.name for path in node.iterdir()) == ["fifth", "fifth.lock"]


def test_a_folder_that_is_too_large_is_not_sent(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "MOST_BYTES", 10)
    with pytest.raises(InvalidInput, match="too much to send to a cluster"):
        parcel_of(home, StudyFolder(home / "study"))
