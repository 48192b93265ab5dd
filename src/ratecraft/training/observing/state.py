"""In what state weights and gradients are, as 0-d tensors on their device and as counts: nothing waits for it.

Path:   an optimizer before its first step, its gradients now and then -> readings.
Source: the scale of first weights: He et al. 2015 (1.4 by fan-in), Glorot & Bengio 2010 (1), torch's own 0.58.
        Gradients that are exactly 0 are those of units that no input reaches (AUTOTRAINER, ICSE 2021).
"""

import sys
from collections.abc import Iterable, Set

import torch
from torch import nn
from torch.optim import Optimizer

from ratecraft.training.instrument.loaded_weights import was_loaded
from ratecraft.training.instrument.sharding import own_part

_ENVIRONMENTS = ("gymnasium", "gym", "pettingzoo", "dm_env")


class FirstWeights:
    """The weights that training starts from, matrix by matrix, until it is known which of them are tables.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> first, last = nn.Linear(400, 400), nn.Linear(400, 400)
        >>> _ = nn.init.kaiming_normal_(first.weight)
        >>> weights = FirstWeights()
        >>> weights.read(torch.optim.SGD([*first.parameters(), *last.parameters()], lr=0.1))
        >>> count, scale = weights.without(set())
        >>> count, round(float(scale), 2)
        (2, 0.58)
    """

    def __init__(self) -> None:
        self._scales = dict[int, torch.Tensor]()

    def read(self, optimizer: Optimizer) -> None:
        """For each matrix of an optimizer, its standard deviation times the square root of its number of inputs."""
        matrices = [tensor for tensor in _trained(optimizer) if tensor.dim() >= 2 and tensor.is_floating_point()]
        parts = {
            id(matrix): (own_part(matrix.detach()), (matrix.numel() / len(matrix)) ** 0.5)
            for matrix in matrices
            if len(matrix)
        }
        same = {
            key: part for key, part in parts.items() if part[0].device == matrices[0].device and part[0].numel() > 1
        }
        self._scales = {key: _deviation(part) * root for key, (part, root) in same.items()}

    def without(self, tables: Set[int]) -> tuple[int, torch.Tensor]:
        """How many matrices there are but for tables, and the median over them, as a 0-d tensor; NaN of none.

        Matrices of a single repeated value do not count, such as the last one of a residual branch; 0 if there are no
        others.
        """
        scales = [scale for key, scale in self._scales.items() if key not in tables]
        if not scales:
            return 0, torch.tensor(torch.nan)
        every = torch.stack(scales)
        return len(scales), torch.where(every > 0, every, torch.nan).nanmedian().nan_to_num(0.0)


def tables_of(models: Iterable[nn.Module]) -> set[int]:
    """Ids of the weights that rows are looked up in: no sum over their rows is made, so that any size is right."""
    every = (module for model in models for module in model.modules())
    return {id(module.weight) for module in every if isinstance(module, nn.Embedding | nn.EmbeddingBag)}


def zero_share(optimizer: Optimizer) -> torch.Tensor | None:
    """The share of all entries of gradients that are exactly 0; None if there are none, or sparse ones."""
    gradients = [own_part(tensor.grad) for tensor in _trained(optimizer) if tensor.grad is not None]
    if not gradients or any(gradient.layout is not torch.strided for gradient in gradients):
        return None
    with torch.no_grad():
        others = torch.stack([gradient.count_nonzero().to(gradients[0].device) for gradient in gradients]).sum()
    return 1 - others / max(sum(gradient.numel() for gradient in gradients), 1)


def idle_values(optimizer: Optimizer) -> tuple[int, int]:
    """How many values are to be trained, and how many of these have no gradient."""
    trained = _trained(optimizer)
    return sum(weight.numel() for weight in trained), sum(weight.numel() for weight in trained if weight.grad is None)


def is_loaded(optimizer: Optimizer) -> bool:
    """Whether most of the weights that it trains were loaded from somewhere (`loaded_weights`)."""
    trained = _trained(optimizer)
    return 2 * sum(weight.numel() for weight in trained if was_loaded(weight)) > sum(
        weight.numel() for weight in trained
    )


def acts() -> bool:
    """Whether this process has environments that an agent acts in: what it learns from is of its own making."""
    return any(name in sys.modules for name in _ENVIRONMENTS)


def is_recurrent(model: nn.Module) -> bool:
    """Whether gradients go back through time in it."""
    return any(isinstance(module, nn.RNNBase | nn.RNNCellBase) for module in model.modules())


def _deviation(values: torch.Tensor) -> torch.Tensor:
    """Without a copy, but of the bytes of a type that torch does not calculate with."""
    return (values if values.element_size() > 1 else values.float()).std().float()


def _trained(optimizer: Optimizer) -> list[torch.Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"] if parameter.requires_grad]
