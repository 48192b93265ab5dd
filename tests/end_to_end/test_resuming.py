"""A script that goes on from the checkpoint of an earlier run: it is told, and hidden where the user says so."""

from pathlib import Path

import pytest
import torch
from tests.end_to_end.command import Workplace

SCRIPT = """\
from pathlib import Path

import torch

torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
inputs = torch.randn(640, 4)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True)), 32)
start = 0
if Path("last.pt").exists():
    checkpoint = torch.load("last.pt")
    optimizer.load_state_dict(checkpoint["optimizer"])
    start = checkpoint["epoch"]
for epoch in range(start, 20):
    for x, y in loader:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
"""


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    place = Workplace(tmp_path)
    place.put("train.py", SCRIPT)
    return place


def leave_checkpoint(place: Workplace, epoch: int) -> bytes:
    model = torch.nn.Linear(4, 1)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    torch.save({"optimizer": optimizer.state_dict(), "epoch": epoch}, place.folder / "last.pt")
    return (place.folder / "last.pt").read_bytes()


@pytest.mark.soak
def test_a_run_that_was_over_is_told_and_begins_anew_once_its_checkpoint_is_hidden(place: Workplace) -> None:
    checkpoint = leave_checkpoint(place, epoch=20)
    over = place.type("find", "train.py", COLUMNS="1000")
    assert over.code == 2
    assert "error[nothing-left-epoch]: The script went on from epoch 20 of `last.pt`, which it found" in over.err
    assert "`--hide last.pt`" in over.err
    anew = place.type("find", "train.py", "--hide", "last.pt", "--json").json
    assert (anew["verdict"], anew["horizon"]) == ("found", 400)
    assert "ratecraft tune train.py --hide last.pt" in place.type("find", "train.py", "--hide", "last.pt").out
    assert (place.folder / "last.pt").read_bytes() == checkpoint


@pytest.mark.soak
def test_a_run_that_goes_on_says_so_beside_its_result(place: Workplace) -> None:
    leave_checkpoint(place, epoch=4)
    said = " ".join(place.type("find", "train.py").out.split())
    assert (
        "The script went on from epoch 4 of `last.pt`, which it found: only the rest of its training is tuned" in said
    )


@pytest.mark.soak
def test_a_plan_sees_a_script_without_its_checkpoint_too(place: Workplace) -> None:
    leave_checkpoint(place, epoch=20)
    assert place.type("plan", "train.py").code == 2
    assert place.type("plan", "train.py", "--hide", "last.pt").code == 0
