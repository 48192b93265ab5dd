"""Mirrors training/observing/buffers.py."""

import math

import pytest
import torch

from ratecraft.training.observing.buffers import Buffers


def growth(buffers: Buffers, tensors: list[torch.Tensor]) -> float | None:
    found = buffers.growth(tensors)
    return None if found is None else float(found)


def test_it_is_the_most_that_any_has_grown_beyond_what_it_ever_was() -> None:
    small, large, buffers = torch.tensor([0.1, -0.2]), torch.full((3,), 100.0), Buffers()
    assert growth(buffers, [small, large]) is None
    assert growth(buffers, [small, large]) == 1
    small[1] = -0.6
    assert growth(buffers, [small, large]) == pytest.approx(3)
    small[1] = 0.1
    assert growth(buffers, [small, large]) == 1
    small[1] = 0.3
    assert growth(buffers, [small, large]) == 1


def test_what_is_forgotten_counts_for_nothing() -> None:
    tensor, buffers = torch.ones(2), Buffers()
    buffers.growth([tensor])
    assert growth(buffers, [tensor.mul_(1000)]) == 1000
    tensor.div_(1000)
    buffers.forget()
    assert growth(buffers, [tensor.mul_(2)]) == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_one_that_is_no_number_any_more_has_grown_without_end_and_one_that_never_was_does_not_count(
    value: float,
) -> None:
    tensor, mask, buffers = torch.ones(2), torch.tensor([0.0, value]), Buffers()
    buffers.growth([tensor, mask])
    assert growth(buffers, [tensor, mask]) == 1
    tensor[0] = value
    assert growth(buffers, [tensor, mask]) == math.inf


def test_zeros_whole_numbers_and_half_precision_do_no_harm() -> None:
    tensors, buffers = [torch.zeros(2), torch.tensor(3), torch.ones(2, dtype=torch.bfloat16), torch.ones(0)], Buffers()
    buffers.growth(tensors)
    tensors[0].add_(1)
    tensors[1].add_(100)
    assert growth(buffers, tensors) == 1
    tensors[2].mul_(4)
    assert growth(buffers, tensors) == 4
    assert growth(buffers, [torch.tensor(1)]) is None


def test_other_buffers_begin_anew() -> None:
    buffers = Buffers()
    buffers.growth([torch.ones(2)])
    assert growth(buffers, [torch.full((2,), 9.0)]) is None
