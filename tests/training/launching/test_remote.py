"""Mirrors training/launching/remote.py: the side of a node, in processes of this machine and without a cluster."""

import fcntl
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.conformance.run_suite import Heard

from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.storage.folder_archive import ArchiveContents
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.launching import remote
from ratecraft.training.launching.remote import (
    RemoteStudy,
    archive_contents_of,
    archive_of,
    clear_up,
    open_workspace,
    variables_of,
)

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


def shipment_of(home: Path, key: str, *, is_shared: bool = False) -> RemoteStudy:
    environment = (("GREETING", "hello"), ("HOME", "/home/me"))
    given = (("metric", "val_loss"), ("metric_file", ""), ("seconds", None), ("threads", 1))
    return RemoteStudy(key, "program", str(home), str(home / "study"), is_shared, environment, given=given)


def run(shipment: RemoteStudy, home: Path) -> tuple[StudyFolder, Heard]:
    """Perform one trial as a process of a node does."""
    workshop = open_workspace(shipment, lambda: archive_of(home, StudyFolder(home / "study")))
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


def test_a_variable_that_is_sent_by_name_holds_whatever_the_node_has(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREETING", "of the node ")
    for key, named, told in (("own", (), "of the node -"), ("named", (("GREETING", "named "),), "named -")):
        folder, _ = run(replace(shipment_of(home, key), named=named), home)
        (kept,) = folder.path.glob("run-*")
        assert (kept / "new").read_text() == told


def test_no_secret_and_nothing_of_the_machine_is_sent() -> None:
    sent = {
        "OMP_NUM_THREADS": "2",
        "PYTHONPATH": "/src",
        "TOKENIZERS_PARALLELISM": "0",
        "CUBLAS_WORKSPACE_CONFIG": ":8",
    }
    kept = ("HF_TOKEN", "WANDB_API_KEY", "AWS_SECRET_ACCESS_KEY", "HF_HUB_TOKEN", "TORCH_AUTH_HEADER", "DATABASE_URL")
    machine = ("CUDA_VISIBLE_DEVICES", "PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
    assert variables_of({**sent, **dict.fromkeys((*kept, *machine), "x")}) == sent


def test_a_lock_that_is_taken_away_while_it_is_waited_for_is_taken_anew(home: Path, tmp_path: Path) -> None:
    """As a process of another study does that finds the folder of this one unused."""
    node = tmp_path / "node" / f"ratecraft-{os.getuid()}"
    node.mkdir(mode=0o700)
    path = node / "contested.lock"
    with path.open("w") as cleaner, ThreadPoolExecutor(1) as pool:
        fcntl.flock(cleaner, fcntl.LOCK_EX)
        claiming = pool.submit(remote._claimed, "contested")
        while len([each for each in psutil.Process().open_files() if each.path == str(path)]) < 2:
            pass
        path.unlink()
        fcntl.flock(cleaner, fcntl.LOCK_UN)
        held = claiming.result(60)
    assert held.path.is_dir()
    with path.open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_repositories_and_studies_are_not_sent_and_the_folder_is_unpacked_once(home: Path, tmp_path: Path) -> None:
    asked: list[int] = []

    def fetch() -> bytes:
        asked.append(1)
        return archive_of(home, StudyFolder(home / "study"))

    for _ in range(2):
        open_workspace(shipment_of(home, "second"), fetch)
    unpacked = tmp_path / "node" / f"ratecraft-{os.getuid()}" / "second" / "folder"
    assert sorted(path.name for path in unpacked.iterdir()) == ["data", "train.py"]
    assert len(asked) == 1


def test_what_looks_like_a_secret_stays_at_home_unless_it_is_sent(home: Path, tmp_path: Path) -> None:
    (home / "keys" / ".ssh").mkdir(parents=True)
    (tmp_path / "id_rsa").write_text("key")
    (home / ".env").write_text("TOKEN=x")
    (home / "keys" / "server.pem").write_text("key")
    (home / "keys" / ".ssh" / "config").write_text("host")
    (home / "harmless").symlink_to(tmp_path / "id_rsa")
    study = StudyFolder(home / "study")
    assert archive_contents_of(home, study) == ArchiveContents(
        2, 3 + len(PROGRAM), (".env", "harmless", "keys/.ssh", "keys/server.pem")
    )
    sent = archive_contents_of(home, study, [Path(".env"), Path("keys/.ssh/config")])
    assert (sent.files, sent.held_back) == (4, ("harmless", "keys/server.pem"))
    for key, some in (("none", ()), ("some", (Path(".env"),))):
        open_workspace(shipment_of(home, key), lambda some=some: archive_of(home, study, some))
        unpacked = tmp_path / "node" / f"ratecraft-{os.getuid()}" / key / "folder"
        found = sorted(str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file())
        assert found == [*map(str, some), "data", "train.py"]


def test_an_environment_of_conda_is_not_sent(home: Path) -> None:
    (home / "env" / "conda-meta").mkdir(parents=True)
    (home / "env" / "library").write_text("")
    assert archive_contents_of(home, StudyFolder(home / "study")).files == 2


def test_a_shared_folder_is_used_where_it_is(home: Path) -> None:
    def fetch() -> bytes:
        raise AssertionError("nothing was sent")

    workshop = open_workspace(shipment_of(home, "third", is_shared=True), fetch)
    assert workshop.at_home[str(home)] == str(home)


def test_what_a_killed_study_left_on_a_node_is_removed_by_the_next_one(home: Path, tmp_path: Path) -> None:
    node = tmp_path / "node" / f"ratecraft-{os.getuid()}"
    (node / "killed").mkdir(parents=True)
    node.chmod(0o700)
    (node / "killed.lock").touch()
    open_workspace(shipment_of(home, "fourth"), lambda: archive_of(home, StudyFolder(home / "study")))
    open_workspace(shipment_of(home, "fifth"), lambda: archive_of(home, StudyFolder(home / "study")))
    assert sorted(path.name for path in node.iterdir()) == ["fifth", "fifth.lock", "fourth", "fourth.lock"]
    clear_up(shipment_of(home, "fourth"))
    assert sorted(path.name for path in node.iterdir()) == ["fifth", "fifth.lock"]


def test_a_folder_that_is_too_large_is_not_sent(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MOST_BYTES", 10)
    with pytest.raises(InvalidInput, match="too much to send to a cluster"):
        archive_of(home, StudyFolder(home / "study"))
