"""Mirrors ratecraft/importers/mlflow_stores.py: both stores as MLflow 3 lays them out."""

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.importers.logs import read_log, read_logs
from ratecraft.importers.mlflow_stores import read_mlflow_database
from ratecraft.importers.reading import Torn


def run_folder(folder: Path) -> Path:
    run = folder / "mlruns" / "0" / "a1b2"
    (run / "metrics/train").mkdir(parents=True)
    (run / "params").mkdir()
    (run / "meta.yaml").write_text("run_name: calm-owl\n")
    (run / "params/batch_size").write_text("64")
    (run / "params/optimizer").write_text("AdamW")
    (run / "metrics/train/loss").write_text(
        "".join(f"17000000{step:02d}000 {2 / (step + 1)} {step}\n" for step in range(20))
    )
    (run / "metrics/val_loss").write_text("1700000000000 2.5 0\n1700000009000 nan 9\n17000")
    (run / "metrics/system_cpu_time").write_text("1700000000000 99 0\n")
    return run


def test_file_store_is_a_run_for_each_of_its_folders(tmp_path: Path) -> None:
    run_folder(tmp_path)
    (reading,) = read_logs(tmp_path)
    (run,) = reading.runs
    assert (reading.format, run.unit) == ("mlflow", "step")
    assert run.facts == {"batch_size": 64.0, "optimizer": "AdamW"}
    assert run.series["loss"].steps.tolist() == list(range(20))
    assert run.series["val_loss"].steps.tolist() == [0, 9]
    assert math.isnan(run.series["val_loss"].values[1])
    assert reading.torn == (Torn("cells", 1, (3,)),)


def test_link_inside_a_store_is_not_followed(tmp_path: Path) -> None:
    run = run_folder(tmp_path)
    (tmp_path / "secret").write_text("1700000000000 7 0\n")
    (run / "metrics/accuracy").symlink_to(tmp_path / "secret")
    (reading,) = read_logs(tmp_path)
    assert "accuracy" not in reading.runs[0].series


def test_metric_whose_points_all_have_one_step_has_only_an_order(tmp_path: Path) -> None:
    run = run_folder(tmp_path)
    (run / "metrics/val_loss").unlink()
    (run / "metrics/train/loss").write_text("".join(f"1700000000000 {value} 0\n" for value in (3.0, 2.0, 1.0)))
    (reading,) = read_logs(tmp_path)
    assert (reading.runs[0].unit, reading.runs[0].series["loss"].values.tolist()) == ("unknown", [3.0, 2.0, 1.0])


def database(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, name VARCHAR(250), start_time BIGINT)")
        connection.execute("CREATE TABLE params (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32))")
        connection.execute(
            "CREATE TABLE metrics (key VARCHAR(250), value FLOAT, timestamp BIGINT, run_uuid VARCHAR(32), step BIGINT, "
            "is_nan BOOLEAN)"
        )
        for place, run in enumerate(("first", "second")):
            connection.execute("INSERT INTO runs VALUES (?, ?, ?)", (run, run, place))
            connection.execute("INSERT INTO params VALUES ('lr', '0.1', ?), ('epochs', '3', ?)", (run, run))
            for step in reversed(range(10)):
                connection.execute("INSERT INTO metrics VALUES ('loss', ?, 0, ?, ?, 0)", (2.0 - place, run, step))
        connection.execute("INSERT INTO metrics VALUES ('loss', 0, 0, 'second', 10, 1)")
        connection.execute("INSERT INTO metrics VALUES ('loss', 1.7976931348623157e308, 0, 'second', 11, 0)")
        connection.commit()
    return path


def test_database_gives_each_run_in_the_order_of_its_start(tmp_path: Path) -> None:
    reading = read_log(database(tmp_path / "mlflow.db"))
    assert (reading.format, len(reading.runs)) == ("mlflow", 2)
    first, second = reading.runs
    assert first.series["loss"].values.tolist() == [2.0] * 10
    assert [str(value) for value in second.series["loss"].values.tolist()] == ["1.0"] * 10 + ["nan", "inf"]
    assert first.facts == {"epochs": 3.0}


def test_view_in_place_of_a_table_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (run_uuid, start_time)")
        connection.execute("CREATE VIEW metrics AS SELECT 1")
    with pytest.raises(InvalidInput, match="is not a log"):
        read_log(path)


def test_damaged_database_is_told(tmp_path: Path) -> None:
    path = database(tmp_path / "mlflow.db")
    data = bytearray(path.read_bytes())
    data[4096:] = b"\x55" * (len(data) - 4096)
    path.write_bytes(bytes(data))
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_mlflow_database(path)
