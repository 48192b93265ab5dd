"""Mirrors training/hosting/treatments.py; that branches and replays are treated alike is told by the conformance."""

import math

import pytest
import torch
from torch import nn

from ratecraft.errors import InvalidInput
from ratecraft.records.treatment import MEASURED, SAME_BATCH, STANDARDISED, clipped, rested
from ratecraft.training.hosting.treatments import Treating


def treating(name: str) -> Treating:
    found = Treating()
    found.enter(name)
    return found


def optimizer_of(*gradients: list[float]) -> torch.optim.SGD:
    parameters = [nn.Parameter(torch.zeros(len(values))) for values in gradients]
    for parameter, values in zip(parameters, gradients, strict=True):
        parameter.grad = torch.tensor(values)
    return torch.optim.SGD(parameters, lr=0.1)


def gradients_of(optimizer: torch.optim.Optimizer) -> list[list[float]]:
    return [parameter.grad.tolist() for group in optimizer.param_groups for parameter in group["params"]]


def test_a_long_gradient_is_scaled_down_as_a_whole_and_a_short_one_left_alone() -> None:
    long, short = optimizer_of([3.0], [4.0]), optimizer_of([0.3], [0.4])
    clip = treating(clipped(1.0))
    for optimizer in (long, short):
        assert not clip.treat(optimizer, 0)
    assert [round(value, 5) for (value,) in gradients_of(long)] == [0.6, 0.8]
    assert gradients_of(short) == gradients_of(optimizer_of([0.3], [0.4]))


def test_without_a_treatment_nothing_is_touched() -> None:
    optimizer = optimizer_of([3.0])
    assert not treating("").treat(optimizer, 0)
    assert gradients_of(optimizer) == [[3.0]]


def test_inputs_are_standardised_after_the_first_step_whose_gradient_is_nothing() -> None:
    torch.manual_seed(0)
    inputs, model = 100 + 50 * torch.randn(64, 3), nn.Identity()
    standard, optimizer = treating(STANDARDISED), optimizer_of([3.0])
    standard.hook([model])
    assert model(inputs) is inputs
    assert standard.treat(optimizer, 7)
    assert gradients_of(optimizer) == [[0.0]]
    seen = model(inputs)
    assert torch.allclose(seen.mean(0), torch.zeros(3), atol=1e-5)
    assert torch.allclose(seen.std(0, correction=0), torch.ones(3), atol=1e-4)
    assert torch.allclose(model(inputs + 50), seen + 50 / inputs.std(0, correction=0), atol=1e-3)  # by the first batch
    other = optimizer_of([3.0])
    standard.treat(other, 8)
    assert gradients_of(other) == [[3.0]]


def test_a_batch_is_repeated_from_the_first_that_is_read_after_its_beginning_whose_gradient_is_nothing() -> None:
    one, optimizer = treating(rested(2, SAME_BATCH)), optimizer_of([3.0])
    for step in range(2):
        one.treat(optimizer, step)
        assert one.batch([torch.tensor([float(step)])]) == [torch.tensor([float(step)])]
    assert gradients_of(optimizer) == [[3.0]]
    one.treat(optimizer, 2)
    assert gradients_of(optimizer) == [[0.0]]
    assert [one.batch([torch.tensor([float(value)])])[0].item() for value in (7, 8, 9)] == [7.0, 7.0, 7.0]
    other = optimizer_of([3.0])
    one.treat(other, 3)
    assert gradients_of(other) == [[3.0]]


def test_what_a_script_does_to_a_repeated_batch_does_not_change_the_next_copy() -> None:
    one = treating(SAME_BATCH)
    one.treat(optimizer_of([1.0]), 0)
    first = one.batch({"x": torch.ones(2)})
    first["x"].zero_()
    assert one.batch({"x": torch.zeros(2)})["x"].tolist() == [1.0, 1.0]


def test_a_branch_repeats_the_batch_of_the_run_that_it_leaves_and_another_treatment_none() -> None:
    one = treating(SAME_BATCH)
    one.treat(optimizer_of([1.0]), 0)
    one.batch(torch.tensor([1.0]))
    assert one.twin().batch(torch.tensor([2.0])).item() == 1.0
    one.enter("")
    one.treat(optimizer_of([1.0]), 1)
    assert one.batch(torch.tensor([2.0])).item() == 2.0


def test_channels_of_images_are_standardised_each_by_itself_and_a_constant_one_stays_finite() -> None:
    images = torch.stack([torch.full((8, 5, 5), 3.0), 1000 * torch.rand(8, 5, 5)], 1)
    standard, model = treating(STANDARDISED), nn.Identity()
    standard.hook([model])
    standard.treat(optimizer_of([1.0]), 0)
    seen = model(images)
    assert seen[:, 0].abs().max() == 0
    assert seen[:, 1].std() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("given", [torch.arange(6).reshape(2, 3), torch.tensor([1.0, 2.0])])
