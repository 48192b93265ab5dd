"""Mirrors ratecraft/api/prove.py with what it joins: whole proofs of tiny tasks, in this process."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.training.small_tasks import digest_of, digest_of_generators

from ratecraft.api.prove import ProveResult, baseline_in, describe_prove, prove
from ratecraft.controllers.prove.settings import BUDGET
from ratecraft.errors import InvalidInput, NoAnswer, StudyError
from ratecraft.records.events import Finished, Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, open_study, script_hash
from ratecraft.records.watching.observed import ObservedRun, ObservedSeries
from ratecraft.training.tasks.task import Task

QUIET: Mapping[str, Any] = {"progress": False}
STEPS = 400


def task_at(rate: float, steps: int = STEPS, scale: float = 1.0) -> Task:
    """A small classification; `scale` spoils its inputs."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        inputs = torch.randn(256, 6)
        targets = (inputs @ torch.randn(6, 3) + 0.5 * torch.randn(256, 3)).argmax(1)
        model = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    return Task(
        model,
        torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9),
        lambda model, batch: torch.nn.functional.cross_entropy(model(batch[0]), batch[1]),
        torch.utils.data.TensorDataset(scale * (3 + inputs) if scale != 1 else inputs, targets),
        steps=steps,
        batch_size=32,
    )


def proof_of(task: Task, folder: Path, **more: Any) -> ProveResult:
    return prove(task, study=folder / "study", **QUIET, **more)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> ProveResult:
    """Of a rate far too small; to be looked at only."""
    return proof_of(task_at(1e-5), tmp_path_factory.mktemp("small"))


def test_too_small_a_rate_is_seen_with_the_rate_to_set(small: ProveResult) -> None:
    first = small.seen[0]
    assert first.advice[0].code == "raise-rate"
    assert float(first.advice[0].values["rate"]) >= 1e-4
    assert first.shown is not None
    assert first.shown.low > 0
    assert small.severity == first.severity


def test_what_it_cost_is_told_and_the_budget_kept(small: ProveResult) -> None:
    assert small.costs.baseline_runs == 1
    assert 0 < small.costs.runs <= BUDGET
    branches = [key for each in small.tried for key in each.jobs]
    assert f"runs for {len(branches)} branches" in str(small)


def test_the_same_call_gives_the_same_proof_without_training(small: ProveResult) -> None:
    again = proof_of(task_at(1e-5), small.study.parent)
    assert (again.findings, again.tried) == (small.findings, small.tried)
    with Record.open(StudyFolder(small.study).record, read_only=True) as record:
        assert len(tuple(record.events())) > 0


def test_json_is_plain(small: ProveResult) -> None:
    plain = json.loads(json.dumps(small.to_json(), allow_nan=False))
    assert plain["cost"]["baseline_runs"] == 1
    assert plain["runs"][0]["findings"][0]["status"] == "seen"


def test_too_large_a_rate_is_seen_and_nothing_of_the_user_s_is_changed(tmp_path: Path) -> None:
    task = task_at(30.0)
    before = digest_of(task.model, task.optimizer), digest_of_generators()
    found = proof_of(task, tmp_path)
    assert (digest_of(task.model, task.optimizer), digest_of_generators()) == before
    rates = [advice.values["rate"] for each in found.seen for advice in each.advice if advice.code == "set-rate"]
    assert rates
    assert all(float(rate) <= 10 for rate in rates)


def test_spoiled_inputs_are_seen(tmp_path: Path) -> None:
    found = proof_of(task_at(0.05, scale=300.0), tmp_path, budget=4.0)
    standard = next(each for each in found.tried if each.arm.name == "standardised")
    control = next(each for each in found.tried if each.start == standard.start)
    assert min(filter(None, control.scores), default=9.0) > max(loss or 9.0 for loss in standard.scores)
    assert any(advice.code == "standardise" for each in found.seen for advice in each.advice)


@pytest.mark.parametrize(
    ("anew", "code"), [(False, "one-batch-fits"), pytest.param(True, "one-batch-fails", marks=pytest.mark.soak)]
)
def test_labels_without_meaning_are_told_from_labels_that_change_by_one_batch(
    tmp_path: Path, anew: bool, code: str
) -> None:
    task = task_at(0.05)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        data = torch.utils.data.TensorDataset(torch.randn(12800, 6), torch.randint(3, (12800,)))

    def loss(model: torch.nn.Module, batch: Any) -> torch.Tensor:
        labels = torch.randint(3, batch[1].shape) if anew else batch[1]
        return torch.nn.functional.cross_entropy(model(batch[0]), labels)

    found = proof_of(replace(task, loss=loss, data=data), tmp_path)
    assert [(each.code, each.status) for each in found.findings] == [(code, "seen")]


def test_a_run_that_was_seen_is_not_trained_again(tmp_path: Path) -> None:
    steps = np.arange(STEPS)
    series = {"loss": 1.1 - 1e-5 * steps, "rate": np.full(STEPS, 1e-5)}
    run = ObservedRun({name: ObservedSeries(name, steps, values) for name, values in series.items()}, "step")
    found = proof_of(task_at(1e-5), tmp_path, run=run)
    assert found.costs.baseline_runs == 0
    assert found.diagnosed.run is run
    assert found.tried


def test_a_study_s_own_baseline_is_of_a_script_alone(small: ProveResult) -> None:
    assert baseline_in(small.study) is None
    assert baseline_in(Path("nowhere")) is None


def test_what_was_seen_of_a_script_that_has_changed_since_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text("print(1)\n")
    folder, job = StudyFolder(tmp_path / "kept"), Job(evaluate=Evaluate("natural"))
    with open_study(folder, StudyHeader("kept", "tune", "train.py", (), script_hash(Path("train.py")), "")) as record:
        record.append(Proposed(job, "baseline"))
        record.append(Finished(Outcome(job.key, Ending.DONE, 2, 2), 0))
    seen = baseline_in(folder.path)
    assert seen is not None
    assert seen[0] == "train.py"
    Path("train.py").write_text("print(2)\n")
    with pytest.raises(StudyError, match=r"train\.py is no longer"):
        baseline_in(folder.path)


@pytest.mark.parametrize("budget", [0, -1, "much", True, float("inf")])
def test_a_budget_is_a_number_above_nothing(budget: Any) -> None:
    with pytest.raises(InvalidInput, match="budget"):
        describe_prove(task_at(0.1), budget=budget)


def test_a_run_is_one_that_was_seen() -> None:
    given: Any = {"loss": [1.0]}
    with pytest.raises(InvalidInput, match="run that was watched"):
        describe_prove(task_at(0.1), run=given)


def test_a_run_shorter_than_a_branch_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoAnswer):
        proof_of(replace(task_at(0.1), steps=20), tmp_path)
