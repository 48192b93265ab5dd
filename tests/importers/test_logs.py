"""Mirrors ratecraft/importers/logs.py."""

import gzip
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.importers.logs import kind_of, read_log, read_logs

TEXT = "".join(f"step {step} loss {2 / (step + 1):.3f}\n" for step in range(20))


def written(path: Path, data: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize("name", ["train.log", "events.out.tfevents.1", "model.sqlite", "picture.png", "noending"])
def test_name_of_a_file_says_nothing(tmp_path: Path, name: str) -> None:
    assert read_log(written(tmp_path / name, TEXT)).runs[0].series["loss"].steps.tolist() == list(range(20))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (gzip.compress(TEXT.encode()), "is not a log that ratecraft reads"),
        (bytes(range(256)) * 50, "is not a log that ratecraft reads"),
        (b":W&B\xe1\xbe\x09" + bytes(100), "is a file of W&B in a version that ratecraft does not read"),
        (b"Once upon a time\nthere was a run.\n", "No figure of a training run was found in the 2 lines"),
    ],
    ids=["empty", "blank", "gzip", "bytes", "wandb", "prose"],
)
def test_what_is_no_log_is_told_with_what_is_read(tmp_path: Path, data: bytes, text: str) -> None:
    with pytest.raises(InvalidInput, match=text) as raised:
        read_log(written(tmp_path / "log", data))
    assert raised.value.hint()


def test_log_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no log `.*nowhere`"):
        read_logs(tmp_path / "nowhere")


def test_database_of_something_else_is_no_log(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE metrics (a)")
    with pytest.raises(InvalidInput, match="is not a log that ratecraft reads"):
        read_log(path)


def test_folder_gives_its_logs_and_passes_over_what_is_none(tmp_path: Path) -> None:
    written(tmp_path / "a.txt", TEXT)
    written(tmp_path / "deep/er/metrics.csv", "epoch,loss\n0,2.0\n1,1.0\n")
    written(tmp_path / "README.md", "# Training\nRun it for 3 epochs with lr 0.1.\n")
    written(tmp_path / "model.bin", bytes(range(256)))
    written(tmp_path / ".hidden.txt", TEXT)
    written(tmp_path / ".git/log.txt", TEXT)
    assert [reading.format for reading in read_logs(tmp_path)] == ["text", "csv"]


def test_no_link_is_followed_out_of_a_folder(tmp_path: Path) -> None:
    outside = written(tmp_path / "outside/log.txt", TEXT)
    inside = tmp_path / "inside"
    written(inside / "own.txt", TEXT)
    (inside / "link.txt").symlink_to(outside)
    (inside / "linked").symlink_to(outside.parent)
    os.mkfifo(inside / "pipe")
    assert [Path(reading.path).name for reading in read_logs(inside)] == ["own.txt"]


def test_folder_without_a_log_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No log of a training run was found in the folder"):
        read_logs(tmp_path)


def test_of_the_checkpoints_of_one_trainer_the_one_with_the_most_is_read(tmp_path: Path) -> None:
    for last in (5, 20, 10):
        rows = [{"step": step, "loss": 1.0} for step in range(last)]
        written(tmp_path / f"checkpoint-{last}/trainer_state.json", json.dumps({"log_history": rows}))
    (reading,) = read_logs(tmp_path)
    assert len(reading.runs[0].series["loss"]) == 20


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (TEXT.encode("utf-16"), "lines"),
        ("学習 step 1 損失 loss 2.0\n".encode(), "lines"),
        (b"\x1b[1m1/10\x1b[0m loss: 2.0\r", "lines"),
        (b'{\n  "log_history": [', "document"),
    ],
)
def test_kind_is_told_by_the_first_bytes(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


def test_text_with_a_mark_of_utf_16_is_read(tmp_path: Path) -> None:
    assert len(read_log(written(tmp_path / "log", TEXT.encode("utf-16"))).runs[0].series["loss"]) == 20
