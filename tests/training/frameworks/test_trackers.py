"""Mirrors training/frameworks/trackers.py: a script uses a tracker where it begins a run with it."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import HEAD, run, written

LOOP = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for x, y in DataLoader(data(), batch_size=8):
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("before", "used"),
    [
        ("import wandb", ()),
        ("import wandb\nwandb.init(mode='disabled')", ("wandb",)),
        ("from wandb import init\ninit(mode='disabled')\nimport wandb\nwandb.finish()", ("wandb",)),
    ],
)
def test_a_tracker_is_used_once_a_run_began_with_it(tmp_path: Path, before: str, used: tuple[str, ...]) -> None:
    assert run(written(tmp_path / "train.py", before + HEAD + LOOP), to=2).facts.trackers == used


def test_a_tracker_is_taken_for_used_where_nobody_knows_how_its_runs_begin(tmp_path: Path) -> None:
    written(tmp_path / "swanlab.py", "def start(): pass")
    assert run(written(tmp_path / "train.py", "import swanlab" + HEAD + LOOP), to=2).facts.trackers == ("swanlab",)
