"""Mirrors training/hosting/run_reports.py: what a run tells is passed on, or kept till it is asked for."""

from pathlib import Path

from tests.conformance.run_suite import Heard

from ratecraft.records.outcome import Figure, Note
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.training.hosting.run_reports import RunReports
from ratecraft.training.processes.wire import Line, Noted, Told


def reports_to(heard: Heard, lines: Path | None = None) -> RunReports:
    return RunReports(heard, lines, lambda path: path == Path("/left/data"), lambda handed: None, lambda facts: None)


def test_the_losses_tell_how_many_steps_are_done_and_no_other_series_does() -> None:
    reports = reports_to(heard := Heard())
    reports.hear(SeriesBlock("loss", 3, pack([1.0, 2.0])))
    reports.hear(SeriesBlock("own_rate", 0, pack([1.0])))
    assert reports.step == 5
    assert reports.has_stepped
    assert heard.series("own_rate") == [1.0]


def test_lines_go_to_the_file_where_there_is_one(tmp_path: Path) -> None:
    reports = reports_to(heard := Heard(), tmp_path / "lines")
    reports.hear(Line("val_loss 0.5", 7, "", False))
    reports.close()
    assert "val_loss 0.5" in (tmp_path / "lines").read_text()
    assert not heard.lines


def test_only_a_write_that_was_denied_on_a_path_of_the_run_it_left_leads_a_branch_astray() -> None:
    reports = reports_to(Heard())
    for code, path in (("write-denied", "/other"), ("read-ahead", "/left/data")):
        reports.hear(Noted(Note(code, {"path": path})))
    assert not reports.has_strayed
    reports.hear(Noted(Note("write-denied", {"path": "/left/data"})))
    assert reports.has_strayed
    assert len(reports.notes) == 3


def test_a_figure_is_passed_on() -> None:
    reports = reports_to(heard := Heard())
    figure = Figure(3, "val_loss", 0.5, "logged")
    reports.hear(Told(figure))
    assert heard.figures == [figure]
