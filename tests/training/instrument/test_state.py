"""Mirrors training/instrument/state.py. How a run goes back to a copy is in test_course.py."""

import gc
import weakref
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim import SGD, Optimizer

from ratecraft.training.instrument.state import Copy, Model, living_modules, original, write


def always(optimizer: Optimizer) -> bool:
    return True


def found(*optimizers: Optimizer) -> Model:
    model = Model()
    for optimizer in optimizers:
        model.stepped_by(optimizer, always)
    return model


def is_one(model: Model, *modules: nn.Module) -> bool:
    return [id(each) for each in model.modules] == [id(each) for each in modules]


# ------------------------------------------------------------------ what the model is


def test_the_model_is_the_outermost_module_that_holds_what_is_trained() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    assert is_one(found(SGD(net[1].parameters(), lr=0.1)), net)


def test_a_module_that_is_not_trained_is_no_part_of_it() -> None:
    teacher, net = nn.Linear(2, 1), nn.Linear(2, 1)
    assert is_one(found(SGD(net.parameters(), lr=0.1)), net)
    assert teacher is not None


def test_of_a_compiled_module_the_original_is_meant() -> None:
    net = nn.Linear(2, 1)
    compiled = torch.compile(net, backend="eager")
    assert is_one(found(SGD(compiled.parameters(), lr=0.1)), net)
    assert original(compiled) is net is original(net)


def test_a_second_optimizer_brings_its_module_along() -> None:
    critic, maker = nn.Linear(2, 1), nn.Linear(1, 2)
    assert is_one(found(SGD(maker.parameters(), lr=0.1), SGD(critic.parameters(), lr=0.1)), maker, critic)


def test_an_optimizer_that_is_not_in_use_any_more_does_not_live_on() -> None:
    net = nn.Linear(2, 1)
    old = SGD(net.parameters(), lr=0.1)
    model = found(old)
    gone = weakref.ref(old)
    del old
    model.stepped_by(SGD(net.parameters(), lr=0.1), lambda each: False)
    gc.collect()
    assert gone() is None


def test_tensors_outside_modules_and_all_buffers_belong_to_the_state_each_once() -> None:
    net, free = nn.BatchNorm1d(2), nn.Parameter(torch.ones(3))
    tensors = found(SGD([*net.parameters(), free], lr=0.1)).tensors()
    expected = [net.weight, net.bias, net.running_mean, net.running_var, net.num_batches_tracked, free]
    assert [id(each) for each in tensors] == [id(each) for each in expected]


def test_a_module_that_is_only_half_made_is_passed_over() -> None:
    half = nn.Linear.__new__(nn.Linear)
    assert not any(each is half for each in living_modules())


# ------------------------------------------------------------------ broken weights


def test_masks_with_infinities_do_not_break_a_model() -> None:
    net = nn.Linear(2, 1)
    net.register_buffer("mask", torch.tensor([0.0, float("-inf")]))
    assert not found(SGD(net.parameters(), lr=0.1)).is_broken()


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), 1e30])
def test_weights_beyond_all_training_break_it(weight: float) -> None:
    net = nn.Linear(2, 1)
    nn.init.constant_(net.weight, weight)
    assert found(SGD(net.parameters(), lr=0.1)).is_broken()


# ------------------------------------------------------------------ copies


def test_the_rate_and_what_else_schedulers_write_does_not_go_back() -> None:
    optimizer = SGD(nn.Linear(2, 1).parameters(), lr=0.1, momentum=0.9)
    copy = Copy.take(found(optimizer))
    optimizer.param_groups[0].update(lr=0.05, momentum=0.8)
    copy.put_back()
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]) == (0.05, 0.8)


def test_what_an_optimizer_keeps_in_its_groups_goes_back() -> None:
    optimizer = SGD(nn.Linear(2, 1).parameters(), lr=0.1)
    optimizer.param_groups[0].update(d=1e-6, k=3)
    copy = Copy.take(found(optimizer))
    optimizer.param_groups[0].update(d=99.0, k=8)
    copy.put_back()
    assert (optimizer.param_groups[0]["d"], optimizer.param_groups[0]["k"]) == (1e-6, 3)


def test_a_scaler_s_scale_goes_back() -> None:
    model = found(SGD(nn.Linear(2, 1).parameters(), lr=0.1))
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    model.scalers.append(scaler)
    scaler.scale(torch.ones(1))
    copy = Copy.take(model)
    scaler.update(2.0)
    copy.put_back()
    assert scaler.get_scale() == 1024.0


def test_a_copy_can_be_put_back_twice() -> None:
    net = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    copy, weight = None, None
    for _ in range(2):
        net(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        if copy is None:
            copy, weight = Copy.take(found(optimizer)), net.weight.tolist()
    for _ in range(2):
        copy.put_back()
        assert net.weight.tolist() == weight
        assert optimizer.state[net.weight]["step"].item() == 1
        optimizer.step()


# ------------------------------------------------------------------ files


def test_two_modules_of_one_class_are_saved_under_two_names(tmp_path: Path) -> None:
    file = tmp_path / "models" / "job.pt"
    write(Model([nn.Linear(1, 1), nn.Linear(2, 1)]).states(), file)
    states = torch.load(file, weights_only=True)
    shapes = {name: tuple(state["weight"].shape) for name, state in states.items()}
    assert shapes == {"Linear": (1, 1), "Linear 2": (1, 2)}
    assert [path.name for path in file.parent.iterdir()] == ["job.pt"]


def test_tensors_outside_modules_are_saved_too(tmp_path: Path) -> None:
    free = nn.Parameter(torch.ones(3))
    write(found(SGD([free], lr=0.1)).states(), tmp_path / "job.pt")
    states = torch.load(tmp_path / "job.pt", weights_only=True)
    assert [each.tolist() for each in states["tensors outside modules"]] == [[1.0, 1.0, 1.0]]
