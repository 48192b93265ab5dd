"""Mirrors ratecraft/training/watch_guard.py: what the policy says is done, and nothing else."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import torch
from tests.training.watched import Seen, model
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import LBFGS, SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

from ratecraft.records.guarding import Action, Policy, Reading, Update, Validated
from ratecraft.training.watch import Sensor

KINDS: dict[str, Callable[..., Optimizer]] = {
    "sgd": partial(SGD, lr=0.05, momentum=0.9, weight_decay=0.01),
    "adamw": partial(AdamW, lr=1e-2),
    "fused": partial(AdamW, lr=1e-2, fused=True),
    "rmsprop": partial(RMSprop, lr=1e-2),
    "adagrad": partial(Adagrad, lr=1e-2),
    "tensor rate": partial(Adam, lr=torch.tensor(1e-2)),
}


class Script:
    """A policy that does what is written for a step, and remembers what it was asked."""

    def __init__(self, acts: Mapping[int, tuple[Action, ...]], scored: tuple[Action, ...] = ()) -> None:
        self.acts, self.scored, self.asked = acts, scored, list[Reading]()

    def __call__(self, state: Any, reading: Reading) -> tuple[Any, tuple[Action, ...]]:
        self.asked.append(reading)
        return None, self.scored if isinstance(reading, Validated) else self.acts.get(reading.step, ())


def guarded(optimizer: Optimizer, policy: Policy, *, holds: bool = False) -> tuple[Sensor, Seen]:
    seen = Seen()
    sensor = Sensor(seen, policy=policy, holds=holds)
    sensor.follow(optimizer)
    return sensor, seen


def step(net: nn.Module, optimizer: Optimizer, scale: float = 1.0, *, clip: float = 0.0) -> None:
    inputs = torch.randn(16, 6)
    optimizer.zero_grad()
    (scale * nn.functional.mse_loss(net(inputs), inputs.sum(1, keepdim=True))).backward()
    if clip:
        clip_grad_norm_(net.parameters(), clip)
    optimizer.step()


def state(net: nn.Module, optimizer: Optimizer) -> str:
    weights = [each.numpy().tobytes() for each in net.state_dict().values()]
    return str((weights, optimizer.state_dict()))


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_that_is_left_out_moves_nothing_and_hides_nothing_from_the_training(kind: str) -> None:
    net = model()
    optimizer = KINDS[kind](net.parameters())
    sensor, seen = guarded(optimizer, Script({3: (Action("skip"),)}))
    for _ in range(3):
        step(net, optimizer)
    before = state(net, optimizer)
    step(net, optimizer)
    assert state(net, optimizer) == before
    assert all(each.grad is not None for each in net.parameters())
    step(net, optimizer)
    assert state(net, optimizer) != before
    sensor.close()
    assert seen.steps("guard_skip") == [3]


@pytest.mark.parametrize("kind", KINDS)
def test_going_back_restores_weights_buffers_and_state_bit_for_bit(kind: str) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
    optimizer = KINDS[kind](net.parameters())
    policy, kept = Script({4: (Action("copy", 4),), 9: (Action("back", 4), Action("cut", 0.1))}), list[str]()

    def remembering(before: Any, reading: Reading) -> tuple[Any, tuple[Action, ...]]:
        if reading.step == 4:
            kept.append(state(net, optimizer))
        return policy(before, reading)

    sensor, seen = guarded(optimizer, remembering)
    for number in range(10):
        step(net, optimizer, 1.0 if number < 4 else 1e6)
        assert (state(net, optimizer) in kept) is (number == 9)
    sensor.close()
    assert seen.values("guard_back") == [4]
    assert seen.values("guard_cut") == [0.1]


def test_a_copy_that_did_not_help_is_forgotten_and_not_the_older_one() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.01)
    acts = {0: "copy", 3: "copy", 6: "back 3", 7: "back 0", 9: "copy", 12: "back 9", 13: "back 0"}
    kept: dict[int, str] = {}

    def policy(before: Any, reading: Reading) -> tuple[Any, tuple[Action, ...]]:
        kind, _, value = acts.get(reading.step, "").partition(" ")
        if kind == "copy":
            kept[reading.step] = state(net, optimizer)
            return None, (Action("copy", reading.step),)
        return None, (Action("back", int(value)),) if kind else ()

    sensor, seen = guarded(optimizer, policy)
    for number in range(14):
        step(net, optimizer)
        if acts.get(number, "").startswith("back"):
            assert state(net, optimizer) == kept[int(acts[number].split()[1])]
    sensor.close()
    assert seen.values("guard_back") == [3, 0, 9, 0]


def test_the_smaller_rate_holds_while_the_step_is_made_and_is_not_seen_by_the_training() -> None:
    net = nn.Linear(6, 1, bias=False)
    optimizer = SGD(net.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    sensor, seen = guarded(optimizer, Script({2: (Action("cut", 0.01),)}))
    moves: list[float] = []
    for number in range(4):
        before = net.weight.detach().clone()
        step(net, optimizer)
        assert net.weight.grad is not None
        moves.append(float((net.weight.detach() - before).norm() / net.weight.grad.norm()))
        assert optimizer.param_groups[0]["lr"] == pytest.approx(0.5 * 0.9**number)
        schedule.step()
    sensor.close()
    assert moves == pytest.approx([0.5, 0.45, 0.405 * 0.01, 0.3645 * 0.01], rel=1e-3)
    assert seen.values("rate")[-1] == pytest.approx(0.3645 * 0.01)


def test_gradients_are_shrunk_to_the_norm_that_is_said() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.0)
    sensor, _ = guarded(optimizer, Script({0: (Action("clip", 0.25),)}))
    step(net, optimizer, 1e5)
    sensor.close()
    assert float(torch.nn.utils.get_total_norm([each.grad for each in net.parameters()])) == pytest.approx(0.25)


def test_what_it_is_asked_is_the_loss_and_the_norm_as_the_update_uses_it() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    policy = Script({})
    sensor, _ = guarded(optimizer, policy)
    step(net, optimizer)
    norm = float(torch.nn.utils.get_total_norm([each.grad for each in net.parameters()]))
    step(net, optimizer, 1e6, clip=0.5)
    sensor.close()
    first, second = policy.asked
    assert isinstance(first, Update)
    assert isinstance(second, Update)
    assert (first.norm, first.clips, first.rate) == (pytest.approx(norm), False, 0.05)
    assert (second.norm, second.clips) == (0.5, True)
    assert first.loss is not None
    assert second.loss is not None
    assert second.loss > 1e4 * first.loss


def test_a_closure_is_looked_into_where_its_gradients_are_there() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    policy = Script({1: (Action("skip"),)})
    sensor, _ = guarded(optimizer, policy)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = net(torch.ones(4, 6)).square().mean()
        loss.backward()
        return loss

    ends = [state(net, optimizer)]
    for _ in range(3):
        optimizer.step(closure)
        ends.append(state(net, optimizer))
    sensor.close()
    assert [isinstance(each, Update) and each.loss is not None for each in policy.asked] == [True] * 3
    assert [before == after for before, after in pairwise(ends)] == [False, True, False]


def test_buffers_that_a_batch_of_no_numbers_has_spoiled_are_mended_with_the_update_left_out() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 1))
    optimizer = SGD(net.parameters(), lr=0.05)
    sensor, _ = guarded(optimizer, Script({0: (Action("copy", 0),), 1: (Action("skip"),)}))
    for scale in (1.0, math.nan, 1.0):
        optimizer.zero_grad()
        net(scale * torch.randn(8, 6)).square().mean().backward()
        optimizer.step()
    sensor.close()
    assert all(bool(torch.isfinite(each).all()) for each in net.state_dict().values())


def test_the_best_weights_are_put_back_and_held_for_a_script() -> None:
    def train(holds: bool) -> list[bool]:
        net = model()
        optimizer = SGD(net.parameters(), lr=0.05)
        policy = Script({5: (Action("stop", 2),)}, scored=(Action("keep", 2),))
        sensor, seen = guarded(optimizer, policy, holds=holds)
        best = ""
        for number in range(8):
            if number == 2:
                best = str([each.tolist() for each in net.parameters()])
                sensor.log("val_loss", 0.5)
            step(net, optimizer)
        assert sensor.guard is not None
        held = str([each.tolist() for each in net.parameters()]) == best
        assert sensor.guard.should_stop
        sensor.close()
        assert sensor.guard.restore_best()
        assert seen.values("guard_stop") == [2]
        return [held, str([each.tolist() for each in net.parameters()]) == best]

    assert train(True) == [True, True]
    assert train(False) == [False, True]


def test_a_loss_is_the_figure_that_counts_where_there_is_one() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    policy = Script({})
    sensor, _ = guarded(optimizer, policy)
    for number in range(3):
        for name in ("accuracy", "val_accuracy", "val_loss"):
            sensor.log(name, torch.tensor(float(number)))
    sensor.close()
    assert policy.asked == [Validated(0, 0.0), Validated(0, 1.0), Validated(0, 2.0)]
    accuracy = Script({})
    sensor, _ = guarded(optimizer, accuracy)
    for number in range(3):
        sensor.log("val_accuracy", float(number))
    sensor.close()
    assert accuracy.asked == [Validated(0, -1.0), Validated(0, -2.0)]


def test_optimizers_that_take_turns_are_only_watched_and_one_after_another_is_guarded() -> None:
    net = model()
    pair = [SGD(net[0].parameters(), lr=0.05), SGD(net[3].parameters(), lr=0.05)]
    for order, asked, facts in (([0, 1] * 20, 2, {"guard_off"}), ([0] * 20 + [1] * 20, 40, set[str]())):
        policy, seen = Script({}), Seen()
        sensor = Sensor(seen, policy=policy)
        for optimizer in pair:
            sensor.follow(optimizer)
        for place in order:
            step(net, pair[place])
        sensor.close()
        assert len(policy.asked) == asked
        assert {name for name in seen.facts if name == "guard_off"} == facts


def test_an_optimizer_that_asks_for_several_gradients_a_step_is_only_watched() -> None:
    net = model()
    optimizer = LBFGS(net.parameters(), lr=0.1, max_iter=3)
    policy = Script({})
    sensor, seen = guarded(optimizer, policy)
    optimizer.step(lambda: _backward(net))
    sensor.close()
    assert policy.asked == []
    assert "guard_off" in seen.facts


def _backward(net: nn.Module) -> torch.Tensor:
    loss = net(torch.ones(4, 6)).square().mean()
    loss.backward()
    return loss


def test_what_a_scaler_skips_by_itself_is_not_asked_about() -> None:
    net, scaler = model(), torch.amp.GradScaler("cpu", init_scale=8.0)
    optimizer = AdamW(net.parameters(), lr=0.01, fused=True)
    policy = Script({})
    sensor, _ = guarded(optimizer, policy)
    for number in range(4):
        optimizer.zero_grad()
        scaler.scale(net(torch.ones(2, 6)).square().mean() * (math.inf if number == 2 else 1.0)).backward()
        scaler.step(optimizer)
        scaler.update()
    sensor.close()
    assert [each.step for each in policy.asked if isinstance(each, Update)] == [0, 1, 3]


def test_a_step_that_raises_leaves_the_rate_as_it_was() -> None:
    class Failing(SGD):
        def step(self, closure: Any = None) -> Any:
            raise RuntimeError("no memory")

    net = model()
    optimizer = Failing(net.parameters(), lr=0.5)
    sensor, _ = guarded(optimizer, Script({0: (Action("cut", 0.1),)}))
    with pytest.raises(RuntimeError, match="no memory"):
        step(net, optimizer)
    sensor.close()
    assert optimizer.param_groups[0]["lr"] == 0.5
