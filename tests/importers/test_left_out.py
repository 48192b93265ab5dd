"""Readers drop nothing in silence: what matters is kept first, and the rest is told."""

from pathlib import Path

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.importers import logs
from ratecraft.importers.gathering import Gathering
from ratecraft.importers.line_reader import LineReader
from ratecraft.importers.logs import read_logs
from ratecraft.importers.reading import Reading
from ratecraft.importers.rows import Row

_LAYERS = [f"layers.{layer}.weight/norm" for layer in range(300)]


def read(text: str) -> Reading:
    reader = LineReader("log")
    reader.feed(text.encode())
    reader.finish()
    return reader.reading()


def note_of(reading: Reading, code: str) -> dict[str, object]:
    return next(dict(note.values) for note in reading.notes if note.code == code)


def test_a_loss_behind_300_series_of_layers_is_kept_and_what_gave_way_is_told() -> None:
    header = ",".join(("step", *_LAYERS, "loss", "lr"))
    rows = [",".join((str(step), *["1.5"] * 300, "nan" if step >= 120 else "2.0", "0.1")) for step in range(130)]
    reading = read("\n".join((header, *rows)) + "\n")
    series = reading.runs[0].series
    assert len(header) > 4096
    assert (len(series["loss"]), len(series["rate"])) == (130, 130)
    assert note_of(reading, "log-series-left-out") == {"series": 302 - len(series)}


def test_a_series_that_gave_way_is_counted_once_and_does_not_come_back() -> None:
    gathering = Gathering()
    for step in range(3):
        gathering.add(Row((*((name, 1.0) for name in _LAYERS), ("val_loss", 2.0)), step))
    names = set(gathering.runs[0].series)
    assert "val_loss" in names
    assert gathering.series_left_out == 301 - len(names)
    assert {len(points.keys) for points in gathering.runs[0].series.values()} == {3}


def test_a_line_of_text_with_300_layers_tells_its_step_and_its_loss() -> None:
    layers = " ".join(f"{name}: 1.5" for name in _LAYERS)
    reading = read("".join(f"step {step} loss: {3 - step / 10} {layers}\n" for step in range(10)))
    assert reading.runs[0].series["loss"].steps.tolist() == list(range(10))


def test_of_a_line_beyond_all_measure_both_ends_are_read_and_it_is_counted() -> None:
    reading = read("".join(f"step {step} loss: 2.5 {'x ' * 40_000} lr: 0.1\n" for step in range(3)))
    assert sorted(reading.runs[0].series) == ["loss", "rate"]
    assert note_of(reading, "log-torn-cut")["count"] == 3


def folder_of(folder: Path, count: int) -> Path:
    for number in range(count):
        (folder / f"run{number:03}.log").write_text(f"step 0 loss 2.5\nstep 1 loss 2.{number}\n")
    return folder


def test_logs_beyond_the_most_of_a_folder_are_counted_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_MOST_LOGS", 3)
    readings = read_logs(folder_of(tmp_path, 5))
    assert len(readings) == 3
    told = note_of(readings[0], "log-folder-left-out")
    assert told == {"count": 2, "names": "run003.log, run004.log", "most": 3}


def test_a_damaged_log_of_a_folder_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    folder_of(tmp_path, 1)
    (tmp_path / "run.wandb").write_bytes(b":W&B\xe1\xbe\x09" + b"\x00" * 64)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "run.wandb").write_bytes(b":W&B\xe1\xbe\x09" + b"\x00" * 64)
    (tmp_path / "deep" / "inner").mkdir()
    (tmp_path / "deep" / "inner" / "log.txt").write_text("step 0 loss 2.5\nstep 1 loss 2.4\n")
    with pytest.raises(InvalidInput, match=r"W&B"):  # beside a run of W&B nothing else is read, and no other is there
        read_logs(tmp_path)
    (tmp_path / "run.wandb").unlink()
    readings = read_logs(tmp_path)
    assert len(readings) == 1
    assert note_of(readings[0], "log-folder-damaged") == {"count": 1, "names": "deep/run.wandb"}


def test_folders_that_lie_too_deep_are_named(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*"abcdefghij")
    deep.mkdir(parents=True)
    folder_of(deep, 1)
    readings = read_logs(folder_of(tmp_path, 1))
    assert note_of(readings[0], "log-folder-deep") == {"count": 1, "names": "a/b/c/d/e/f/g/h/i"}
