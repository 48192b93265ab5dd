"""Mirrors training/suitability/resuming.py: a script that goes on from a checkpoint is told from a new one."""

from pathlib import Path

import pytest
import torch
from tests.training.hosted_scripts import HEAD, Hosted, run, written

from ratecraft.records.outcome import Failure, Note

MODEL = """
from pathlib import Path
model = nn.Linear(4, 1)
optimizer = torch.optim.{optimizer}(model.parameters(), lr=0.01)
start = 0
{resume}
for epoch in range(start, 6):
    for x, y in DataLoader(data(), batch_size=20):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
"""
WHOLE = """
if Path("last.pt").exists():
    checkpoint = torch.load("last.pt")
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    start = checkpoint["epoch"]
"""
COUNTED = """
checkpoint = torch.load("last.pt")
model.load_state_dict(checkpoint["model"])
start = checkpoint["epoch"] + 1
"""
FOLDER = """
folder = max(Path("out").iterdir())
model.load_state_dict(torch.load(folder / "model.pt"))
with open(folder / "optimizer.pt", "rb") as file:
    optimizer.load_state_dict(torch.load(file))
"""


def trained(steps: int, optimizer: str = "Adam") -> tuple[dict[str, object], dict[str, object]]:
    """What a model and its optimizer are after so many steps."""
    model = torch.nn.Linear(4, 1)
    made = getattr(torch.optim, optimizer)(model.parameters(), lr=0.01)
    for _ in range(steps):
        model(torch.ones(1, 4)).sum().backward()
        made.step()
    return model.state_dict(), made.state_dict()


def save(path: Path, **more: object) -> None:
    model, optimizer = trained(3)
    torch.save({"model": model, "optimizer": optimizer, **more}, path)


def tried(folder: Path, resume: str, optimizer: str = "Adam") -> Hosted:
    script = written(folder / "train.py", HEAD + MODEL.format(resume=resume, optimizer=optimizer))
    return run(script, tell_lines=True)


def test_a_run_that_goes_on_names_the_file_its_epoch_and_what_to_hide(tmp_path: Path) -> None:
    save(tmp_path / "last.pt", epoch=4)
    hosted = tried(tmp_path, WHOLE)
    assert hosted.passage.step == 4
    assert hosted.notes == (Note("resumed-epoch", {"file": "last.pt", "count": 4, "hide": "last.pt"}),)


def test_a_run_that_was_over_says_so_instead_of_missing_an_optimizer(tmp_path: Path) -> None:
    save(tmp_path / "last.pt", epoch=6)
    assert tried(tmp_path, WHOLE).passage.failure == Failure("nothing-left-epoch", "last.pt", "6", detail="last.pt")


def test_weights_with_a_count_that_the_loop_begins_at_are_a_run_that_goes_on(tmp_path: Path) -> None:
    save(tmp_path / "last.pt", epoch=3)
    assert [note.code for note in tried(tmp_path, COUNTED).notes] == ["resumed-epoch"]


def test_without_a_count_the_optimizer_s_own_tells_the_step_and_numbered_folders_are_hidden_as_one(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "out" / "checkpoint-3"
    folder.mkdir(parents=True)
    for name, state in zip(("model.pt", "optimizer.pt"), trained(3), strict=True):
        torch.save(state, folder / name)
    (note,) = tried(tmp_path, FOLDER).notes
    assert note == Note("resumed-step", {"file": "out/checkpoint-3/optimizer.pt", "count": 3, "hide": "out"})


@pytest.mark.parametrize(
    "resume",
    [
        "model.load_state_dict(torch.load('last.pt')['model'])",  # of a file that holds an optimizer and an epoch too
        "optimizer.load_state_dict(torch.optim.Adam(model.parameters()).state_dict())",  # one that has made no step
        "torch.save(optimizer.state_dict(), 'own.pt'); optimizer.load_state_dict(torch.load('own.pt'))",
    ],
    ids=["fine-tuning", "an optimizer of this run", "a file of this run"],
)
def test_a_run_that_begins_anew_is_called_nothing_else(tmp_path: Path, resume: str) -> None:
    save(tmp_path / "last.pt", epoch=4)
    hosted = tried(tmp_path, resume)
    assert (hosted.passage.step, hosted.notes) == (12, ())
