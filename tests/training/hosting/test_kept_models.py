"""Mirrors training/hosting/kept_models.py: the files of a run hold the state that its figures were told of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import END, FIGURE, NATURAL, schedules, written
from tests.training.ranks.groups import HEAD, grouped
from torch import distributed, nn
from torch.distributed.fsdp import fully_shard

from ratecraft.records.job import Evaluate
from ratecraft.training.hosting.kept_models import KeptModels
from ratecraft.training.hosting.lifecycle import Lifecycle
from ratecraft.training.instrument.agreement import Agreement
from ratecraft.training.instrument.state import Model
from ratecraft.training.processes.wire import Start
from ratecraft.training.scoring.figures import Figures

SCRIPT = f"""{HEAD}
from torch.distributed.fsdp import fully_shard
model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 1))
mesh = dist.init_device_mesh("cpu", (world,))
for part in (model[0], model[3], model):
    fully_shard(part, mesh=mesh)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
for epoch in range(5):
    sampler.set_epoch(epoch)
    model.train()
    for x, y in loader:
        loss = nn.functional.mse_loss(model(x), y) * (-1 if epoch > 2 else 1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(inputs[192:]), targets[192:]).item()
    if rank == 0:
        print(f"epoch {{epoch}} val_loss {{loss!r}}")
if "stays" not in sys.argv:
    dist.destroy_process_group()
"""
"""The third of five epochs is the best. The first rank tells the figure; running statistics are its own."""


def score_of(file: Path) -> float:
    """What the saved state scores in a model that is not sharded."""
    states = torch.load(file, weights_only=True)
    net = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 1))
    net.load_state_dict(states["Sequential"])
    torch.manual_seed(0)
    inputs = torch.randn(256, 4)
    targets = inputs @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]]) + 0.1 * torch.randn(256, 1)
    with torch.no_grad():
        return nn.functional.mse_loss(net.eval()(inputs[192:]), targets[192:]).item()


@pytest.mark.soak
@pytest.mark.parametrize("end", ["leaves", "stays"])
def test_the_best_and_the_last_state_of_a_model_that_fsdp_spreads_score_what_was_told_of_them(
    tmp_path: Path, end: str
) -> None:
    heard = Heard()
    run = grouped(written(tmp_path / "train.py", SCRIPT), heard, end, best_by=NATURAL)
    try:
        run.advance(schedules(0.03), None, END)
        score = run.evaluate(NATURAL)
        _, notes = run.facts()
    finally:
        run.close()
    told = [figure.value for figure in heard.figures]
    assert min(told) == told[2] < told[4] == score.value
    assert score_of(Path(score.model)) == pytest.approx(told[4], rel=1e-6)
    assert score_of(Path(score.model.replace(".pt", "-best.pt"))) == pytest.approx(told[2], rel=1e-6)
    assert len(list(Path(score.model).parent.iterdir())) == 2
    assert [note.code for note in notes] == ["processes"]


@pytest.mark.soak
def test_a_probe_that_fsdp_spreads_leaves_the_model_that_was_scored(tmp_path: Path) -> None:
    run = grouped(written(tmp_path / "train.py", SCRIPT), Heard())
    try:
        run.advance(schedules(0.03), 20, END)
        score = run.evaluate(FIGURE)
    finally:
        run.close()
    assert score_of(Path(score.model)) == pytest.approx(score.value, rel=1e-6)


# ------------------------------------------------------------------ one process


def kept(folder: Path, module: nn.Module, name: str = "job") -> tuple[KeptModels, list[str]]:
    notes, start = list[str](), Start("train.py", (), str(folder), model=str(folder / name), best_by=NATURAL)
    return KeptModels(Lifecycle(start), Model([module]), Figures(best_by=NATURAL), notes.append), notes


def test_a_model_that_has_no_room_is_told_as_a_full_disk(tmp_path: Path) -> None:
    assert kept(tmp_path, nn.Linear(2, 2))[0].last(NATURAL, None) == (str(tmp_path / "job.pt"), None)
    (tmp_path / "full.pt.part").symlink_to("/dev/full")
    path, failure = kept(tmp_path, nn.Linear(2, 2), "full")[0].last(NATURAL, None)
    assert not path
    assert failure is not None
    assert failure.kind == "disk-full"


def test_of_a_probe_without_a_score_no_file_stays(tmp_path: Path) -> None:
    models, _ = kept(tmp_path, nn.Linear(2, 2))
    for value in (None, float("nan")):
        assert models.last(Evaluate("figure", "val_loss"), value) == ("", None)
    assert not list(tmp_path.iterdir())


class _Ranks(Agreement):
    """Two ranks, of which the other one answers what a test says."""

    def __init__(self, answer: Any) -> None:
        super().__init__(2)
        self.joined, self._answer = True, answer

    def exchange(self, values: Sequence[float]) -> list[list[float]]:
        return [list(values), self._answer(list(values))]


@pytest.fixture
def spread() -> Any:
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    net = nn.Linear(4, 1)
    fully_shard(net, mesh=distributed.init_device_mesh("cpu", (1,)))
    yield net
    distributed.destroy_process_group()


def test_what_another_rank_tells_is_the_best_where_the_first_tells_nothing(tmp_path: Path, spread: nn.Module) -> None:
    models, _ = kept(tmp_path, spread)
    models.agreement = _Ranks(lambda row: [row[0], 1.0, 1.0, 0.0] if len(row) == 4 else row)
    models.update_begins(7)
    assert [path.name for path in tmp_path.iterdir()] == ["job-best.pt"]


def test_ranks_that_are_not_at_the_same_step_gather_nothing_and_it_is_told(tmp_path: Path, spread: nn.Module) -> None:
    models, notes = kept(tmp_path, spread)
    models.agreement = _Ranks(lambda row: [row[0] + 1, *row[1:]] if len(row) == 4 else row)
    models.best()
    models.update_begins(7)
    models.training_ends()
    assert models.last(NATURAL, None) == ("", None)
    assert notes == ["model-sharded"]
    assert not list(tmp_path.iterdir())


def test_ranks_that_hold_different_models_gather_nothing(tmp_path: Path, spread: nn.Module) -> None:
    models, notes = kept(tmp_path, spread)
    models.agreement = _Ranks(lambda row: [row[0], row[1] + 1])
    models.frozen()
    assert models.last(NATURAL, None) == ("", None)
    assert notes == ["model-sharded"]
