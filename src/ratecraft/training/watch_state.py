"""In what state weights and gradients are, as 0-d tensors on their device and as counts: nothing waits for it.

Path:   an optimizer before its first step, its gradients now and then -> readings.
Source: the scale of first weights: He et al. 2015 (1.4 by fan-in), Glorot & Bengio 2010 (1), torch's own 0.58.
        Gradients that are exactly 0 are those of units that no input reaches (AUTOTRAINER, ICSE 2021).
"""

import torch
from torch import nn
from torch.optim import Optimizer

from ratecraft.training.loaded_weights import was_loaded

__all__ = ["idle_values", "is_loaded", "is_recurrent", "weight_scale", "zero_share"]


def weight_scale(optimizer: Optimizer) -> torch.Tensor | None:
    """The deviation of a matrix times the root of its inputs, the median over matrices; None without any.

    Matrices of one value are not among them, as at the end of a branch that begins silent; 0 if there are no others.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> layer = nn.Linear(400, 400)
        >>> _ = nn.init.kaiming_normal_(layer.weight)
        >>> round(float(weight_scale(torch.optim.SGD(layer.parameters(), lr=0.1))), 1)
        1.4
    """
    matrices = [each.detach() for each in _trained(optimizer) if each.dim() >= 2 and each.is_floating_point()]
    same = [each for each in matrices if each.device == matrices[0].device and each.numel() > 1]
    if not same:
        return None
    scales = torch.stack([_deviation(each) * (each.numel() / len(each)) ** 0.5 for each in same])
    return torch.where(scales > 0, scales, torch.nan).nanmedian().nan_to_num(0.0)


def zero_share(optimizer: Optimizer) -> torch.Tensor | None:
    """The share of all entries of gradients that are exactly 0; None where there are none, or sparse ones."""
    gradients = [each.grad for each in _trained(optimizer) if each.grad is not None]
    if not gradients or any(each.layout is not torch.strided for each in gradients):
        return None
    with torch.no_grad():
        others = torch.stack([each.count_nonzero().to(gradients[0].device) for each in gradients]).sum()
    return 1 - others / max(sum(each.numel() for each in gradients), 1)


def idle_values(optimizer: Optimizer) -> tuple[int, int]:
    """How many values are to be trained, and how many of these have no gradient."""
    trained = _trained(optimizer)
    return sum(each.numel() for each in trained), sum(each.numel() for each in trained if each.grad is None)


def is_loaded(optimizer: Optimizer) -> bool:
    """Whether most of what it trains was loaded from somewhere (`loaded_weights`)."""
    trained = _trained(optimizer)
    return 2 * sum(each.numel() for each in trained if was_loaded(each)) > sum(each.numel() for each in trained)


def is_recurrent(model: nn.Module) -> bool:
    """Whether gradients go back through time in it."""
    return any(isinstance(each, nn.RNNBase | nn.RNNCellBase) for each in model.modules())


def _deviation(values: torch.Tensor) -> torch.Tensor:
    """Without a copy, but of the bytes of a type that torch does not calculate with."""
    return (values if values.element_size() > 1 else values.float()).std().float()


def _trained(optimizer: Optimizer) -> list[torch.Tensor]:
    return [each for group in optimizer.param_groups for each in group["params"] if each.requires_grad]
