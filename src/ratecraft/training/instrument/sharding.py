"""Models whose weights are spread over the processes of a run, so that none of them holds the whole (FSDP).

Path:   a module of the script -> whether one process could save it, its whole state; a tensor -> the part that this
        process holds, or the whole.

To gather such weights takes all processes at once, at the same place among the script's own collectives: within
`Optimizer.step` of the same step.
"""

import zlib
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

_OLDER = "FullyShardedDataParallel"


def is_sharded(module: nn.Module) -> bool:
    """Whether the module's state can only be gathered by all processes together.

    Example:
        >>> is_sharded(nn.Linear(2, 2))
        False
    """
    if any(type(part).__name__ == _OLDER for part in module.modules()):
        return True
    return any(hasattr(tensor, "full_tensor") for tensor in module.parameters())


def is_split(tensor: torch.Tensor) -> bool:
    """Whether each process holds a different part of a tensor, and no part is held twice (FSDP over all processes).

    Example:
        >>> is_split(torch.ones(2))
        False
    """
    whole: Any = tensor
    if not hasattr(whole, "full_tensor"):
        return False
    ranks = torch.distributed.get_world_size()
    return whole.device_mesh.size() == ranks and all(placement.is_shard() for placement in whole.placements)


def class_name(module: nn.Module) -> str:
    """Name of a module's class as the script knows it, without FSDP's replacement.

    Example:
        >>> class_name(nn.Linear(2, 2))
        'Linear'
    """
    kind: Any = type(module)
    if kind.__name__ == _OLDER:
        whole: Any = module
        return class_name(whole.module)
    bases = kind.__bases__
    return bases[1].__name__ if len(bases) > 1 and bases[0].__name__ == "FSDPModule" else kind.__name__


def layout_sum(modules: Iterable[nn.Module]) -> int:
    """A checksum that is equal on all ranks if each holds a part of the same model, rather than a model of its own.

    Example:
        >>> layout_sum([nn.Linear(2, 2)]) == layout_sum([nn.Linear(2, 2)]) != layout_sum([nn.BatchNorm1d(2)])
        True
    """
    names = [
        (name, tuple(tensor.shape) if hasattr(tensor, "full_tensor") else ())
        for module in modules
        for name, tensor in (*module.named_parameters(), *module.named_buffers())
    ]
    return zlib.crc32(repr(names).encode())


def whole_state(module: nn.Module) -> dict[str, Any]:
    """The state of a sharded module in unsharded form, on the CPU; empty on all ranks but the first.

    Every rank must call it at the same place. Errors of torch are raised on all ranks or on the first.
    """
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    return get_model_state_dict(module, options=StateDictOptions(full_state_dict=True, cpu_offload=True))


def whole_tensor(tensor: torch.Tensor) -> torch.Tensor:
    """A whole tensor; if it is sharded, every rank must ask at the same place.

    Example:
        >>> whole_tensor(torch.ones(2))
        tensor([1., 1.])
    """
    whole: Any = tensor
    return whole.full_tensor().cpu() if hasattr(whole, "full_tensor") else tensor


def own_part(tensor: torch.Tensor) -> torch.Tensor:
    """The part of a tensor that this process holds: all of it, unless it is sharded.

    Example:
        >>> own_part(torch.ones(2))
        tensor([1., 1.])
    """
    whole: Any = tensor
    return whole.to_local() if hasattr(whole, "full_tensor") else tensor
