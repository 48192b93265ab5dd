"""What a loss is, read off the operation that made it: among how many classes it decides.

Path:   a loss that reaches `backward` -> its graph, of which nothing saved is touched -> a fact of the run.
"""

from typing import Any

import torch

__all__ = ["classes_of"]

_CROSS_ENTROPY = ("NllLossBackward0", "NllLoss2DBackward0")
_MEAN = 1  # torch's own number for the reduction


def classes_of(loss: torch.Tensor) -> int | None:
    """Classes of a cross-entropy that is a mean over its batch, also of one that is divided for accumulation.

    None for every other loss: of a sum, or with a term beside it, guessing costs something else.

    Example:
        >>> scores = torch.zeros(4, 10, requires_grad=True)
        >>> classes_of(torch.nn.functional.cross_entropy(scores, torch.zeros(4, dtype=torch.long)) / 2)
        10
    """
    node: Any = loss.grad_fn
    while node is not None and node.name() == "DivBackward0" and node.next_functions[1][0] is None:
        node = node.next_functions[0][0]
    if node is None or node.name() not in _CROSS_ENTROPY or node._saved_reduction != _MEAN:  # noqa: SLF001
        return None
    made_by, output = node.next_functions[0]
    shape = made_by._input_metadata[output].shape  # noqa: SLF001 - of what it made, as its gradient has it
    return int(shape[min(1, len(shape) - 1)])
