"""Reads what a loss is off its graph: how many classes it decides among, and where it was computed.

Path:   a loss that reaches `backward` -> the end of its graph, of which no tensor of the script's is touched -> facts.
"""

import sys
from pathlib import Path
from typing import Any

import torch

from ratecraft.laws.losses.micro_batches import Origin

_CROSS_ENTROPY = ("NllLossBackward0", "NllLoss2DBackward0")
_BINARY = ("BinaryCrossEntropyBackward0", "BinaryCrossEntropyWithLogitsBackward0")
_MEAN = 1  # torch's own number for the reduction
_SCALING = ("DivBackward0", "MulBackward0")
_OPERATIONS = 2  # that tell one loss from another: more would tell a batch without targets from one that has some
_PASSED = (str(Path(torch.__file__).parent), str(Path(__file__).parents[2]))


def classes_of(loss: torch.Tensor) -> int | None:
    """Classes of a cross-entropy that is a mean over its batch, also of one that is divided for accumulation.

    None for every other loss: for a sum, or with an added term, the loss of guessing is a different one.

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


def choices_of(loss: torch.Tensor) -> int | None:
    """Classes of a cross-entropy as for `classes_of`, or the two of a binary one; None for every other loss."""
    is_binary = loss.grad_fn is not None and loss.grad_fn.name() in _BINARY
    return 2 if is_binary else classes_of(loss)


def origin_of(loss: torch.Tensor) -> Origin:
    """The last operation of a loss, the constant factor on it, and the caller of `backward`.

    Example:
        >>> loss = torch.ones(3, requires_grad=True).mean()
        >>> origin_of(loss / 4).share, origin_of(loss / 4).made == origin_of(loss).made
        (0.25, True)
    """
    node: Any = loss.grad_fn
    share = None if node is None else _constant_of(node)
    if share is not None:
        node = _before(node)
    made: list[str] = []
    while node is not None and len(made) < _OPERATIONS:
        made.append(node.name())
        node = _before(node)
    return Origin(tuple(made), _caller(), 1.0 if share is None else share)


def _before(node: Any) -> Any:
    return next((function for function, _ in node.next_functions if function is not None), None)


def _constant_of(node: Any) -> float | None:
    """What the operation multiplies by, where that is one number that is not on a device: no step waits for one."""
    name = node.name()
    if name not in _SCALING or all(function is not None for function, _ in node.next_functions):
        return None
    is_first = node.next_functions[0][0] is not None
    if name == "DivBackward0" and not is_first:
        return None
    constant = node._saved_other if is_first else node._saved_self  # noqa: SLF001
    if not isinstance(constant, torch.Tensor) or constant.numel() != 1 or constant.device.type != "cpu":
        return None
    value = float(constant)
    if name == "MulBackward0":
        return value
    return 1 / value if value else None


def _caller() -> tuple[object, int]:
    """The place in the script that called `backward`, outside torch and ratecraft."""
    frame = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PASSED):
        frame = frame.f_back
    return frame.f_code, frame.f_lasti
