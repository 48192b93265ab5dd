"""Mirrors training/observing/guard.py: what the policy says is done, and nothing else."""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import torch
from tests.training.guarded import Script, guarded, state, step
from tests.training.watched import Seen, model
from torch import nn
from torch.optim import LBFGS, SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

from ratecraft.records.watching.guarding import Action, Reading, Update, Validated
from ratecraft.training.observing.sensor import Sensor

KINDS: dict[str, Callable[..., Optimizer]] = {
    "sgd": partial(SGD, lr=0.05, momentum=0.9, weight_decay=0.01),
    "adamw": partial(AdamW, lr=1e-2),
    "fused": partial(AdamW, lr=1e-2, fused=True),
    "rmsprop": partial(RMSprop, lr=1e-2),
    "adagrad": partial(Adagrad, lr=1e-2),
    "tensor rate": partial(Adam, lr=torch.tensor(1e-2)),
}


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
    assert seen.values("rate") == pytest.approx(moves, rel=1e-3)


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


def test_how_far_a_batch_has_moved_a_buffer_is_asked_and_buffers_alone_are_put_back() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 1))
    optimizer = SGD(net.parameters(), lr=0.05)
    policy = Script({0: (Action("copy", 0),), 2: (Action("mend", 0),)})
    sensor, seen = guarded(optimizer, policy)
    kept: list[list[float]] = []
    for scale in (1.0, 1.0, 1e4, 1.0):
        weight = net[1].weight.detach().clone()
        optimizer.zero_grad()
        net(scale * torch.randn(8, 6)).square().mean().backward()
        optimizer.step()
        assert not torch.equal(net[1].weight, weight)
        kept.append(net[0].running_var.tolist())
    sensor.close()
    growths = [each.growth for each in policy.asked if isinstance(each, Update)]
    assert growths[0] is None
    assert growths[2] > 1e5
    assert [each < 4 for each in (growths[1], growths[3])] == [True, True]
    assert kept[2] == kept[0]
    assert seen.values("guard_mend") == [0]


def test_buffers_that_a_batch_of_no_numbers_has_spoiled_are_mended_with_the_update_left_out() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 1))
    optimizer = SGD(net.parameters(), lr=0.05)
    sensor, _ = guarded(optimizer, Script({0: (Action("copy", 0),), 1: (Action("mend", 0), Action("skip"))}))
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


@pytest.mark.parametrize("holds", [True, False])
def test_a_lost_run_without_best_weights_ends_with_those_of_the_copy(holds: bool) -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    policy, kept = Script({2: (Action("copy", 2),), 6: (Action("end", 2),)}), list[str]()
    sensor, seen = guarded(optimizer, policy, holds=holds)
    for number in range(9):
        if number == 2:
            kept.append(str([each.tolist() for each in net.parameters()]))
        step(net, optimizer, 1e6 if number > 2 else 1.0)
        if number == 6:
            assert str([each.tolist() for each in net.parameters()]) in kept
    assert (str([each.tolist() for each in net.parameters()]) in kept) is holds
    sensor.close()
    assert ("guard_held" in seen.facts) is holds


def test_weights_are_held_from_the_figure_that_shows_the_turn_on() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    acts = iter([Action("keep", 1), Action("stop", 1)])
    sensor, _ = guarded(
        optimizer, lambda state, each: (0, (next(acts),) if isinstance(each, Validated) else ()), holds=True
    )
    step(net, optimizer)
    best = str([each.tolist() for each in net.parameters()])
    sensor.log("val_loss", 0.5)
    step(net, optimizer)
    sensor.log("val_loss", 0.9)
    assert str([each.tolist() for each in net.parameters()]) == best  # a script may save them before its next step
    sensor.close()


def test_a_loss_is_the_figure_that_counts_where_there_is_one() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    policy = Script({})
    sensor, _ = guarded(optimizer, policy)
    step(net, optimizer)
    for number in range(3):
        for name in ("accuracy", "val_accuracy", "val_loss"):
            sensor.log(name, torch.tensor(float(number)))
    sensor.close()
    assert policy.asked[1:] == [Validated(1, 0.0), Validated(1, 1.0), Validated(1, 2.0)]
    accuracy = Script({})
    sensor, _ = guarded(optimizer, accuracy)
    step(net, optimizer)
    for number in range(3):
        sensor.log("val_accuracy", float(number))
    sensor.close()
    assert accuracy.asked[1:] == [Validated(1, -1.0), Validated(1, -2.0)]


def test_that_the_training_reacts_to_a_plateau_by_itself_is_asked() -> None:
    for reacts in (True, False):
        net = model()
        optimizers = [SGD(net.parameters(), lr=0.05) for _ in range(2)]
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizers[not reacts])
        policy = Script({})
        sensor, _ = guarded(optimizers[0], policy)
        step(net, optimizers[0])
        sensor.log("val_loss", 1.0)
        schedule.step(1.0)
        sensor.close()
        assert policy.asked[1:] == [Validated(1, 1.0, reacts=reacts)]


def test_a_figure_from_before_the_first_update_counts_with_the_weights_from_then() -> None:
    net = model()
    optimizer = SGD(net.parameters(), lr=0.05)
    policy = Script({3: (Action("end", 0),)}, scored=(Action("keep", 0),))
    sensor, _ = guarded(optimizer, policy)
    first = str([each.tolist() for each in net.parameters()])
    sensor.log("val_loss", 2.0)
    assert policy.asked == []
    for _ in range(4):
        step(net, optimizer)
    sensor.close()
    assert policy.asked[0] == Validated(0, 2.0)
    assert sensor.guard is not None
    assert str([each.tolist() for each in net.parameters()]) != first
    assert sensor.guard.restore_best()
    assert str([each.tolist() for each in net.parameters()]) == first


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


class TwoPoints(SGD):
    """Moves the weights before it asks its closure, as sharpness-aware minimisation does."""

    def step(self, closure: Any = None) -> Any:
        with torch.no_grad():
            for each in self.param_groups[0]["params"]:
                each.add_(0.01)
        return super().step(closure)


class AskedTwice(SGD):
    """Asks its closure twice, as a line search does."""

    def step(self, closure: Any = None) -> Any:
        with torch.enable_grad():
            closure()
        return super().step(closure)


@pytest.mark.parametrize(("kind", "asked"), [(TwoPoints, 0), (AskedTwice, 1)])
def test_an_optimizer_that_looks_about_before_it_steps_is_only_watched(kind: type[SGD], asked: int) -> None:
    net = model()
    optimizer = kind(net.parameters(), lr=0.1)
    policy = Script({})
    sensor, seen = guarded(optimizer, policy)
    for _ in range(3):
        optimizer.step(lambda: _backward(net))
    sensor.close()
    assert len(policy.asked) == asked
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
