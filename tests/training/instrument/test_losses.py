"""Mirrors training/instrument/losses.py."""

import math
from collections.abc import Callable

import pytest
import torch

from ratecraft.training.instrument.losses import Losses


def scalar(value: float) -> torch.Tensor:
    return torch.tensor(value, requires_grad=True)


def closed(losses: Losses, *values: float) -> None:
    """A step with these losses."""
    for value in values:
        losses.add(scalar(value))
    losses.stepped()
    losses.close_step()


def test_micro_batches_of_one_loss_are_averaged_and_different_losses_added_up() -> None:
    losses = Losses()
    closed(losses, 1.0, 2.0, 6.0)
    losses.add(scalar(1.0))
    losses.add(scalar(2.0))
    losses.stepped()
    losses.close_step()
    assert losses.read() == [3.0, 3.0]


def test_a_loss_reads_the_same_while_its_micro_batches_grow_in_number_and_at_a_rest_of_them() -> None:
    losses, divided = Losses(), Losses()
    for count in (1, 1, 2, 4, 3):
        for _ in range(count):
            losses.add(scalar(2.4))
            divided.add(scalar(2.4) / (4 if count == 3 else count))
        for each in (losses, divided):
            each.stepped()
            each.close_step()
    assert losses.read() == divided.read() == pytest.approx([2.4] * 5)
    assert not losses.state.is_high


def test_what_two_optimizers_learned_from_adds_up_though_one_line_passed_both_on() -> None:
    losses = Losses()
    for value in (1.0, 10.0):
        losses.add(scalar(value))
        losses.stepped()
    losses.close_step()
    assert losses.read() == [11.0]


def test_within_a_step_the_last_micro_batch_counts_and_a_closure_that_is_called_again_does_not() -> None:
    losses = Losses()
    for _ in range(3):
        losses.add(scalar(8.0) / 4)
    losses.add(scalar(8.0) / 4, inside=True)
    losses.stepped()
    losses.close_step()
    for loss in (3.0, 100.0, 100.0):
        losses.add(scalar(loss) * 0.5, inside=True)
    losses.stepped()
    losses.close_step()
    assert losses.read() == [8.0, 1.5]


def test_losses_that_pull_against_each_other_blow_up_by_none_but_one_that_is_not_finite() -> None:
    losses = Losses()
    losses.rule.opposed = True
    for loss in (*[1.0] * 8, *[1e6] * 9):
        closed(losses, loss)
    losses.read()
    assert not losses.state.happened
    closed(losses.anew(), math.nan)
    closed(losses, math.nan)
    losses.read()
    assert losses.state.happened


def test_a_step_without_a_loss_is_told_as_none_seen_and_is_no_blow_up() -> None:
    losses = Losses()
    closed(losses, 1.0)
    closed(losses)
    first, second = losses.read()
    assert first == 1.0
    assert math.isnan(second)
    assert not losses.state.happened


def test_a_loss_that_is_not_finite_is_a_blow_up() -> None:
    losses = Losses()
    closed(losses, 1.0)
    closed(losses, math.nan)
    losses.read()
    assert losses.state.happened


@pytest.mark.parametrize("given", [torch.ones(3), "text", None])
def test_what_is_no_scalar_is_no_loss(given: object) -> None:
    losses = Losses()
    losses.add(given)
    assert not losses.waiting


def test_a_scaled_loss_is_the_loss_that_was_scaled() -> None:
    losses = Losses()
    loss = scalar(3.0)
    scaled = loss * 1024
    losses.scaled(loss, scaled)
    losses.add(scaled)
    losses.add(scalar(1.0))
    losses.stepped()
    losses.close_step()
    assert losses.read() == [4.0]


def test_losses_that_were_dropped_belong_to_no_step() -> None:
    losses = Losses()
    losses.add(scalar(9.0))
    losses.drop_waiting()
    closed(losses, 1.0)
    assert losses.read() == [1.0]


def test_the_rest_are_losses_whose_optimizer_has_not_stepped() -> None:
    losses = Losses()
    closed(losses, 1.0)
    losses.add(scalar(2.0))
    rest = losses.rest()
    closed(rest)
    assert rest.read() == [2.0]


def test_a_loss_keeps_its_value_though_the_script_changes_the_tensor() -> None:
    losses = Losses()
    loss = torch.tensor(2.0)
    losses.add(loss)
    loss.mul_(100)
    losses.stepped()
    losses.close_step()
    assert losses.read() == [2.0]


def test_losses_of_different_precision_are_read_together() -> None:
    losses = Losses()
    for kind in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        losses.add(torch.tensor([1.5], dtype=kind))
    losses.stepped()
    losses.close_step()
    assert losses.read() == [1.5]


class Counting(torch.utils._python_dispatch.TorchDispatchMode):
    """Counts the operations that bring a value over from a device."""

    def __init__(self) -> None:
        super().__init__()
        self.transfers = 0

    def __torch_dispatch__(
        self, function: Callable[..., object], types: object, args: tuple = (), kwargs: object = None
    ):  # type: ignore[no-untyped-def]
        self.transfers += function in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten._to_copy.default)
        return function(*args, **(kwargs or {}))


def test_no_step_waits_for_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    lists: list[int] = []
    tolist = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, "tolist", lambda self: (lists.append(self.numel()), tolist(self))[1])
    losses = Losses()
    with Counting() as counting:
        for _ in range(64):
            closed(losses, 1.0, 2.0)
    assert (counting.transfers, lists) == (0, [])
    losses.read()
    assert lists == [128]


def test_a_scaler_that_skips_16_steps_in_a_row_has_blown_up() -> None:
    losses = Losses()

    def skips(loss: float) -> bool:
        losses.add(scalar(loss))
        return losses.skipped_too_often()

    assert not any(skips(math.inf) for _ in range(15))
    assert not skips(1.0)  # for an infinite gradient, at a loss that is finite
    assert [skips(math.nan) for _ in range(17)] == [False] * 15 + [True, False]
    assert losses.waiting == []
