"""Loops of accelerate: what is wrapped by it is watched, guarded and led like any optimizer of torch."""

from pathlib import Path

import pytest
import torch
from tests.integrations.finished_study import finished_study
from tests.peers import Peer
from torch import nn

from ratecraft.api.load import load
from ratecraft.api.results.tune_result import TuneResult
from ratecraft.api.watch.watch import watch
from ratecraft.schedules.builders.constructors import linear
from ratecraft.watching.guard import Guard

accelerate = Peer("accelerate")

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]
STEPS = 40
RATE = linear(0.1, 0, STEPS)


def test_a_loop_is_watched_guarded_and_led_by_a_study(tmp_path: Path) -> None:
    result = load(finished_study(tmp_path, RATE, STEPS))
    assert isinstance(result, TuneResult)
    accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=2)
    torch.manual_seed(0)
    inputs = torch.randn(16 * STEPS, 4)
    inputs[48] = torch.nan  # in the second step
    data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model, optimizer, loader = accelerator.prepare(model, optimizer, torch.utils.data.DataLoader(data, 8))
    scheduler, used = result.attach(optimizer), list[float]()
    with watch(optimizer, model, guard=Guard(), progress=False) as watched:
        watched.losses_add()
        for batch, targets in loader:
            with accelerator.accumulate(model):
                accelerator.backward(nn.functional.mse_loss(model(batch), targets))
                if accelerator.sync_gradients:
                    used.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                optimizer.zero_grad()
                if accelerator.sync_gradients:
                    scheduler.step()
    assert used == RATE.curve(STEPS).tolist()
    assert watched.run.series["rate"].values.tolist() == RATE.curve(STEPS).tolist()
    assert [each.code for each in watched.findings] == ["guard-skip", "non-finite-passing"]
    assert all(torch.isfinite(each).all() for each in model.parameters())
