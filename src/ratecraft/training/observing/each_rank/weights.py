"""Which weights of a rank are to be the same on all ranks, and what they are like.

Path:   DistributedDataParallel, gradients that are summed by hand, FSDP -> `Sharing`; parameters -> `Part`.

Only what must be the same is called so. Shards, stages of a pipeline, experts, weights under a communication hook of
the script's own or in a group of some ranks, and weights that are exchanged themselves may rightly differ.
"""

import sys
import weakref
import zlib
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from ratecraft.training.instrument.losses import transferred
from ratecraft.training.instrument.sharding import is_sharded
from ratecraft.training.instrument.state import living_modules
from ratecraft.training.observing.each_rank.collectives import Collectives
from ratecraft.training.observing.each_rank.mark import Part, Sharing

_MOST_VALUES = 4096  # of a parameter, spread evenly
_SLOTS = 16
_JOINED = 3  # steps after which sums as long as all gradients are these, and no average of weights now and then
_INSPECTED = 8  # steps whose gradients show which weights are trained
_ROUNDING = 1e-4  # the sum over a sample in single precision is good to 1e-6
_ROUNDINGS = 8.0  # of the coarsest type, where that is more
_ELSEWHERE = ("deepspeed", "horovod.torch", "hivemind", "colossalai", "bagua", "megatron")
"""Libraries that exchange weights or gradients in ways of their own."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """The weights of this rank, by their relation to those of the other ranks."""

    sharing: Sharing
    common: Sequence[nn.Parameter] = ()
    beside: Sequence[nn.Parameter] = ()
    divides: bool = False


class Weights:
    """Knows the optimizers of a rank, and which of their gradients the script averages by hand.

    Args:
        collectives: What the script exchanges itself.
        ranks: How many processes there are.
    """

    def __init__(self, collectives: Collectives, ranks: int) -> None:
        self._collectives, self._ranks = collectives, ranks
        self._optimizers = WeakKeyDictionary[Optimizer, int]()
        self._steps = self._joined = 0
        self._by_hand, self._used = set[int](), set[int]()
        self._wrappers = list["weakref.ref[nn.Module]"]()
        self._looked_at: frozenset[int] | None = None

    def made(self, optimizer: Optimizer) -> None:
        """An optimizer is made."""
        self._optimizers.setdefault(optimizer, len(self._optimizers))

    def wrapped(self, module: nn.Module) -> None:
        """A wrapper that averages gradients was made, perhaps around a model already in training."""
        self._wrappers.append(weakref.ref(module))
        self._looked_at = None

    def stepping(self, optimizer: Optimizer) -> None:
        """An optimizer is about to step, whose gradients may have been summed over the ranks, one by one or joined."""
        self.made(optimizer)
        self._steps += 1
        summed, is_early = self._collectives.summed, self._steps <= _INSPECTED
        if not summed and not is_early:
            return
        held = [(tensor, tensor.grad) for tensor in _held(optimizer) if tensor.grad is not None]
        if is_early:
            self._used |= {id(tensor) for tensor, _ in held}
        matched = [tensor for tensor, gradient in held if summed.get(_address(gradient)) == gradient.numel()]
        if not matched and self._are_joined(held):
            self._joined += 1
            matched = [tensor for tensor, _ in held] if self._joined >= _JOINED else []
        self._by_hand |= {id(tensor) for tensor in matched}
        self._collectives.stepped(averaged=bool(matched) or 0 < self._joined == self._steps)

    def _are_joined(self, held: "Sequence[tuple[nn.Parameter, torch.Tensor]]") -> bool:
        """Whether what was summed is as long as all gradients, before every step so far, and is none of the weights."""
        summed = self._collectives.summed
        length = sum(gradient.numel() for _, gradient in held)
        is_as_long = length > 0 and length in (*summed.values(), sum(summed.values()))
        return is_as_long and self._joined == self._steps - 1 and not any(_address(each) in summed for each, _ in held)

    def belonging(self) -> Belonging:
        """As they are now."""
        trained = {id(tensor): tensor for optimizer in self._in_order() for tensor in _held(optimizer)}
        wrappers = [module for module in self._wrappers_of(frozenset(trained)) if _holds_any(module, trained)]
        if any(name in sys.modules for name in _ELSEWHERE):
            return Belonging("spread")
        if any(hasattr(tensor, "full_tensor") for tensor in trained.values()) or any(map(is_sharded, wrappers)):
            return Belonging("spread", divides=self._is_data_parallel(wrappers, list(trained.values())))
        averaging = [module for module in wrappers if isinstance(module, DistributedDataParallel)]
        if not all(map(self._is_plain, averaging)):
            return Belonging("spread")
        wrapped = {id(tensor): tensor for wrapper in averaging for _, tensor in averaged_by(wrapper)}
        common = wrapped | {key: tensor for key, tensor in trained.items() if key in self._by_hand}
        beside = {key: tensor for key, tensor in trained.items() if key in self._used and key not in common}
        most = max((tensor.numel() for tensor in (*common.values(), *beside.values())), default=0)
        if self._collectives.largest >= max(most, 2):
            return Belonging("spread", divides=bool(common))
        if self._collectives.between_stages:
            beside = {}
        if common:
            return Belonging("common", list(common.values()), list(beside.values()), divides=True)
        return Belonging("none" if beside else "spread", beside=list(beside.values()))

    def _wrappers_of(self, trained: frozenset[int]) -> list[nn.Module]:
        """Modules that join ranks; all of this process are searched, which is dear, for weights of none of them."""
        living = [module for each in self._wrappers if (module := each()) is not None]
        if trained == self._looked_at:
            return living
        self._looked_at = trained
        known = {id(tensor) for module in living for tensor in module.parameters()}
        if not known or not trained <= known:
            living = [module for module in living_modules() if _joins_ranks(module)]
            self._wrappers = [weakref.ref(module) for module in living]
        return living

    def _in_order(self) -> list[Optimizer]:
        return [optimizer for optimizer, _ in sorted(self._optimizers.items(), key=lambda made: made[1])]

    def _is_plain(self, wrapper: Any) -> bool:
        """Whether it averages over all ranks, in the usual way."""
        return wrapper.process_group.size() == self._ranks and not wrapper._comm_hooks  # noqa: SLF001

    def _is_data_parallel(self, modules: Sequence[nn.Module], trained: Sequence[Any]) -> bool:
        """Whether shards are those of FSDP over all ranks, each of which has data of its own."""
        older: list[Any] = [module for module in modules if type(module).__name__ == "FullyShardedDataParallel"]
        sharded = [tensor for tensor in trained if hasattr(tensor, "full_tensor")]
        if older:
            return not sharded and all(module.process_group.size() == self._ranks for module in older)
        return any(map(_is_fully_sharded, modules)) and all(
            tensor.device_mesh.ndim == 1 and tensor.device_mesh.size() == self._ranks for tensor in sharded
        )


def part_of(parameters: Sequence[nn.Parameter]) -> Part:
    """The summary of some weights; waits for their device.

    Example:
        >>> part_of([nn.Parameter(torch.ones(3))]).values
        3
    """
    if not parameters:
        return Part()
    signs = torch.arange(_MOST_VALUES, dtype=torch.float32).cos() * 2**0.5
    with torch.no_grad():
        read = [
            each
            for parameter in parameters
            for sample in (_sample(parameter),)
            for each in ((sample * signs[: len(sample)].to(sample.device)).sum(), sample.square().sum())
        ]
        values = transferred(read)
    sketch = [0.0] * _SLOTS
    for place, value in enumerate(values[::2]):
        sketch[place % _SLOTS] += value * (-1) ** (place // _SLOTS)
    coarsest = max(torch.finfo(each.dtype).eps if each.is_floating_point() else 0.0 for each in parameters)
    limit = max(_ROUNDING, _ROUNDINGS * coarsest)
    count = sum(each.numel() for each in parameters)
    shapes = zlib.crc32(repr([tuple(each.shape) for each in parameters]).encode())
    return Part(count, shapes, sum(values[1::2]), tuple(sketch), limit)


def _sample(parameter: torch.Tensor) -> torch.Tensor:
    plain = parameter.detach()
    plain = torch.view_as_real(plain) if plain.is_complex() else plain
    return plain.reshape(-1)[:: -(-plain.numel() // _MOST_VALUES) or 1].float()


def _joins_ranks(module: nn.Module) -> bool:
    is_older = type(module).__name__ == "FullyShardedDataParallel"
    return is_older or isinstance(module, DistributedDataParallel) or _is_fully_sharded(module)


def _holds_any(module: nn.Module, trained: Container[int]) -> bool:
    """Whether it holds weights that are trained, as long as it is known which are; others tell nothing of them."""
    return not trained or any(id(tensor) in trained for tensor in module.parameters())


def _is_fully_sharded(module: nn.Module) -> bool:
    return any(base.__name__ == "FSDPModule" for base in type(module).__mro__)


def _held(optimizer: Optimizer) -> Iterator[nn.Parameter]:
    for group in optimizer.param_groups:
        yield from (tensor for tensor in group["params"] if tensor.requires_grad)


def _address(tensor: torch.Tensor) -> int:
    return tensor.data_ptr() if tensor.layout is torch.strided else -1


def averaged_by(wrapper: Any) -> list[tuple[str, nn.Parameter]]:
    """The parameters whose gradients a DistributedDataParallel averages, with their names, in its order."""
    ignored: Container[str] = wrapper.parameters_to_ignore
    module: nn.Module = wrapper.module
    return [pair for pair in module.named_parameters() if pair[1].requires_grad and pair[0] not in ignored]
