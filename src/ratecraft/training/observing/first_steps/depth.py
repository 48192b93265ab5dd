"""How the gradients of a deep model shrink from its last layers to its first ones.

Path:   gradients just before the first steps -> norms of the first, the middle and the last matrix -> two facts.

Layers that squash what they pass on, as a row of sigmoids does, make each gradient a fraction of the one behind it.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch.optim import Optimizer

_FEWEST = 6  # matrices in a row
_FROM = 2  # steps: layers that begin at 0 on purpose let nothing through at the first one


class Depth:
    """Reads gradients at the first steps of the optimizer with the most matrices; waits for no device."""

    def __init__(self) -> None:
        self._layers, self._steps = 0, 0
        self._shares: torch.Tensor | None = None

    def stepping(self, optimizer: Optimizer) -> None:
        """An optimizer is about to step."""
        gradients = list(_gradients(optimizer))
        if len(gradients) < max(_FEWEST, self._layers):
            return
        if len(gradients) > self._layers:
            self._layers, self._steps, self._shares = len(gradients), 0, None
        self._steps += 1
        if self._steps < _FROM:
            return
        with torch.no_grad():
            chosen = (gradients[0], gradients[len(gradients) // 2], gradients[-1])
            first, middle, last = (gradient.float().norm() for gradient in chosen)
            shares = torch.stack([first / middle, middle / last]).nan_to_num(nan=1.0)
        self._shares = shares if self._shares is None else torch.maximum(self._shares, shares)

    def facts(self) -> dict[str, float | torch.Tensor]:
        """The largest shares that were seen; empty for a model of a few layers."""
        if self._shares is None:
            return {}
        front, back = self._shares.unbind()
        return {"gradient_front": front, "gradient_back": back, "gradient_layers": float(self._layers)}


def _gradients(optimizer: Optimizer) -> Iterator[Any]:
    """Those of all matrices, in the order of the parameters, on one device; none where any is no plain tensor."""
    parameters = [each for group in optimizer.param_groups for each in group["params"] if each.dim() > 1]
    found = [each.grad for each in parameters if each.grad is not None]
    is_plain = all(type(each) is torch.Tensor and each.layout is torch.strided for each in found)
    if is_plain and len({each.device for each in found}) == 1:
        yield from found
