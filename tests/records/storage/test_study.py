"""Mirrors ratecraft/records/storage/study.py."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.answer import Answer
from ratecraft.records.metrics import Metric
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import (
    StudyFolder,
    delete_study,
    find_studies,
    find_study,
    named_study,
    open_study,
    script_hash,
    set_aside,
    study_folder,
    study_name,
)


def begun(directory: Path, header: StudyHeader, name: str, created: str = "") -> StudyFolder:
    folder = study_folder(directory, name)
    open_study(folder, replace(header, name=name, created=created)).close()
    return folder


# ---- names


@pytest.mark.parametrize("script", ["train.py", "./train.py", "/home/me/train.py", "sub/../train.py"])
def test_one_script_has_one_name_however_its_path_is_written(script: str) -> None:
    assert study_name("tune", Path(script), [], Path("/home/me")) == study_name(
        "tune", Path("train.py"), [], Path("/home/me")
    )


def test_name_stays_when_the_working_directory_moves() -> None:
    assert study_name("tune", Path("a/train.py"), [], Path("/home/me")) == study_name(
        "tune", Path("a/train.py"), [], Path("/home/you")
    )


@pytest.mark.parametrize(
    ("verb", "script", "arguments"),
    [("find", "train.py", ["-b", "8"]), ("tune", "a/train.py", ["-b", "8"]), ("tune", "train.py", ["-b 8"])],
)
def test_other_verb_script_or_arguments_have_another_name(verb: str, script: str, arguments: list[str]) -> None:
    name = study_name("tune", Path("train.py"), ["-b", "8"], Path("/home/me"))
    assert study_name(verb, Path(script), arguments, Path("/home/me")) != name


def test_name_is_fit_for_a_folder() -> None:
    name = study_name("tune", Path("../../my *train* 学習?.v2.py"), [], Path("/home/me"))
    assert name.startswith("tune-my-train-学習-.v2-")


def test_hash_of_a_script_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    (tmp_path / "b.py").write_bytes(b"x = 1\r\n")
    assert script_hash(tmp_path / "a.py") == "9e26bf369911c45c243c684147b23fc9e1dcfcf257d299a1c632016a6fcd33f4"
    assert script_hash(tmp_path / "a.py") != script_hash(tmp_path / "b.py")


def test_script_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=rf"There is no script `trian\.py` in {tmp_path}"):
        script_hash(tmp_path / "trian.py")


# ---- begin and go on


def test_study_has_its_folders_and_is_left_out_of_git(tmp_path: Path, header: StudyHeader) -> None:
    folder = begun(tmp_path, header, "tune-train-0")
    assert sorted(each.name for each in folder.path.iterdir()) == ["baseline", "logs", "models", "record.sqlite"]
    assert (tmp_path / ".ratecraft" / ".gitignore").read_text() == "*\n"


def test_study_in_a_folder_of_the_users_choice_writes_nothing_beside_it(tmp_path: Path, header: StudyHeader) -> None:
    open_study(StudyFolder(tmp_path / "mine"), header).close()
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_same_command_goes_on_with_its_study(tmp_path: Path, header: StudyHeader) -> None:
    folder = begun(tmp_path, header, "tune-train-0", created="2026-11-24")
    with open_study(folder, replace(header, created="2026-11-25")) as record:
        assert record.header.created == "2026-11-24"


def test_changed_script_is_an_error_and_gives_the_study_up(tmp_path: Path, header: StudyHeader) -> None:
    folder = begun(tmp_path, header, "tune-train-0")
    with pytest.raises(StudyError, match=r"train\.py is no longer the one"):
        open_study(folder, replace(header, script_hash="0"))
    open_study(folder, header).close()


def test_study_at_work_is_an_error_before_anything_else(tmp_path: Path, header: StudyHeader) -> None:
    folder = study_folder(tmp_path, "tune-train-0")
    with open_study(folder, header), pytest.raises(StudyError, match="worked on by another process"):
        open_study(folder, replace(header, script_hash="0"))


@pytest.mark.parametrize("where", ["/proc", "/dev/null"])
def test_folder_that_takes_no_study_is_an_error(where: str, header: StudyHeader) -> None:
    with pytest.raises(StudyError, match=f"ratecraft cannot write into {where}/.ratecraft: [A-Z]"):
        open_study(study_folder(Path(where), "tune-train-0"), header)


def test_two_processes_that_begin_one_study_at_once_make_one_record(tmp_path: Path, header: StudyHeader) -> None:
    code = (
        "import sys; from pathlib import Path; from ratecraft.errors import StudyError\n"
        "from ratecraft.records.storage.study import *; from ratecraft.records.storage.header import StudyHeader\n"
        "header = StudyHeader('a', 'tune', 'a.py', (), '0', '')\n"
        "sys.stdin.readline()\n"
        "try:\n"
        "    with open_study(study_folder(Path(sys.argv[1]), 'a'), header):\n"
        "        print('begun', flush=True); sys.stdin.readline()\n"
        "except StudyError as error:\n"
        "    print(error.code, flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pair = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in pair:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.stdout.readline() for process in pair if process.stdout is not None]
    for process in pair:
        process.communicate()
    assert sorted(said) == ["begun\n", "study-busy\n"]


# ---- put aside


def test_study_put_aside_leaves_its_name_free(tmp_path: Path, header: StudyHeader) -> None:
    folder = begun(tmp_path, header, "tune-train-0", created="old")
    first = set_aside(folder)
    begun(tmp_path, header, "tune-train-0", created="new")
    second = set_aside(folder)
    assert first is not None
    assert second is not None
    assert (first.name, second.name, folder.path.exists()) == ("tune-train-0.1", "tune-train-0.2", False)
    with Record.open(first.record, read_only=True) as record:
        assert record.header.created == "old"


def test_a_study_is_deleted_by_its_whole_name_alone(tmp_path: Path, header: StudyHeader) -> None:
    folder = begun(tmp_path, header, "tune-train-0")
    with pytest.raises(StudyError, match="tune-train-0"):
        named_study(tmp_path, "tune-train")
    delete_study(named_study(tmp_path, "tune-train-0"))
    assert not folder.path.exists()


def test_a_study_at_work_is_not_deleted(tmp_path: Path, header: StudyHeader) -> None:
    folder = study_folder(tmp_path, "tune-train-0")
    with open_study(folder, header), pytest.raises(StudyError, match="worked on by another process"):
        delete_study(folder)
    assert folder.record.exists()


def test_nothing_is_put_aside_where_there_is_nothing(tmp_path: Path) -> None:
    assert set_aside(study_folder(tmp_path, "tune-train-0")) is None


def test_study_at_work_is_not_put_aside(tmp_path: Path, header: StudyHeader) -> None:
    folder = study_folder(tmp_path, "tune-train-0")
    with open_study(folder, header), pytest.raises(StudyError, match="worked on by another process"):
        set_aside(folder)
    assert folder.record.exists()


def test_record_that_cannot_be_read_can_be_put_aside(tmp_path: Path, header: StudyHeader) -> None:
    folder = begun(tmp_path, header, "tune-train-0")
    folder.record.write_bytes(b"lost" * 5000)
    assert set_aside(folder) == StudyFolder(folder.path.with_name("tune-train-0.1"))


# ---- found again


def test_what_was_committed_is_seen_though_it_lies_beside_the_record_s_file(
    tmp_path: Path, header: StudyHeader
) -> None:
    folder, times = study_folder(tmp_path, "a"), list[int]()
    assert folder.changed == 0
    with open_study(folder, header) as record:
        os.utime(folder.record, ns=(1, 1))
        for value in range(3):
            record.set_fact("told", value)
            times.append(folder.changed)
        assert folder.record.stat().st_mtime_ns == 1
    assert times[0] > 1
    assert times == sorted(times)


def test_studies_of_a_folder_are_listed_oldest_first_with_their_state(tmp_path: Path, header: StudyHeader) -> None:
    for name, created in (("b", "2026-11-23"), ("a", "2026-11-24"), ("c", "2026-11-22"), ("d", "2026-11-21")):
        begun(tmp_path, header, name, created)
    study_folder(tmp_path, "d").record.write_bytes(b"lost" * 5000)
    study_folder(tmp_path, "empty").path.mkdir()
    with Record.open(study_folder(tmp_path, "c").record) as record:
        record.set_answer(Answer("no-gain", Metric("val_loss", "min")))
    with Record.open(study_folder(tmp_path, "b").record) as record:
        record.claim()
        found = [(study.folder.name, study.state) for study in find_studies(tmp_path)]
    assert found == [("d", "unreadable"), ("c", "finished"), ("b", "running"), ("a", "unfinished")]


def test_study_that_cannot_be_read_is_listed_with_its_problem(tmp_path: Path, header: StudyHeader) -> None:
    begun(tmp_path, header, "a").record.write_bytes(b"lost" * 5000)
    (study,) = find_studies(tmp_path)
    assert study.problem is not None
    assert study.problem.code == "record-not-ours"


def test_folder_without_studies_has_none(tmp_path: Path) -> None:
    assert find_studies(tmp_path) == ()
    with pytest.raises(StudyError, match=f"There is no study in {tmp_path}"):
        find_study(tmp_path)


def test_study_is_found_by_path_name_or_beginning_and_the_newest_by_nothing(
    tmp_path: Path, header: StudyHeader
) -> None:
    old = begun(tmp_path, header, "tune-a-1", "2026-11-23")
    new = begun(tmp_path, header, "tune-a-1.1", "2026-11-24")
    for wanted, folder in (("tune-a-1", old), ("tune-a-1.", new), (".ratecraft/tune-a-1", old), ("", new)):
        assert find_study(tmp_path, wanted) == folder
    assert find_study(Path("/"), str(old.path)) == old


def test_unknown_study_is_an_error_that_lists_those_there_are(tmp_path: Path, header: StudyHeader) -> None:
    begun(tmp_path, header, "tune-a-1", "1")
    begun(tmp_path, header, "tune-b-2", "2")
    with pytest.raises(StudyError, match=r"There is no study `find`\. There are: tune-a-1, tune-b-2"):
        find_study(tmp_path, "find")
    with pytest.raises(StudyError, match="Several studies begin with `tune`: tune-a-1, tune-b-2"):
        find_study(tmp_path, "tune")
