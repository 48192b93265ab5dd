"""Mirrors training/frameworks/accelerate.py: batches that are read ahead are not counted as trained on."""

from pathlib import Path

import pytest
from tests.conformance.style_table import FRAMEWORKS
from tests.training.hosted_scripts import FIGURE, nursery, run, written

from ratecraft.records.job import Evaluate

LOOP = """
import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

accelerator = Accelerator(cpu=True, gradient_accumulation_steps={accumulation})
inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(7))
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = DataLoader(TensorDataset(inputs, inputs.sum(1, keepdim=True)), batch_size=4, shuffle=True)
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
for epoch in range(3):
    for x, y in loader:
        with accelerator.accumulate(model):
            accelerator.backward(nn.functional.mse_loss(model(x), y))
            optimizer.step()
            optimizer.zero_grad()
    with torch.no_grad():
        print("val_loss", nn.functional.mse_loss(model(inputs), inputs.sum(1, keepdim=True)).item())
"""


@pytest.mark.parametrize(("accumulation", "horizon"), [(1, 48), (2, 24), (4, 12)])
def test_samples_and_steps_are_those_that_were_trained_on(tmp_path: Path, accumulation: int, horizon: int) -> None:
    script = written(tmp_path / "train.py", LOOP.format(accumulation=accumulation))
    census = run(script, to=1, how=Evaluate("census"), launch=nursery(*FRAMEWORKS))
    assert (census.facts.horizon, census.facts.samples_per_step) == (horizon, 4 * accumulation)
    probe = run(script, to=3, how=FIGURE, launch=nursery(*FRAMEWORKS))
    assert (probe.facts.horizon, probe.facts.samples_per_step) == (horizon, 4 * accumulation)
    assert probe.score is not None
    assert probe.score.value == probe.heard.figures[-1].value
