"""Snapshots of a training: everything goes back, in place, and nothing is shared with what lives on."""

from typing import Any

import pytest
import torch
from tests.training.small_tasks import OPTIMIZERS, Noise, digest_of
from torch import nn

from ratecraft.training.tasks.snapshot import ForwardState, Live, Snapshot


def live_of(optimizer: str = "adamw") -> Live:
    torch.manual_seed(2)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), Noise(), nn.Linear(4, 1))
    made = OPTIMIZERS[optimizer](model.parameters())
    scheduler = torch.optim.lr_scheduler.OneCycleLR(made, 0.1, 20, cycle_momentum=False)
    return Live(model, made, scheduler, torch.amp.GradScaler("cpu", init_scale=16.0, growth_interval=2))


def step(live: Live, count: int = 1) -> None:
    for _ in range(count):
        live.optimizer.zero_grad()
        live.scaler.scale(live.model(torch.randn(5, 3)).square().mean()).backward()
        live.scaler.step(live.optimizer)
        live.scaler.update()
        live.scheduler.step()


def digest(live: Live) -> str:
    return digest_of(live.model, live.optimizer, live.scheduler, live.scaler)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("before", [0, 3])
def test_everything_goes_back(optimizer: str, before: int) -> None:
    live = live_of(optimizer)
    step(live, before)
    held, snapshot = digest(live), Snapshot.take(live)
    for _ in range(2):
        step(live, 2)
        snapshot.put_back(live)
        assert digest(live) == held


def test_tensors_keep_their_identity() -> None:
    live = live_of()
    step(live)
    snapshot = Snapshot.take(live)
    weight = live.model[0].weight
    moment, mean = live.optimizer.state[weight]["exp_avg"], live.model[1].running_mean
    step(live)
    snapshot.put_back(live)
    assert live.model[0].weight is weight
    assert live.optimizer.state[weight]["exp_avg"] is moment
    assert live.model[1].running_mean is mean


def test_a_buffer_that_the_model_has_replaced_goes_back() -> None:
    live = live_of()
    snapshot = Snapshot.take(live)
    live.model[2].mean = torch.ones(2, 2)
    snapshot.put_back(live)
    assert live.model[2].mean.tolist() == [0.0]


def test_an_attribute_made_since_is_gone() -> None:
    live = live_of()
    snapshot = Snapshot.take(live)
    live.model[2].seen = 3
    snapshot.put_back(live)
    assert not hasattr(live.model[2], "seen")


def test_which_parameters_are_trained_goes_back() -> None:
    live = live_of()
    snapshot = Snapshot.take(live)
    live.model[0].requires_grad_(False)
    snapshot.put_back(live)
    assert live.model[0].weight.requires_grad


def test_gradients_are_dropped() -> None:
    live = live_of()
    snapshot = Snapshot.take(live)
    step(live)
    snapshot.put_back(live)
    assert live.model[0].weight.grad is None


def test_entries_that_a_group_got_since_are_gone_and_a_rate_that_is_a_tensor_stays_the_same_one() -> None:
    layer = nn.Linear(2, 1)
    rate = torch.tensor(0.1)
    live = Live(layer, torch.optim.Adam(layer.parameters(), lr=rate, capturable=False, foreach=False))
    snapshot = Snapshot.take(live)
    group = live.optimizer.param_groups[0]
    rate.fill_(0.5)
    group["swing"] = 1.0
    snapshot.put_back(live)
    assert group["lr"] is rate
    assert rate.item() == pytest.approx(0.1)
    assert "swing" not in group


def test_a_scaler_that_a_failed_step_has_left_half_way_goes_back() -> None:
    live = live_of()
    step(live)
    held, snapshot = digest(live), Snapshot.take(live)
    live.scaler.scale(live.model(torch.randn(5, 3)).mean()).backward()
    live.scaler.unscale_(live.optimizer)
    snapshot.put_back(live)
    step(live)
    snapshot.put_back(live)
    assert digest(live) == held


def test_the_form_of_a_tensor_in_memory_goes_back_with_it() -> None:
    layer = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    live = Live(layer, torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9))
    layer(torch.randn(2, 3, 5, 5)).mean().backward()
    live.optimizer.step()
    snapshot = Snapshot.take(live)
    live.optimizer.state.clear()
    snapshot.put_back(live)
    assert live.optimizer.state[layer.weight]["momentum_buffer"].is_contiguous(memory_format=torch.channels_last)


def test_lists_in_an_optimizer_s_state_go_back() -> None:
    class Remembering(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            super().step()
            for parameter in self.param_groups[0]["params"]:
                self.state[parameter].setdefault("past", []).append(parameter.detach().clone())

    layer = nn.Linear(2, 1)
    live = Live(layer, Remembering(layer.parameters(), lr=0.1))

    def move() -> None:
        layer(torch.randn(3, 2)).mean().backward()
        live.optimizer.step()

    move()
    held, snapshot = digest_of(layer, live.optimizer), Snapshot.take(live)
    move()
    snapshot.put_back(live)
    assert digest_of(layer, live.optimizer) == held


def test_what_a_forward_pass_changes_goes_back_and_weights_stay() -> None:
    live = live_of()
    state = ForwardState.take(live.model)
    live.model(torch.randn(5, 3))
    live.model.eval()
    with torch.no_grad():
        live.model[0].weight.fill_(3.0)
    state.put_back(live.model)
    assert live.model[1].num_batches_tracked.item() == live.model[2].calls == 0
    assert live.model[1].running_mean.tolist() == [0.0] * 4
    assert live.model[1].training
    assert live.model[0].weight[0, 0].item() == 3.0
