"""How far a batch has moved the buffers of a model: one unlike all others spoils running statistics, not weights alone.

Path:   buffers before each update -> by how much the one that grew most has grown -> the guard's reading.
Units:  shares of the largest value that the same buffer had before; 1 means no larger.
"""

from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass
class Buffers:
    """Keeps the largest value that each buffer of a model has had so far.

    Example:
        >>> layer, buffers = torch.nn.BatchNorm1d(1), Buffers()
        >>> buffers.growth([layer.running_var]) is None
        True
        >>> _ = layer(torch.tensor([[0.0], [1e4]]))
        >>> float(buffers.growth([layer.running_var])) > 1e5
        True
    """

    _tensors: list[torch.Tensor] = field(default_factory=list[torch.Tensor])
    _largest: torch.Tensor | None = None
    _before: torch.Tensor | None = None

    @torch.no_grad()
    def growth(self, tensors: list[torch.Tensor]) -> torch.Tensor | None:
        """The largest growth of any buffer beyond its previous maximum, as a 0-d tensor; None at the first call.

        Infinite if a buffer has become NaN. One that always was, such as an attention mask, does not count.

        Args:
            tensors: The current buffers; integer ones don't count.
        """
        tensors = [tensor for tensor in tensors if tensor.is_floating_point() and tensor.numel()]
        if len(tensors) != len(self._tensors) or any(a is not b for a, b in zip(tensors, self._tensors, strict=True)):
            self._tensors, self._largest = tensors, None
        if not tensors:
            return None
        norms: Any = torch._foreach_norm(tensors, float("inf"))  # noqa: SLF001  # pyright: ignore
        if len({(norm.device, norm.dtype) for norm in norms}) > 1:
            norms = [norm.to(tensors[0].device, torch.float32) for norm in norms]
        sizes = torch.stack(list(norms)).nan_to_num(float("inf"), posinf=float("inf"))
        before = self._before = self._largest
        if before is None:
            self._largest = sizes
            return None
        self._largest = torch.maximum(before, sizes)
        counts = (before > 0) & (before < float("inf"))
        return torch.where(counts, sizes / before, 1.0).max()

    def forget(self) -> None:
        """Forget the last reading, since the buffers were restored."""
        self._largest = self._before
