"""Mirrors ratecraft/api/studies/putting_back.py, and its use where a study is put aside."""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.api.studies.described import script_study

from ratecraft.api.running.run_study import run_study
from ratecraft.api.studies.putting_back import HOME, OPEN, put_back_files
from ratecraft.api.studies.script_study import ScriptStudy
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import ScriptFailed, StudyError
from ratecraft.records.answer import Answer, RunResult, Verdict
from ratecraft.records.metrics import Metric
from ratecraft.records.storage.study import StudyFolder, open_study
from ratecraft.reporting.results.screen import result_text
from ratecraft.reporting.results.summary import to_json
from ratecraft.reporting.text.page import Page
from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies


def interrupted(study: StudyFolder, home: Path) -> None:
    """What a full run leaves that was killed while it wrote."""
    (home / "log.csv").write_text("an earlier run\n")
    before = FirstWriteCopies(study.first_writes, home)
    for name in ("log.csv", "best.pt"):
        before.contents(home / name, truncates=True)
        (home / name).write_text("half of a")


def test_files_are_what_they_were_before_the_run_that_was_interrupted(tmp_path: Path) -> None:
    study = StudyFolder(tmp_path / ".ratecraft" / "study")
    interrupted(study, tmp_path)
    put_back_files(study, tmp_path)
    assert (tmp_path / "log.csv").read_text() == "an earlier run\n"
    assert not (tmp_path / "best.pt").exists()
    assert not study.first_writes.exists()


def test_where_nothing_was_interrupted_nothing_is_done(tmp_path: Path) -> None:
    put_back_files(StudyFolder(tmp_path / "study"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_stands_in_the_way_of_a_file_is_named_and_its_copy_is_kept(tmp_path: Path) -> None:
    study = StudyFolder(tmp_path / ".ratecraft" / "study")
    interrupted(study, tmp_path)
    (tmp_path / "log.csv").unlink()
    (tmp_path / "log.csv").mkdir()
    (tmp_path / "log.csv" / "mine.txt").write_text("unrecorded")
    with pytest.raises(StudyError, match=r"log\.csv"):
        put_back_files(study, tmp_path)
    assert study.first_writes.exists()


def test_a_study_that_is_put_aside_gives_back_the_files_of_its_interrupted_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("raise ValueError('a changed script')\n")
    study = script_study("train.py", (), TunerSettings())
    with open_study(study.folder, study.header()):
        interrupted(study.folder, tmp_path)
    with pytest.raises(ScriptFailed, match="a changed script"):
        run_study(study, new=True)
    assert (tmp_path / "log.csv").read_text() == "an earlier run\n"
    assert not (tmp_path / "best.pt").exists()


def killed_after_its_answer(home: Path) -> ScriptStudy:
    """A study whose process had its answer and was killed before it dropped what it needs no more."""
    (home / "train.py").write_text("raise ValueError('a changed script')\n")
    study = script_study("train.py", (), TunerSettings())
    with open_study(study.folder, study.header()) as record:
        interrupted(study.folder, home)
        record.set_answer(Answer("no-information", Metric("val_loss", "min")))
    (study.folder.scratch / "run").mkdir(parents=True)
    return study


def standing(final: float) -> RunResult:
    return RunResult(final, final, 100, 100)


@pytest.mark.parametrize(
    ("verdict", "baseline", "tuned", "whose"),
    [
        ("gain", 1.0, 0.9, "tuned"),
        ("no-gain", 1.0, 0.999, "baseline"),
        ("no-gain", 1.0, 1.2, "baseline"),
        ("not-repeatable", 1.0, 1.1, "baseline"),
        ("not-repeatable", 1.0, 0.9, "tuned"),
        ("saturated", 1.0, None, "baseline"),
        ("no-information", 1.0, None, "baseline"),
        ("not-compared", None, 1.2, "tuned"),
    ],
)
def test_an_answer_stands_by_the_run_that_does_no_harm(
    verdict: Verdict, baseline: float | None, tuned: float | None, whose: str
) -> None:
    runs = {"baseline": baseline, "tuned": tuned}
    found: Any = {name: standing(final) for name, final in runs.items() if final is not None}
    assert Answer(verdict, Metric("val_loss", "min"), **found).stands_by == whose


def test_a_study_without_gain_that_was_killed_after_its_answer_leaves_the_files_of_the_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("raise ValueError('a changed script')\n")
    study = script_study("train.py", (), TunerSettings())
    with open_study(study.folder, study.header()) as record:
        interrupted(study.folder, tmp_path)
        study.folder.baseline.mkdir(exist_ok=True)
        (study.folder.baseline / "best.pt").write_text("of the baseline")
        record.set_fact(HOME, OPEN)
        runs: Any = {"baseline": standing(1.0), "tuned": standing(1.2), "final_job": "f1"}
        record.set_answer(Answer("no-gain", Metric("val_loss", "min"), **runs))
    told = run_study(study)
    assert (told.home, told.elsewhere) == ("baseline", os.path.relpath(study.folder.run("f1")))
    assert (tmp_path / "log.csv").read_text() == "an earlier run\n"
    assert (tmp_path / "best.pt").read_text() == "of the baseline"
    assert (study.folder.run("f1") / "best.pt").read_text() == "half of a"
    assert to_json(told)["folder"] == {"run": "baseline", "other": told.elsewhere}
    assert "has the files of your script as it is; those of the tuned run are in" in " ".join(
        result_text(told, Page()).split()
    )
    (tmp_path / "best.pt").write_text("of the user, since")
    assert run_study(study).home == "baseline"
    assert (tmp_path / "best.pt").read_text() == "of the user, since"


@pytest.mark.soak
def test_a_finished_study_that_is_put_aside_leaves_what_its_run_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = killed_after_its_answer(tmp_path)
    with pytest.raises(ScriptFailed, match="a changed script"):
        run_study(study, new=True)
    assert (tmp_path / "log.csv").read_text() == "half of a"
    assert (tmp_path / "best.pt").exists()


def test_the_same_command_drops_what_a_finished_study_needs_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = killed_after_its_answer(tmp_path)
    assert run_study(study).answer.verdict == "no-information"
    assert not study.folder.first_writes.exists()
    assert not study.folder.scratch.exists()
    assert (tmp_path / "log.csv").read_text() == "half of a"
