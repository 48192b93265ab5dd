"""Mirrors training/instrument/clock.py."""

import gc
from collections.abc import Sequence

import pytest
import torch

from ratecraft.training.instrument.clock import Clock


def optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)


def counted(turns: Sequence[torch.optim.Optimizer], clock: Clock | None = None) -> Clock:
    """A clock after these steps, whose rounds are completed as the host does it."""
    clock = clock or Clock()
    for each in turns:
        if clock.opens(each) and clock.step > clock.complete:
            clock.complete = clock.step
        clock.tick(each)
        if clock.all_had_turn and clock.step > 1:
            clock.complete = clock.step
    return clock


def test_one_optimizer_has_a_round_a_step() -> None:
    assert counted([optimizer()] * 7).step == 7


@pytest.mark.parametrize(("critic_steps", "rounds"), [(1, 10), (2, 20), (5, 50)])
def test_a_pair_of_optimizers_has_a_round_for_each_step_of_the_more_frequent(critic_steps: int, rounds: int) -> None:
    critic, maker = optimizer(), optimizer()
    assert counted([*[critic] * critic_steps, maker] * 10).step == rounds


def test_phases_with_one_optimizer_after_another_count_on() -> None:
    phases = [optimizer() for _ in range(3)]
    assert counted([each for each in phases for _ in range(6)]).step == 18


def test_a_round_of_a_pair_is_complete_when_both_had_their_turn() -> None:
    critic, maker = optimizer(), optimizer()
    clock = counted([critic, maker, critic])
    assert (clock.step, clock.complete) == (2, 1)
    assert counted([maker], clock).complete == 2


def test_no_round_waits_for_ever_for_an_optimizer_whose_phase_is_over() -> None:
    first, second = optimizer(), optimizer()
    clock = counted([first] * 5 + [second] * 20)
    assert clock.all_had_turn
    assert not clock.in_use(first)


def test_a_phase_is_over_only_of_an_optimizer_that_has_stepped() -> None:
    first, second, later = optimizer(), optimizer(), optimizer()
    clock = counted([first] * 3 + [second] * 40)
    assert [clock.may_step(each) for each in (first, second, later)] == [False, True, True]


def test_an_optimizer_that_is_gone_is_not_waited_for() -> None:
    first, second = optimizer(), optimizer()
    clock = counted([first, second] * 3)
    del second
    gc.collect()
    assert counted([first], clock).all_had_turn


def test_a_clock_that_begins_anew_knows_the_same_optimizers() -> None:
    critic, maker = optimizer(), optimizer()
    clock = counted([critic, maker] * 3).anew()
    clock.tick(critic)
    assert (clock.step, clock.complete, clock.all_had_turn) == (1, 0, False)
