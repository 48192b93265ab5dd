"""Mirrors training/instrument/sharding.py: weights that are spread over processes are known as such."""

from collections.abc import Iterator

import pytest
import torch
from torch import distributed, nn
from torch.distributed.fsdp import fully_shard

from ratecraft.training.instrument.sharding import is_sharded, is_split, layout_sum, own_part
from ratecraft.training.instrument.state import Model


@pytest.fixture(autouse=True)
def group() -> Iterator[None]:
    """This process alone, as one that trains with others."""
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def test_a_module_of_fsdp_is_sharded_and_no_other_is() -> None:
    net = nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 1))
    assert not is_sharded(net)
    assert not is_sharded(nn.parallel.DistributedDataParallel(net))
    mesh = distributed.init_device_mesh("cpu", (1,))
    fully_shard(net[1], mesh=mesh)
    assert is_sharded(net)
    assert torch.equal(own_part(net[1].weight), net[1].weight.full_tensor())


def test_a_tensor_is_split_unless_a_part_of_it_is_held_twice() -> None:
    whole, split, held_twice = nn.Linear(4, 2), nn.Linear(4, 2), nn.Linear(4, 2)
    fully_shard(split, mesh=distributed.init_device_mesh("cpu", (1,)))
    mesh = distributed.init_device_mesh("cpu", (1, 1), mesh_dim_names=("copies", "parts"))
    fully_shard(held_twice, mesh=mesh)
    assert [is_split(net.weight) for net in (whole, split, held_twice)] == [False, True, False]


def test_the_state_of_a_sharded_model_is_that_of_the_model_that_is_not() -> None:
    net, plain = nn.Linear(4, 1), nn.Linear(4, 1)
    plain.load_state_dict(net.state_dict())
    fully_shard(net, mesh=distributed.init_device_mesh("cpu", (1,)))
    model = Model([net], [torch.optim.SGD(net.parameters(), lr=0.1)])
    states = model.states()
    assert list(states) == ["Linear"]
    plain.load_state_dict(states["Linear"])
    assert not model.is_broken()


def test_ranks_that_hold_parts_of_one_model_have_one_layout_and_stages_of_a_pipeline_have_others() -> None:
    first, second = nn.Linear(4, 2), nn.Linear(2, 1)
    for stage in (first, second):
        fully_shard(stage, mesh=distributed.init_device_mesh("cpu", (1,)))
    assert layout_sum([first]) == layout_sum([first])
    assert layout_sum([first]) != layout_sum([second])
