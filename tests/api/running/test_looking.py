"""Mirrors ratecraft/api/running/looking.py: a look at a script trains nothing and leaves nothing behind."""

import hashlib
from pathlib import Path

import pytest
import torch
from torch import nn

import ratecraft as rc
from ratecraft.api.running.looking import look_at_script, look_at_task, recorded_losses
from ratecraft.controllers.baseline.start import baseline_job
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput, ScriptFailed
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.program import Program
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import open_study, study_folder

SCRIPT = """
import hashlib, sys, torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
inputs = torch.randn(96, 3, 8, 8)
data = TensorDataset(inputs, torch.randint(0, 2, (96,)))
model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-2)
scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 0.01, total_iters=100)
loader = DataLoader(data, batch_size=8, shuffle=True)
for epoch in range(5):
    for number, (x, y) in enumerate(loader):
        loss = nn.functional.cross_entropy(model(x), y) / 2
        loss.backward()
        if number % 2 == 1:
            optimizer.step(); optimizer.zero_grad(); scheduler.step()
    open("written.txt", "w").write("x")
torch.save(model.state_dict(), "model.pt")
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The working folder, with a script in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_it_sees_optimizer_data_length_and_model_and_leaves_the_folder_as_it_was(folder: Path) -> None:
    before = contents(folder)
    facts = look_at_script("train.py").facts
    (group,) = facts.groups
    assert (group.optimizer, group.base_rate, group.settings["weight_decay"]) == ("AdamW", 3e-2, 0.01)
    assert (facts.samples_per_step, facts.dataset_length) == (16.0, 96)
    assert (facts.horizon, facts.horizon_source) == (30, "loops")
    assert facts.model.kinds == {"convolution": 112, "linear": 290}
    assert contents(folder) == before
    assert not (folder / ".ratecraft").exists()


def test_the_weights_are_bit_for_bit_as_they_were_when_its_two_steps_are_over(folder: Path) -> None:
    told = SCRIPT.replace(
        "    for number", "    seen = [each.clone() for each in model.parameters()]\n    for number"
    ).replace(
        "scheduler.step()\n",
        "scheduler.step()\n            assert all(map(torch.equal, seen, model.parameters())), 'trained'\n",
    )
    (folder / "train.py").write_text(told)
    assert look_at_script("train.py").facts.horizon == 30


def test_a_script_without_an_optimizer_is_told(folder: Path) -> None:
    (folder / "none.py").write_text("print('no training here')\n")
    with pytest.raises(InvalidInput, match="optimizer"):
        look_at_script("none.py")


def test_a_script_that_takes_too_long_to_its_second_step_is_told(folder: Path) -> None:
    (folder / "slow.py").write_text("import threading\nthreading.Event().wait()\n")
    with pytest.raises(InvalidInput, match="3"):
        look_at_script("slow.py", start_timeout=3.0)


def test_a_script_that_fails_by_itself_shows_its_own_error(folder: Path) -> None:
    (folder / "broken.py").write_text("raise ValueError('mine')\n")
    with pytest.raises(ScriptFailed, match="mine"):
        look_at_script("broken.py")


def test_a_script_that_is_not_there_is_told() -> None:
    with pytest.raises(InvalidInput, match="no script"):
        look_at_script("absent.py")


@pytest.mark.parametrize(
    ("arguments", "digest", "found"),
    [(("--epochs", "3"), "e3b0", True), ((), "e3b0", False), (("--epochs", "3"), "f", False)],
)
def test_losses_come_from_an_earlier_baseline_of_the_same_script_and_arguments(
    folder: Path, arguments: tuple[str, ...], digest: str, found: bool
) -> None:
    job, losses = baseline_job(TunerSettings()), (3.0, 2.0, 1.0)
    header = StudyHeader("tune-train", "tune", "train.py", ("--epochs", "3"), "e3b0", "2.4.0", {})
    with open_study(study_folder(folder, "tune-train"), header) as record:
        record.append(Proposed(job, "baseline"))
        record.append(Started(job.key, 1))
        record.append(Finished(Outcome(job.key, Ending.DONE, steps=3, losses=losses), 1))
    assert recorded_losses(folder, Program("train.py", arguments), digest) == (losses if found else ())


def test_without_a_study_there_are_no_losses(folder: Path) -> None:
    assert recorded_losses(folder, Program("train.py"), "e3b0") == ()


def test_a_look_at_a_task_runs_nothing_of_it() -> None:
    def loss(model: nn.Module, batch: object) -> torch.Tensor:
        raise AssertionError

    model = nn.Linear(4, 1)
    data = torch.utils.data.TensorDataset(torch.zeros(64, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    facts = look_at_task(rc.Task(model, optimizer, loss, data, steps=100, batch_size=8, accumulate=2)).facts
    assert (facts.own_rate, facts.samples_per_step, facts.horizon) == (0.5, 16.0, 100)
    assert facts.groups[0].settings["momentum"] == 0.9
    assert facts.model.loaded is None
