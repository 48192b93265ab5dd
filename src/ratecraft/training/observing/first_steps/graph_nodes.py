"""Operations of a loss's graph: what one was given, beyond those that move numbers and change none."""

from typing import Any

SHAPES = frozenset(
    f"{name}Backward0"
    for name in (
        *("View", "UnsafeView", "ReshapeAlias", "Transpose", "Permute", "ToCopy", "Squeeze", "Unsqueeze", "Clone", "T"),
        *("Slice", "Select", "Index", "Alias", "Contiguous"),
    )
) | {"SqueezeBackward1", "SqueezeBackward2"}
"""Operations that move numbers and change none."""
CROSS_ENTROPY = frozenset({"NllLossBackward0", "NllLoss2DBackward0"})
DISTANCES = frozenset({"MseLossBackward0", "SmoothL1LossBackward0", "HuberLossBackward0"})


def given_to(node: Any) -> Any:
    """The operation that made what this one is given first, beyond those that move numbers only; None for data."""
    given = node.next_functions[0][0]
    while given is not None and given.name() in SHAPES:
        given = given.next_functions[0][0]
    return given


def classes_at(node: Any) -> int:
    """Over how many values a softmax, or its logarithm, is taken."""
    dimension = node._saved_dim  # noqa: SLF001 - torch shows a negative one as a number without sign
    return int(node._input_metadata[0].shape[dimension - 2**64 if dimension >= 2**63 else dimension])  # noqa: SLF001
