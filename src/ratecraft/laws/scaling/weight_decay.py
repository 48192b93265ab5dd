"""Over how many steps weight decay forgets, and how it keeps that when rate or batch change.

Path:   rate and weight decay -> a time in steps; a changed rate or batch -> the weight decay; called by recipes.
Units:  rates are what the optimizer receives; a time-scale is optimizer steps; a batch ratio is new over old.
Source: Wang & Aitchison 2024, "How to set AdamW's weight decay as you scale model and dataset size", arXiv 2405.13698:
        with decoupled decay λ the weights are an average over the last τ = 1/(ηλ) steps, and τ in epochs carries over.

At a constant rate a weight that gets no gradient falls to 1/e of itself in τ steps.
"""

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import positive_number


def time_scale(rate: float, decay: float, momentum: float = 0.0) -> float:
    """Steps over which the weights are averaged: (1 − momentum) / (rate · decay).

    Args:
        rate: The rate as the optimizer receives it.
        decay: Weight decay that the optimizer multiplies by the rate, as AdamW and SGD in PyTorch do.
        momentum: Momentum of SGD, where the decay passes through it; 0 for AdamW.

    Raises:
        InvalidInput: A rate or a decay that is not a finite number above 0, or a momentum that is not at least 0 and
            below 1.

    Example:
        >>> round(time_scale(rate=1e-3, decay=0.01))
        100000
    """
    if not 0 <= momentum < 1:
        raise InvalidInput("schedule-range", name="momentum", low=0, high=1, given=momentum)
    return (1 - momentum) / (positive_number("rate", rate) * positive_number("decay", decay))


def decay_of_time_scale(rate: float, steps: float) -> float:
    """The decoupled weight decay with a time scale of `steps` steps.

    Raises:
        InvalidInput: A rate or a number of steps that is not a finite number above 0.

    Example:
        >>> decay_of_time_scale(rate=1e-3, steps=10_000)
        0.1
    """
    return 1 / (positive_number("rate", rate) * positive_number("steps", steps))


def moved_decay(decay: float, rate_ratio: float, batch_ratio: float = 1.0) -> float:
    """The weight decay that keeps its time-scale in samples when the rate and the batch change.

    Args:
        decay: Weight decay that works at the old rate and batch.
        rate_ratio: New rate over old.
        batch_ratio: New batch size over old.

    Raises:
        InvalidInput: An argument that is not a finite number above 0.

    Example:
        >>> moved_decay(0.1, rate_ratio=2, batch_ratio=4)  # square root: the decay grows by the root as well
        0.2
    """
    moved = positive_number("decay", decay) * positive_number("batch_ratio", batch_ratio)
    return moved / positive_number("rate_ratio", rate_ratio)
