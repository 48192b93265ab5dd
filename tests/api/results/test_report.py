"""Mirrors ratecraft/api/results/report.py: real records, made by hand."""

import html
import re
import shutil
from pathlib import Path

import pytest

from ratecraft.api.results.report import notebook_report, study_report, write_card, write_report
from ratecraft.api.results.summaries import summarise_study
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.answer import Answer, RunResult
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Group, Outcome
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.series import pack
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, open_study, study_folder
from ratecraft.reporting.results.summary import Summary
from ratecraft.schedules.builders.constructors import constant

JOB = Job({"rate": constant(0.1)}, stop=100, evaluate=Evaluate("natural", "val_loss"))
ANSWER = Answer(
    "gain",
    Metric("val_loss", "min"),
    rate=0.1,
    horizon=100,
    schedules=JOB.schedules,
    groups=(Group(10, 0.01, 1.0),),
    tuned=RunResult(1.0, 0.9, 80, 100),
    final_job=JOB.key,
)


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """A finished study of one run."""
    made = study_folder(tmp_path, "tune-train-1")
    with open_study(made, StudyHeader(made.name, "tune", "train.py", (), "e3b0", "2.4.0")) as record:
        losses = tuple(2.0 - step / 100 for step in range(100))
        record.append(Proposed(JOB, "final"))
        record.append(Started(JOB.key, 1))
        record.series.extend(JOB.key, 1, SeriesBlock("loss", 0, pack(losses)))
        record.append(Finished(Outcome(JOB.key, Ending.DONE, 100, 100, losses=losses, seconds=2.0), 1))
        record.set_answer(ANSWER)
    return made


def test_a_card_is_written_under_the_ending_that_it_has(folder: StudyFolder, tmp_path: Path) -> None:
    write_card(folder, tmp_path, tmp_path / "card.svg", "ja")
    assert (tmp_path / "card.svg").read_text(encoding="utf-8").startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    with pytest.raises(InvalidInput, match=r"`card\.jpg` is neither"):
        write_card(folder, tmp_path, tmp_path / "card.jpg")


def test_the_report_is_made_of_what_the_record_holds(folder: StudyFolder, tmp_path: Path) -> None:
    page = study_report(folder, tmp_path)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "Learning-rate study of train.py" in page
    values = re.search(r'"role":"chosen","faint":false,"dots":false,"values":\[2,1\.99,', page)
    assert values


def test_the_language_is_chosen(folder: StudyFolder, tmp_path: Path) -> None:
    assert "train.py の学習率のスタディ" in study_report(folder, tmp_path, "ja")


def test_the_file_is_the_page(folder: StudyFolder, tmp_path: Path) -> None:
    write_report(folder, tmp_path, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == study_report(folder, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".ratecraft", "report.html"}


def test_a_notebook_shows_the_answer_and_folds_the_same_page(
    folder: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = notebook_report(summary_of(folder, tmp_path))
    assert html.escape(study_report(folder, tmp_path)) in shown
    answer, _, whole = shown.partition("<details><summary>The whole report")
    assert "No result" not in answer
    assert "<table" in answer
    assert '<iframe title="tune-train-1" ' in whole
    assert "<iframe" not in answer


def test_a_notebook_shows_a_table_where_the_study_is_gone(
    folder: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = summary_of(folder, tmp_path)
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(folder.path)
    shown = notebook_report(summary)
    assert "<iframe" not in shown
    assert "<table" in shown


def summary_of(folder: StudyFolder, directory: Path) -> Summary:
    with Record.open(folder.record, read_only=True) as record:
        return summarise_study(folder, record, directory)


@pytest.mark.parametrize(("place", "reason"), [("none/report.html", "No such file or directory"), (".", "")])
def test_a_file_that_cannot_be_written_is_told_and_nothing_is_left(
    folder: StudyFolder, tmp_path: Path, place: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match="The report can't be written to") as error:
        write_report(folder, tmp_path, tmp_path / place)
    assert reason in str(error.value)
    assert {path.name for path in tmp_path.iterdir()} == {".ratecraft"}


def test_a_study_without_an_answer_has_no_report(tmp_path: Path) -> None:
    folder = study_folder(tmp_path, "tune-train-2")
    open_study(folder, StudyHeader(folder.name, "tune", "train.py", (), "e3b0", "2.4.0")).close()
    with pytest.raises(StudyError, match="has no answer yet"):
        study_report(folder, tmp_path)
