"""Mirrors the trackers of ratecraft/integrations: what is sent of a study is read back, and the same is said of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.peers import Peer

from ratecraft.api.diagnose.diagnose import diagnose
from ratecraft.api.results.as_runs import study_runs
from ratecraft.api.tune import tune
from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.records.watching.observed import ObservedRun, observed_series
from ratecraft.training.tasks.task import Task

tensorboard, mlflow, wandb = (Peer(f"ratecraft.integrations.{name}") for name in ("tensorboard", "mlflow", "wandb"))

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]


def task_of() -> Task:
    torch.manual_seed(0)
    inputs = torch.randn(256, 4)
    data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))

    def loss(model: Any, batch: Any) -> torch.Tensor:
        return torch.nn.functional.mse_loss(model(batch[0]), batch[1])

    model = torch.nn.Linear(4, 1)
    return Task(model, torch.optim.SGD(model.parameters(), lr=1e-4), loss, data, steps=320, batch_size=32)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real one; the working folder is its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    tune(task_of(), study=tmp_path / "study", progress=False)
    return tmp_path / "study"


def _of_tensorboard(study: Path) -> Path:
    return tensorboard.track(study) / "baseline-0"


def _of_mlflow(study: Path) -> Path:
    mlflow.track(study)
    named = [path for path in Path("mlruns").rglob("tags/mlflow.runName") if path.read_text() == "baseline 0"]
    return named[0].parents[1]


def _of_wandb(study: Path) -> Path:
    wandb.track(study)
    return sorted(Path("wandb").glob("offline-run-*"), key=lambda path: path.stat().st_mtime_ns)[1]


@pytest.mark.parametrize("sent", [_of_tensorboard, _of_mlflow, _of_wandb])
def test_a_run_of_the_study_is_read_back_and_diagnosed_alike(study: Path, sent: Callable[[Path], Path]) -> None:
    baseline = study_runs(study).jobs[0]
    read = diagnose(sent(study))
    loss = read.runs[0].run.series["loss"]
    assert loss.values.tolist() == pytest.approx([value for _, value in baseline.series["loss"]], rel=1e-6)
    series = {name: observed_series(name, *zip(*told, strict=True)) for name, told in baseline.series.items()}
    itself = diagnosis_of(ObservedRun(series, "step"))
    assert [each.code for each in read.findings] == [each.code for each in itself.findings]


def test_what_a_tracker_is_told_of_a_study(study: Path) -> None:
    runs = study_runs(study)
    assert runs.words["ratecraft.verdict"] == "gain"
    assert runs.values["tuned"] < runs.values["baseline"]
    assert runs.values["cost_total_runs"] > 1
    assert runs.page.startswith("<!DOCTYPE html>")
    assert [job.words["ratecraft.phase"] for job in runs.jobs][0 :: len(runs.jobs) - 1] == ["baseline", "final"]


def test_a_tuned_task_is_sent_as_asked_and_only_once(study: Path) -> None:
    task = task_of()
    for _ in range(2):
        tune(task, study=study, progress=False, track="tensorboard")
    assert [path.name for path in Path("runs").iterdir()] == ["study"]
    assert (Path("runs") / "study" / "study.html").is_file()
