"""The logs that the real tools write are read: those kept here, and in `make soak` those of the versions installed.

Each tool trains for seconds, in a process of its own. To keep what a newer version writes:
    python tests/importers/real_logs.py FOLDER TOOL...
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import numpy as np
import pytest

from ratecraft.importers.logs import read_log, read_logs
from ratecraft.importers.reading import Reading

WRITER = Path(__file__).with_name("real_logs.py")
KEPT = Path(__file__).with_name("kept_logs")
Folders: TypeAlias = Callable[[str], Path]
"""A tool's name to the folder in which it left its logs."""


@pytest.fixture(scope="module")
def made() -> Iterator[Folders]:
    """What a tool that is installed leaves; each is run once."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCELERATE_", "TORCH"))}
    with TemporaryDirectory() as place:

        def folder_of(tool: str) -> Path:
            folder = Path(place) / tool
            if importlib.util.find_spec(tool) is None:
                pytest.skip(f"{tool} is not installed")
            if not folder.exists():
                command = [sys.executable, str(WRITER), place, tool]
                environment = {**kept, "OMP_NUM_THREADS": "1"}
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr[-2000:]
            return folder

        yield folder_of


@pytest.fixture(scope="module", params=["kept", pytest.param("made", marks=pytest.mark.soak)])
def folder_of(request: pytest.FixtureRequest) -> Folders:
    """Where a tool's logs are: those in the repository, and those of the version that is installed."""
    return KEPT.joinpath if request.param == "kept" else request.getfixturevalue("made")


def shapes_of(reading: Reading) -> dict[str, int]:
    (run,) = reading.runs
    return {name: len(series) for name, series in run.series.items()}


def test_keras_csv_is_read(folder_of: Folders) -> None:
    reading = read_log(folder_of("keras") / "epochs.csv")
    assert (reading.format, reading.runs[0].unit) == ("keras", "epoch")
    assert shapes_of(reading) == {"accuracy": 3, "loss": 3, "val_accuracy": 3, "val_loss": 3}
    assert reading.runs[0].series["loss"].steps.tolist() == [0, 1, 2]


def test_keras_history_holds_what_its_csv_does(folder_of: Folders) -> None:
    (table,) = read_log(folder_of("keras") / "epochs.csv").runs
    (history,) = read_log(folder_of("keras") / "history.json").runs
    for name, series in table.series.items():
        assert history.series[name].values.tolist() == pytest.approx(series.values.tolist())
        assert history.series[name].steps.tolist() == series.steps.tolist()


@pytest.mark.parametrize("name", ["bars.log", "plain.log"])
def test_keras_bars_give_steps_of_the_run_and_the_figures_of_each_epoch(name: str, folder_of: Folders) -> None:
    reading = read_log(folder_of("keras") / name)
    (run,) = reading.runs
    assert (reading.format, run.unit) == ("keras", "step")
    assert (run.facts["steps_per_epoch"], run.facts["epochs"], run.facts["total_steps"]) == (16, 3, 48)
    assert run.series["val_loss"].steps.tolist() == [16, 32, 48]
    assert run.series["loss"].steps[-1] == 48


def test_event_files_of_one_folder_are_one_run_that_was_resumed(folder_of: Folders) -> None:
    (reading,) = read_logs(folder_of("tensorboard"))
    (run,) = reading.runs
    assert (reading.format, run.unit, reading.torn) == ("tensorboard", "step", ())
    assert run.series["loss"].steps.tolist() == list(range(100))
    assert run.series["loss"].values.tolist() == pytest.approx([2 / (step + 1) for step in range(100)])
    assert run.series["new_style"].values.tolist() == list(range(100))
    assert run.facts["resumes"] == 1
    assert set(run.series) == {"loss", "rate", "new_style"}


def test_own_reader_of_event_files_equals_tensorboards(folder_of: Folders) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    path = sorted(folder_of("tensorboard").iterdir())[0]
    expected: dict[str, list[tuple[int, float]]] = {}
    for record in RawEventFileLoader(str(path)).Load():
        event = Event.FromString(record)
        for value in event.summary.value:
            if value.HasField("simple_value"):
                expected.setdefault(value.tag, []).append((event.step, value.simple_value))
    (run,) = read_log(path).runs
    for tag, name in (("Loss/train", "loss"), ("lr", "rate")):
        series = run.series[name]
        assert list(zip(series.steps.tolist(), series.values.tolist(), strict=True)) == expected[tag]


