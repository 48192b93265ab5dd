"""Mirrors ratecraft/cli/report.py."""

import json
from pathlib import Path

import pytest

from ratecraft.cli.main import main
from ratecraft.records.answer import Answer
from ratecraft.records.metrics import Metric
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import open_study, study_folder


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with a finished study, and an English locale."""
    monkeypatch.chdir(tmp_path)
    for name in ("RATECRAFT_LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")
    folder = study_folder(tmp_path, "tune-train-1")
    with open_study(folder, StudyHeader(folder.name, "tune", "train.py", (), "e3b0", "2.4.0")) as record:
        record.set_answer(Answer("no-information", Metric("val_loss", "min"), horizon=100))
    return tmp_path


def test_the_report_lies_here_under_the_study_s_name(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 0
    assert capsys.readouterr().out == "tune-train-1.html\n"
    assert "No information" in (place / "tune-train-1.html").read_text(encoding="utf-8")


def test_study_file_and_language_can_be_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "tune-train", "-o", "a b.html", "--language", "ja", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"study": "tune-train-1", "report": "a b.html"}
    assert '<html lang="ja">' in (place / "a b.html").read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--output", "none/report.html"]) == 2
    err = capsys.readouterr().err
    assert "error[report-not-written]: The report can't be written to none/report.html: No such file or" in err
    assert "Name another file with -o" in err


@pytest.mark.parametrize("output", [".", "..", "/"])
def test_a_folder_is_no_file_to_write(output: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(place.iterdir())
    assert main(["report", "-o", output]) == 2
    assert "error[report-not-written]" in capsys.readouterr().err
    assert set(place.iterdir()) == before


def test_an_unknown_study_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "nothing"]) == 2
    assert "error[no-such-study]" in capsys.readouterr().err
