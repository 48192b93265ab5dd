"""Sizes of gradients and updates, as 0-d tensors on their device: nothing waits for it, nothing is drawn or changed.

Path:   an optimizer just before and just after a step -> norms and ratios -> readings.
Source: the update of a step over the weights, as root mean squares, the median over weight matrices
        (docs/reference/findings.md, S03); weight decay is part of it here. The effective rate of Adagrad: 1212.5701.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import Optimizer

from ratecraft.training.instrument.sharding import own_part

_MOST_TENSORS = 16  # of a group, spread evenly: the ratio is a median over them
_MOST_VALUES = 4096  # of a tensor, by rows


def tensors_of(optimizer: Optimizer) -> int:
    """How many parameters an optimizer has, which is what a norm costs."""
    return sum(len(group["params"]) for group in optimizer.param_groups)


def gradient_norm(optimizer: Optimizer) -> torch.Tensor | None:
    """The norm of all gradients of an optimizer; None if there are none, or sparse ones.

    Of sharded ones it is that of the parts here. Under a scaler a fused optimizer divides by the scale itself: here
    that is done as well.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(2))
        >>> weight.grad = torch.tensor([3.0, 4.0])
        >>> gradient_norm(torch.optim.SGD([weight], lr=0.1))
        tensor(5.)
    """
    gradients = [
        own_part(parameter.grad)
        for group in optimizer.param_groups
        for parameter in group["params"]
        if parameter.grad is not None
    ]
    if not gradients or any(gradient.layout is not torch.strided for gradient in gradients):
        return None
    with torch.no_grad():
        norm = torch.nn.utils.get_total_norm(gradients)
        scale = getattr(optimizer, "grad_scale", None)
        return norm if scale is None else norm / scale.to(norm.device)


def together(norms: Sequence[torch.Tensor]) -> torch.Tensor:
    """The norm of several parts of a model together.

    Example:
        >>> together([torch.tensor(3.0), torch.tensor(4.0)])
        tensor(5.)
    """
    return torch.stack([norm.float() for norm in norms]).square().sum().sqrt()


@dataclass(frozen=True)
class Updates:
    """Weights of an optimizer as they were just before a step: some rows of some matrices of each group."""

    groups: Sequence[tuple[Sequence[torch.Tensor], Sequence[torch.Tensor]]]
    """Views of the weights, and copies of these, group by group."""

    @staticmethod
    def before(optimizer: Optimizer) -> "Updates":
        """Copy what is needed."""
        views = [_views(group["params"]) for group in optimizer.param_groups]
        return Updates([(tensor, [view.clone() for view in tensor]) for tensor in views])

    def ratios(self) -> list[torch.Tensor | None]:
        """After the step: its size over that of the weights, the median over matrices; None for a group without any."""
        with torch.no_grad():
            return [_ratio(views, copies) if views else None for views, copies in self.groups]


def effective_rate(optimizer: Optimizer, index: int) -> torch.Tensor | None:
    """The median rate of single weights in a group of Adagrad; None for other optimizers, and before the first step."""
    group = optimizer.param_groups[index]
    sums = [
        optimizer.state[parameter]["sum"]
        for parameter in _spread(group["params"])
        if "sum" in optimizer.state.get(parameter, {})
    ]
    if not sums or not isinstance(optimizer, torch.optim.Adagrad):
        return None
    with torch.no_grad():
        roots = torch.cat([_rows(own_part(total)).reshape(-1) for total in sums]).sqrt()
        return group["lr"] / (roots.median() + group["eps"])


def _ratio(views: Sequence[torch.Tensor], copies: Sequence[torch.Tensor]) -> torch.Tensor:
    moved: Any = torch._foreach_sub(views, copies)  # noqa: SLF001  # pyright: ignore
    sizes: Any = torch._foreach_norm([*moved, *copies])  # noqa: SLF001  # pyright: ignore
    each = torch.stack([size.float() for size in sizes])
    return (each[: len(views)] / each[len(views) :]).nanmedian()  # all weights 0: no ratio


def _views(parameters: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    able = [
        parameter
        for parameter in parameters
        if parameter.grad is not None and parameter.dim() >= 2 and parameter.is_floating_point()
    ]
    device = able[0].device if able else None
    return [
        _rows(own_part(parameter.detach()))
        for parameter in _spread([parameter for parameter in able if parameter.device == device])
    ]


def _spread(tensors: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
    """A limited number of them, spread evenly."""
    return tensors[:: -(-len(tensors) // _MOST_TENSORS) or 1]


def _rows(tensor: torch.Tensor) -> torch.Tensor:
    """Evenly spaced rows of a tensor, as a view whatever its memory layout."""
    return tensor[:: -(-tensor.numel() // _MOST_VALUES)] if tensor.dim() and tensor.numel() else tensor