def test_lightning_table_and_events_hold_the_same_run(folder_of: Folders) -> None:
    table, events = sorted(read_logs(folder_of("lightning")), key=lambda reading: reading.format)
    assert (table.format, events.format) == ("lightning", "tensorboard")
    (run,) = table.runs
    assert shapes_of(table) == {"loss": 30, "train_loss_epoch": 3, "val_loss": 3, "rate": 30, "rate/1": 30}
    assert run.series["val_loss"].steps.tolist() == [9, 19, 29]
    assert run.series["rate/1"].values[0] == pytest.approx(0.001)
    for name, series in run.series.items():
        assert events.runs[0].series[name].values.tolist() == pytest.approx(series.values.tolist(), rel=1e-6)


def test_trainer_state_of_the_last_checkpoint_is_read_with_its_settings(folder_of: Folders) -> None:
    states = [reading for reading in read_logs(folder_of("transformers")) if "trainer_state" in reading.path]
    (state,) = states
    (run,) = state.runs
    assert (state.format, run.unit) == ("transformers", "step")
    assert run.series["loss"].steps.tolist() == list(range(1, 25))
    assert run.series["val_loss"].steps.tolist() == [8, 16, 24]
    assert len(run.series["rate"]) == len(run.series["grad_norm"]) == 24
    assert (run.facts["total_steps"], run.facts["epochs"], run.facts["batch_size"]) == (24, 3, 8)


def test_trainer_screen_gives_every_figure_of_its_state_in_order(folder_of: Folders) -> None:
    (state,) = (reading for reading in read_logs(folder_of("transformers")) if "trainer_state" in reading.path)
    screen = read_log(folder_of("transformers") / "screen.log")
    (run,) = screen.runs
    assert (screen.format, run.unit, run.facts["total_steps"]) == ("transformers", "step", 24)
    assert run.series["loss"].values.tolist() == pytest.approx(state.runs[0].series["loss"].values.tolist(), rel=1e-3)
    lag = run.series["loss"].steps - state.runs[0].series["loss"].steps
    assert abs(lag).max() <= 8  # a bar is drawn ten times a second, and these are quick steps


@pytest.mark.parametrize("name", ["epochs.csv", "screen.log"])
def test_fastai_table_is_read_from_its_file_and_from_its_screen(name: str, folder_of: Folders) -> None:
    reading = read_log(folder_of("fastai") / name)
    assert shapes_of(reading) == {"loss": 3, "val_loss": 3, "accuracy": 3}
    assert reading.runs[0].unit == "epoch"


def test_timm_summary_is_read(folder_of: Folders) -> None:
    reading = read_log(folder_of("timm") / "summary.csv")
    assert reading.format == "timm"
    assert shapes_of(reading) == {"loss": 4, "val_loss": 4, "val_accuracy": 4, "val_top5": 4, "rate": 4}


def test_wandb_run_is_read_at_the_steps_that_wandb_counts(made: Folders) -> None:
    reading = read_log(made("wandb") / "counted.wandb")
    (run,) = reading.runs
    assert (reading.format, run.unit, reading.used, reading.torn) == ("wandb", "step", 606, ())
    assert shapes_of(reading) == {"loss": 600, "rate": 600, "val_loss": 6}
    assert run.series["val_loss"].steps.tolist() == [100 + 101 * place for place in range(6)]  # every call counts
    assert np.flatnonzero(np.isnan(run.series["loss"].values)).tolist() == [7]
    assert (run.facts["batch_size"], run.facts["optimizer"]) == (32, "adamw")


def test_wandb_run_that_names_its_own_steps_is_read_at_these(made: Folders) -> None:
    (run,) = read_log(made("wandb") / "named.wandb").runs
    assert run.series["loss"].steps.tolist() == list(range(0, 6000, 10))
    assert run.series["val_loss"].steps.tolist() == [990, 1990, 2990, 3990, 4990, 5990]


def test_wandb_run_that_was_killed_is_read_up_to_there(tmp_path: Path, made: Folders) -> None:
    data = (made("wandb") / "counted.wandb").read_bytes()
    (tmp_path / "run-1.wandb").write_bytes(data[: len(data) // 2])
    reading = read_log(tmp_path / "run-1.wandb")
    assert [(each.kind, each.count) for each in reading.torn] == [("record", 1)]
    assert [note.code for note in reading.notes] == ["log-torn-record"]
    assert 200 < len(reading.runs[0].series["loss"]) < 400


def test_of_the_folder_of_a_wandb_run_its_file_is_read(made: Folders) -> None:
    readings = read_logs(made("wandb"))
    assert {(Path(each.path).name, each.format) for each in readings} == {
        ("counted.wandb", "wandb"),
        ("named.wandb", "wandb"),
    }
