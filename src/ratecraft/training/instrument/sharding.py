"""Models whose weights are spread over the processes of a run: none of them alone holds the whole (FSDP).

Path:   a module of the script -> whether one process could save it; a tensor -> the part that this process holds.

To gather such weights takes all processes at once, and a figure is told by one of them, between two steps: their state
is not saved, which is told, and nothing of ours asks for it.
"""

from typing import Any

import torch
from torch import nn

__all__ = ["is_sharded", "is_split", "own_part"]


def is_sharded(module: nn.Module) -> bool:
    """Whether its state could only be gathered by all processes together.

    Example:
        >>> is_sharded(nn.Linear(2, 2))
        False
    """
    if any(type(part).__name__ == "FullyShardedDataParallel" for part in module.modules()):
        return True
    return any(hasattr(tensor, "full_tensor") for tensor in module.parameters())


def is_split(tensor: torch.Tensor) -> bool:
    """Whether each process of a run holds another part of a tensor, and no part is held twice (FSDP over all of them).

    Example:
        >>> is_split(torch.ones(2))
        False
    """
    whole: Any = tensor
    if not hasattr(whole, "full_tensor"):
        return False
    ranks = torch.distributed.get_world_size()
    return whole.device_mesh.size() == ranks and all(placement.is_shard() for placement in whole.placements)


def own_part(tensor: torch.Tensor) -> torch.Tensor:
    """The part of a tensor that this process holds: all of it, unless it is sharded.

    Example:
        >>> own_part(torch.ones(2))
        tensor([1., 1.])
    """
    whole: Any = tensor
    return whole.to_local() if hasattr(whole, "full_tensor") else tensor
