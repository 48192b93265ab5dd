"""A schedule that counts epochs, typed by a user: bound to what the study saw, or to what it is told."""

from pathlib import Path

import pytest
from tests.end_to_end.command import Workplace

LOOP = """
import torch

torch.manual_seed(0)
inputs = torch.randn(256, 4)
targets = inputs.sum(1, keepdim=True).sin()
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), batch_size=6, drop_last=True)
for epoch in range(8):
    for batch, target in {batches}:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(batch), target).backward()
        optimizer.step()
"""
FIGURE = '    print("val_loss:", torch.nn.functional.mse_loss(model(inputs), targets).item())\n'


@pytest.mark.soak
def test_epochs_are_those_of_the_scripts_loader(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    place.put("train.py", LOOP.format(batches="loader") + FIGURE)
    typed = place.type("tune", "train.py", "--schedule", "step(epochs(3), 0.1)", "--json")
    assert typed.code == 0, typed.err
    # 42 whole batches of 6, where 256 / 6 would say 42.7
    assert typed.json["schedule"]["expression"].endswith("exponential(0.1, 126, 336).quantise(126)")


@pytest.mark.soak
def test_epochs_that_nobody_sees_are_asked_for_and_the_baseline_is_kept(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    place.put("train.py", LOOP.format(batches="zip(inputs.split(6), targets.split(6))"))
    asked = ("tune", "train.py", "--schedule", "step(epochs(3), 0.1)", "--json")
    refused = place.type(*asked)
    assert (refused.code, refused.json["code"]) == (2, "schedule-epochs")
    assert "--steps-per-epoch 100" in refused.json["hint"]
    (baseline,) = [*place.study().keys("baseline")]
    typed = place.type(*asked, "--steps-per-epoch", "43")
    assert typed.code == 0, typed.err
    assert typed.json["schedule"]["expression"].endswith("exponential(0.1, 129, 344).quantise(129)")
    assert len(list((tmp_path / ".ratecraft").rglob(f"{baseline}-*.log"))) == 1
