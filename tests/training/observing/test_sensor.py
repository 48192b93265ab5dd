"""Mirrors training/observing/sensor.py: what is read is what happened, and nothing happens otherwise for it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from tests.training.watched import Seen, model, train
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer

from ratecraft.training.observing.sensor import Sensor

KINDS: dict[str, Callable[..., Optimizer]] = {
    "sgd": partial(SGD, lr=0.05),
    "momentum": partial(SGD, lr=0.05, momentum=0.9, weight_decay=1e-4),
    "adamw": partial(AdamW, lr=1e-2),
    "foreach": partial(AdamW, lr=1e-2, foreach=True),
    "fused": partial(AdamW, lr=1e-2, fused=True),
    "adagrad": partial(Adagrad, lr=1e-2),
    "tensor rate": partial(Adam, lr=torch.tensor(1e-2)),
}


def weights(net: nn.Module) -> list[bytes]:
    return [each.numpy().tobytes() for each in net.state_dict().values()]


def watched(optimizer: Optimizer, every: int = 10) -> tuple[Sensor, Seen]:
    seen = Seen()
    sensor = Sensor(seen, every)
    sensor.follow(optimizer)
    return sensor, seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("clips", [False, True])
def test_weights_random_numbers_and_state_are_those_of_a_run_without(kind: str, clips: bool) -> None:
    ends: list[Any] = []
    for is_watched in (False, True):
        net = model()
        optimizer = KINDS[kind](net.parameters())
        sensor = watched(optimizer, every=1)[0] if is_watched else None
        clip = partial(clip_grad_norm_, list(net.parameters())) if clips else float
        losses = train(net, optimizer, 150, before_step=lambda step, clip=clip: clip(0.5), sensor=sensor)
        ends.append((losses, weights(net), torch.get_rng_state().tolist(), str(optimizer.state_dict())))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("kind", ["adamw", "fused"])
def test_mixed_precision_with_a_scaler_ends_bit_for_bit_alike(kind: str) -> None:
    ends: list[Any] = []
    for is_watched in (False, True):
        net, scaler = model(), torch.amp.GradScaler("cpu", init_scale=2.0**12, growth_interval=20)
        optimizer = KINDS[kind](net.parameters())
        sensor, seen = watched(optimizer, every=1) if is_watched else (None, Seen())
        for step in range(100):
            inputs = torch.randn(16, 6)
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                loss = nn.functional.mse_loss(net(inputs).float(), inputs.sum(1, keepdim=True))
            scaler.scale(loss * (float("inf") if step == 50 else 1.0)).backward()
            scaler.step(optimizer)
            scaler.update()
        if sensor is not None:
            sensor.close()
            assert seen.values("loss_scale")[0] == 2.0**12
            assert seen.steps("loss") == list(range(100))
            assert max(seen.values("loss")[:50]) < 100  # unscaled
            assert max(value for value in seen.values("grad_norm") if value < float("inf")) < 100
        ends.append((weights(net), scaler.get_scale()))
    assert ends[0] == ends[1]


def test_losses_and_rates_are_those_of_each_step() -> None:
    net = model()
    optimizer = SGD([{"params": net[0].parameters()}, {"params": net[3].parameters(), "lr": 0.5}], lr=0.05)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
    rates: list[float] = []

    def before(step: int) -> None:
        if step:
            schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])

    optimizer.step()  # else the scheduler complains of its order; it is a step without a loss
    sensor, seen = watched(optimizer)
    losses = train(net, optimizer, 150, before_step=before, sensor=sensor)
    assert seen.values("loss") == pytest.approx(losses, rel=1e-6)
    assert seen.steps("loss") == list(range(150))
    assert seen.values("rate") == rates
    assert seen.steps("rate/1") == list(range(0, 150, 10))
    assert seen.values("rate/1") == pytest.approx([10 * rate for rate in rates[::10]])
    assert seen.facts["optimizer"] == "SGD"


def test_the_norm_is_that_of_all_gradients_and_of_every_step_where_the_training_clips() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    sensor, seen = watched(optimizer)
    norms: list[float] = []

    def before(step: int) -> None:
        flat = torch.cat([each.grad.flatten() for each in net.parameters() if each.grad is not None])
        if step >= 50:
            clip_grad_norm_(net.parameters(), 0.1)
        norms.append(float(flat.norm()))

    train(net, optimizer, 100, before_step=before, sensor=sensor)
    assert seen.steps("grad_norm") == [*range(0, 50, 10), *range(50, 100)]
    assert seen.values("grad_norm") == pytest.approx(norms[:50:10] + norms[50:], rel=1e-5)
    assert seen.facts["clip"] == 0.1


def test_the_update_ratio_is_the_step_over_the_weights() -> None:
    net = nn.Sequential(nn.Linear(6, 1, bias=False))
    optimizer = SGD(net.parameters(), lr=0.05)
    sensor, seen = watched(optimizer, every=1)
    before: list[torch.Tensor] = []
    train(net, optimizer, 30, before_step=lambda step: before.append(net[0].weight.detach().clone()), sensor=sensor)
    after = [*before[1:], net[0].weight.detach()]
    ratios = [float((b - a).norm() / a.norm()) for a, b in zip(before, after, strict=True)]
    assert seen.values("update_ratio") == pytest.approx(ratios[::10], rel=1e-4)


def test_the_effective_rate_of_adagrad_falls() -> None:
    net = model()
    optimizer = Adagrad(net.parameters(), lr=0.1)
    sensor, seen = watched(optimizer, every=1)
    train(net, optimizer, 100, sensor=sensor)
    rates = seen.values("effective_rate")
    assert len(rates) == 10
    assert rates == sorted(rates, reverse=True)


def test_accumulated_losses_are_one_step() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    sensor, seen = watched(optimizer)
    for _ in range(20):
        for _ in range(4):
            (net(torch.ones(2, 6)).square().mean() * 0 + 0.25).backward()
        optimizer.step()
    sensor.close()
    assert seen.values("loss") == pytest.approx([0.25] * 20)


def test_the_first_loss_of_a_closure_counts() -> None:
    net = model().eval()
    optimizer = torch.optim.LBFGS(net.parameters(), lr=0.1, max_iter=5)
    sensor, seen = watched(optimizer)
    inputs, first = torch.randn(32, 6), list[float]()

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = net(inputs).square().mean()
        losses.append(loss.item())
        loss.backward()
        return loss

    for _ in range(5):
        losses: list[float] = []
        optimizer.step(closure)
        first.append(losses[0])
    sensor.close()
    assert seen.values("loss") == pytest.approx(first)


def test_a_step_within_a_step_is_one_and_a_step_that_raised_is_over() -> None:
    class Careful(SGD):
        fails = False

        def step(self, closure: Any = None) -> Any:
            result = super().step(closure)
            if self.fails:
                raise RuntimeError("no memory")
            return result

    net = model()
    optimizer = Careful(net.parameters(), lr=0.05)
    sensor, seen = watched(optimizer)
    train(net, optimizer, 10)
    optimizer.fails = True
    with pytest.raises(RuntimeError, match="no memory"):
        train(net, optimizer, 1)
    optimizer.fails = False
    train(net, optimizer, 10, sensor=sensor)
    assert sensor.steps == 21
    assert len(seen.values("loss")) == 21


def test_steps_that_a_scaler_skips_count_with_their_scale() -> None:
    net, scaler = model(), torch.amp.GradScaler("cpu", init_scale=8.0)
    optimizer = SGD(net.parameters(), lr=0.05)
    sensor, seen = watched(optimizer)
    for step in range(6):
        optimizer.zero_grad()
        loss = net(torch.ones(2, 6)).square().mean()
        scaler.scale(loss).backward()
        if step % 2:
            next(net.parameters()).grad.fill_(float("inf"))  # type: ignore[union-attr]
        scaler.step(optimizer)
        scaler.update()
    sensor.close()
    assert seen.steps("loss") == list(range(6))
    assert seen.values("loss_scale") == [8.0, 8.0, 4.0, 4.0, 2.0, 2.0]


def test_two_optimizers_with_a_loss_each_are_told_apart_from_two_that_share_one() -> None:
    def facts(play: bool) -> dict[str, Any]:
        net = model()
        pair = [SGD(net[0].parameters(), lr=0.05), SGD(net[3].parameters(), lr=0.05)]
        seen = Seen()
        sensor = Sensor(seen)
        for optimizer in pair:
            sensor.follow(optimizer)
        for _ in range(5):
            net(torch.ones(2, 6)).square().mean().backward()
            pair[0].step()
            if play:
                net(torch.ones(2, 6)).square().mean().backward()
            pair[1].step()
        sensor.close()
        assert sensor.steps == 5
        return seen.facts

    assert facts(True)["losses_a_step"] == 2
    assert "losses_a_step" not in facts(False)


def test_each_pass_of_a_loop_that_updates_weights_by_hand_is_a_step_with_its_loss() -> None:
    net, seen = model(), Seen()
    sensor = Sensor(seen)
    sensor.follow_all()
    losses: list[float] = []
    for _ in range(20):
        loss = net(torch.ones(2, 6)).square().mean()
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for weight in net.parameters():
                weight -= 0.05 * weight.grad
        losses.append(loss.item())
    sensor.close()
    assert sensor.steps == 20
    assert seen.steps("loss") == list(range(20))
    assert seen.values("loss") == pytest.approx(losses)


def test_passes_before_the_first_step_of_an_optimizer_are_no_steps() -> None:
    net, seen = model(), Seen()
    sensor = Sensor(seen)
    sensor.follow_all()
    for _ in range(20):  # gradients are accumulated, no weight changes
        net(torch.ones(2, 6)).square().mean().backward()
    SGD(net.parameters(), lr=0.05).step()
    sensor.close()
    assert sensor.steps == len(seen.steps("loss")) == 1


def test_a_loss_that_is_logged_stands_for_those_that_are_heard() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    sensor, seen = watched(optimizer)
    for step in range(100):
        sensor.log("loss", torch.tensor(float(step)))
        train(net, optimizer, 1)
    sensor.log("val_loss", 0.5)
    sensor.close()
    assert seen.values("loss") == [float(step) for step in range(100)]
    assert seen.steps("val_loss") == [100]


def test_an_optimizer_that_takes_over_leads_on_with_its_rate() -> None:
    net = model()
    seen = Seen()
    sensor = Sensor(seen)
    for rate, steps in ((0.1, 30), (0.01, 60)):
        optimizer = SGD(net.parameters(), lr=rate)
        sensor.follow(optimizer)
        train(net, optimizer, steps)
    sensor.close()
    assert seen.values("rate")[0] == 0.1
    assert seen.values("rate")[-1] == 0.01


def test_nothing_stays_behind_and_no_more_is_heard_after_the_end() -> None:
    before = torch.autograd.backward, torch.amp.GradScaler.scale, torch.amp.GradScaler.step
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    sensor, seen = watched(optimizer)
    train(net, optimizer, 10, sensor=sensor)
    sensor.close()
    count = len(seen.pieces)
    train(net, optimizer, 100)
    assert len(seen.pieces) == count
    assert (torch.autograd.backward, torch.amp.GradScaler.scale, torch.amp.GradScaler.step) == before


def test_a_cross_entropy_tells_its_classes_also_under_a_scaler() -> None:
    for scaler in (None, torch.amp.GradScaler("cpu")):
        net = nn.Linear(6, 3)
        optimizer = SGD(net.parameters(), lr=0.05)
        sensor, seen = watched(optimizer)
        loss = nn.functional.cross_entropy(net(torch.ones(2, 6)), torch.tensor([0, 1]))
        (loss if scaler is None else scaler.scale(loss)).backward()
        optimizer.step()
        sensor.close()
        assert seen.facts["classes"] == 3