def test_what_has_no_scale_is_left_as_it_is(given: torch.Tensor) -> None:
    standard, model = treating(STANDARDISED), nn.Identity()
    standard.hook([model])
    standard.treat(optimizer_of([1.0]), 0)
    assert model(given) is given


def test_hooks_are_gone_after_a_run_has_acted() -> None:
    standard, model, inputs = treating(STANDARDISED), nn.Identity(), torch.tensor([[1.0], [3.0]])
    with standard.over([model]):
        standard.treat(optimizer_of([1.0]), 0)
        assert model(inputs).tolist() == [[-1.0], [1.0]]
    assert model(inputs) is inputs


def test_norms_are_told_one_a_step_over_all_optimizers_of_it() -> None:
    measured = treating(MEASURED)
    for optimizer in (optimizer_of([3.0]), optimizer_of([4.0])):
        measured.treat(optimizer, 0)
    none = optimizer_of([0.0])
    none.param_groups[0]["params"][0].grad = None
    measured.treat(none, 1)
    norms = measured.read()
    assert norms[0] == 5.0
    assert math.isnan(norms[1])
    assert measured.read() == []


def test_a_measured_run_hears_what_its_layers_are_given_in_its_second_step_alone() -> None:
    measured, layer = treating(MEASURED), nn.Linear(2, 1)
    optimizer, call = torch.optim.SGD(layer.parameters(), lr=0.1), nn.Module.__call__
    for step, batch in enumerate(([[1.0, 1.0], [1.0, 1.0]], [[0.0, 200.0], [0.0, 200.0]], [[7.0, 7.0], [7.0, 7.0]])):
        layer(torch.tensor(batch)).sum().backward()
        measured.treat(optimizer, step)
        assert (nn.Module.__call__ is call) == (step > 0)
    assert measured.inputs == pytest.approx((100.0, 115.47), rel=1e-4)
    assert treating(clipped(1.0)).inputs is None


def test_what_is_heard_ends_with_the_advance() -> None:
    measured, layer, call = treating(MEASURED), nn.Linear(2, 1), nn.Module.__call__
    with measured.over([layer]):
        measured.treat(torch.optim.SGD(layer.parameters(), lr=0.1), 0)
        assert nn.Module.__call__ is not call
    assert nn.Module.__call__ is call


def test_a_measured_run_of_a_script_is_watched_as_well_until_it_has_told_what_was_seen() -> None:
    measured, layer, backward = Treating(watches=True), nn.Linear(2, 1), torch.autograd.backward
    measured.enter(MEASURED)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    for _ in range(6):  # and no gradient is ever cleared
        layer(torch.ones(4, 2)).square().mean().backward()
        optimizer.step()
    seen = measured.seen
    assert (seen["optimizer"], seen["parameters_left_out"], seen["steps_never_cleared"]) == ("SGD", 0.0, 5.0)
    assert seen["weight_scale"] > 0
    assert torch.autograd.backward is backward
    assert treating(MEASURED).seen == {}


def test_a_branch_has_a_treatment_of_its_own() -> None:
    trunk = treating(STANDARDISED)
    trunk.treat(optimizer_of([1.0]), 0)
    branch = trunk.twin()
    branch.enter(clipped(1.0))
    assert (trunk.name, branch.name, branch.clips) == (STANDARDISED, "clip=1.0", True)


def test_there_is_no_treatment_of_another_name() -> None:
    with pytest.raises(InvalidInput, match=r"There is no treatment `bleeding`."):
        treating("bleeding")


OPTIMIZERS = {
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.1, fused=True),
    "adagrad": lambda parameters: torch.optim.Adagrad(parameters, lr=0.1),  # whose state is there from the start
    "rmsprop": lambda parameters: torch.optim.RMSprop(parameters, lr=0.1),
}


def steps_of(name: str, *, rest: int) -> list[list[float]]:
    """Three steps after a rest, through which other gradients come."""
    parameter = nn.Parameter(torch.zeros(2))
    optimizer, treated = OPTIMIZERS[name]([parameter]), treating(rested(rest))
    places: list[list[float]] = []
    for step in range(rest + 3):
        is_at_rest = step < rest
        optimizer.param_groups[0]["lr"] = 0.0 if is_at_rest else 0.1
        parameter.grad = torch.tensor([30.0, -7.0] if is_at_rest else [1.0, 2.0 * step - 2.0 * rest])
        treated.treat(optimizer, step)
        optimizer.step()
        places.append(parameter.tolist())
    return places[rest:]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_after_a_rest_an_optimizer_begins_as_if_there_had_been_none(name: str) -> None:
    assert steps_of(name, rest=5) == steps_of(name, rest=0)
