"""Mirrors training/observing/groups.py: which optimizer's values have the plain names."""

import torch

from ratecraft.training.observing.groups import Groups


def sgd(size: int) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(size, requires_grad=True)], lr=0.1)


def test_optimizer_of_a_later_phase_leads_once_the_one_before_is_not_in_use_any_more() -> None:
    groups, before, after = Groups(lambda name, value: None), sgd(8), sgd(4)
    groups.meet(before, lambda optimizer: True)
    groups.meet(after, lambda optimizer: True)
    assert groups.leads(before)
    groups.meet(after, lambda optimizer: optimizer is after)
    assert groups.leads(after)
    assert (groups.name("rate", after, 0), groups.name("rate", before, 0)) == ("rate", "rate/0")
