"""Mirrors ratecraft/api/studies/cluster.py: refused before a cluster is asked; `test_ray_executor` asks one."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.training.small_tasks import Kind, make_task

from ratecraft.api.find import find
from ratecraft.api.search import search
from ratecraft.api.studies.cluster import RayCluster, archive_contents, cluster_named, cluster_of
from ratecraft.api.tune import tune
from ratecraft.cli.main import main
from ratecraft.errors import InvalidInput
from ratecraft.records.storage.folder_archive import ArchiveContents
from ratecraft.records.storage.study import StudyFolder


@pytest.mark.parametrize("verb", [find, search, tune])
def test_an_executor_that_is_none_is_refused(verb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("")
    with pytest.raises(InvalidInput, match="no executor 'slurm'; there are local, ray"):
        verb("train.py", executor="slurm")
    assert not (tmp_path / ".ratecraft").exists()


@pytest.mark.parametrize("command", ["find", "search", "tune"])
@pytest.mark.parametrize(
    ("option", "value"),
    [("--address", "10.0.0.1:6379"), ("--shared-folder", "."), ("--environment", "HOME"), ("--send", "train.py")],
)
def test_what_is_only_for_a_cluster_is_refused_without_one(
    command: str, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "train.py", option, value, "--language", "en"]) == 2
    assert f"`{option}` is only for a Ray cluster" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "given"), [("address", 6379), ("shared_folder", 1)])
def test_a_part_of_another_kind_is_refused(name: str, given: Any) -> None:
    with pytest.raises(InvalidInput, match=f"`{name}` must be text; got {given}"):
        RayCluster(**{name: given})


def test_variables_are_sent_by_names_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "/data")
    monkeypatch.delenv("NOT_SET", raising=False)
    assert cluster_named("ray", None, None, ("DATA_DIR",)) == RayCluster(environment=("DATA_DIR",))
    for names, said in (
        (["NOT_SET"], "NOT_SET is not set here"),
        (["DATA_DIR=/data"], "DATA_DIR=/data is not set here"),
        ("DATA_DIR", "must be a sequence of names; got 'DATA_DIR'"),
        ([1], "`environment` must be text; got 1"),
    ):
        wrong: Any = names
        with pytest.raises(InvalidInput, match=said):
            RayCluster(environment=wrong)


def test_what_is_sent_by_name_is_in_the_working_folder(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "study")
    (tmp_path / ".env").write_text("A=1")
    for name in ("none.pem", "..", ".", "/etc/passwd"):
        with pytest.raises(InvalidInput, match="nothing of that name in the working folder"):
            archive_contents(RayCluster(send=[name]), tmp_path, folder)
    assert archive_contents(RayCluster(send=[str(tmp_path / ".env")]), tmp_path, folder) == ArchiveContents(1, 3)
    assert archive_contents(RayCluster(), tmp_path, folder) == ArchiveContents(0, 0, (".env",))


def test_nothing_leaves_this_machine_or_a_shared_folder(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "study")
    assert archive_contents(None, tmp_path, folder) is None
    assert archive_contents(RayCluster(shared_folder=tmp_path), tmp_path, folder) is None


@pytest.mark.parametrize("command", ["tune", "find", "search"])
def test_a_dry_run_tells_what_goes_to_a_cluster_and_what_does_not(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("print(1)")
    for number in range(9):
        (tmp_path / f"{number}.pem").write_text("key")
    asked = [command, "train.py", "--dry-run", "--executor", "ray", "--language", "en"]
    assert main(asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Sent to the cluster: 1 file, 1 KiB. Not sent, since they look like secrets: 0.pem, 1.pem" in said
    assert "7.pem, …. --send FILE sends one all the same." in said
    assert main([*asked, "--json", "--send", "3.pem"]) == 0
    sent = json.loads(capsys.readouterr().out)["sent"]
    assert (sent["files"], sent["size"], len(sent["held_back"])) == (2, 11, 8)
    assert not (tmp_path / ".ratecraft").exists()


@pytest.mark.parametrize("verb", [find, search])
def test_a_task_that_only_this_process_has_is_refused_with_what_to_do(
    verb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="cannot be sent to a cluster") as refused:
        verb(make_task(Kind(steps=400)), executor="ray")
    assert "package.module:make_task" in refused.value.hint()


def test_a_script_outside_the_working_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    (tmp_path / "train.py").write_text("")
    with pytest.raises(InvalidInput, match="outside the working folder"):
        search("../train.py", executor="ray")


def test_a_cluster_may_be_named_or_meant() -> None:
    assert cluster_of("local") is None
    assert cluster_of("ray") == cluster_named("ray", None, None) == RayCluster()
    assert cluster_of(RayCluster("auto")) == cluster_named("ray", "auto", None)
