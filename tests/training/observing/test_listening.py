"""Mirrors training/observing/listening.py: what is replaced exists in this torch, and is put back."""

from typing import Any

import pytest
import torch
from torch.nn.utils import clip_grad
from torch.optim import SGD, Optimizer

from ratecraft.training.observing.listening import hear_calls, hear_passes, listen


class Ear:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def backward(self, tensors: Any) -> None:
        self.heard.append("backward")

    def scaled(self, loss: torch.Tensor, result: torch.Tensor) -> None:
        self.heard.append(f"scaled {float(result.detach() / loss.detach()):g}")

    def scaler_stepped(self, optimizer: Optimizer) -> None:
        self.heard.append("stepped")

    def clipped(self, limit: float, norm: torch.Tensor) -> None:
        self.heard.append(f"clipped {limit:g} {float(norm):g}")


def test_every_way_is_heard_and_does_what_it_does() -> None:
    ear, clip = Ear(), clip_grad.clip_grad_norm_  # held from before, as by a script's `from … import`
    end = listen(ear)
    weight = torch.nn.Parameter(torch.tensor([4.0]))
    scaler, optimizer = torch.amp.GradScaler("cpu", init_scale=2.0), SGD([weight], lr=0.1)
    scaler.scale((3 * weight).sum()).backward()
    scaler.unscale_(optimizer)
    assert float(clip([weight], 1.0)) == 3.0
    scaler.step(optimizer)
    end()
    assert ear.heard == ["scaled 2", "backward", "clipped 1 3", "stepped"]
    assert float(weight.detach()) == pytest.approx(3.9)


def test_a_scaler_that_is_off_is_not_heard() -> None:
    ear = Ear()
    end = listen(ear)
    torch.amp.GradScaler("cpu", enabled=False).scale(torch.ones(1))
    end()
    assert ear.heard == []


def test_the_last_listener_puts_back_what_the_first_one_replaced() -> None:
    before = torch.autograd.backward
    one, two = Ear(), Ear()
    ends = [listen(one), listen(two)]
    ends[0]()
    torch.nn.Parameter(torch.ones(1)).sum().backward()
    ends[0]()
    ends[1]()
    assert (one.heard, two.heard) == ([], ["backward"])
    assert torch.autograd.backward is before


def test_listeners_of_passes_and_of_all_may_leave_in_any_order() -> None:
    before, ear, heard = torch.autograd.backward, Ear(), list[bool]()
    for first in (0, 1):
        leave = [listen(ear), hear_passes(lambda tensors: heard.append(tensors is not None))]
        torch.nn.Parameter(torch.ones(1)).sum().backward()
        leave[first]()
        leave[1 - first]()
        assert torch.autograd.backward is before
    assert (ear.heard, heard) == (["backward"] * 2, [True, False] * 2)


def test_what_somebody_put_around_ours_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.autograd, "backward", torch.autograd.backward)  # puts it back after this test
    ear = Ear()
    end = listen(ear)
    ours = torch.autograd.backward

    def theirs(*args: Any, **kwargs: Any) -> None:
        ours(*args, **kwargs)

    torch.autograd.backward = theirs
    end()
    assert torch.autograd.backward is theirs
    torch.nn.Parameter(torch.ones(1)).sum().backward()
    assert ear.heard == []
    end = listen(ear)
    torch.nn.Parameter(torch.ones(1)).sum().backward()
    end()
    assert ear.heard == ["backward"]  # and not from ours within theirs as well


def test_a_pass_that_raises_is_over_too_so_that_the_next_one_is_known_as_such() -> None:
    heard = list[bool]()
    leave = hear_passes(lambda tensors: heard.append(tensors is not None))
    weight = torch.nn.Parameter(torch.ones(1))
    loss = weight.sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="does not require grad"):
        loss.detach().backward()
    leave()
    assert heard == [True, False, True, False]


def test_calls_of_modules_are_heard_by_several_and_the_last_to_leave_puts_torch_back() -> None:
    before, heard = torch.nn.Module.__call__, list[tuple[str, Any]]()
    layer = torch.nn.Linear(1, 1)
    leave = [hear_calls(lambda module, given, named, ear=ear: heard.append((ear, given))) for ear in "ab"]
    value = torch.ones(1)
    layer(value)
    leave[0]()
    leave[0]()
    layer(input=value)
    leave[1]()
    layer(value)
    assert heard == [("a", (value,)), ("b", (value,)), ("b", ())]
    assert torch.nn.Module.__call__ is before
