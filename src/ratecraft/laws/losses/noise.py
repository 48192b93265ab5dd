"""How much of a score is noise, and by how much two scores must differ to count as different.

Path:   losses of frozen batches -> noise sd of a score -> margins and intervals; called by controllers.
Units:  losses and scores in the unit of the metric.
Source: docs/reference/tuner.md, "Margins": they are max(1 % of |best|, measured noise), so that accuracies, negative
        and near-zero losses work.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BLOCKS = 8  # as many as the fewest frozen steps that score a probe


def margin(best: float, share: float, noise: float | None) -> float:
    """By how much a score must be worse than the best to be clearly worse.

    Args:
        best: The best score.
        share: Share of its size that counts as a difference.
        noise: Standard deviation of the noise of one score; None if it was not measured.

    Example:
        >>> margin(-2.0, 0.01, None), margin(0.0, 0.01, 0.003)
        (0.02, 0.003)
    """
    return max(share * abs(best), noise or 0.0)


def paired_noise(rows: Sequence[Sequence[float]]) -> float | None:
    """Noise sd of one mean, from several runs that saw the same batches.

    Hard batches are hard for every run, so what all runs share at a batch says nothing about their order. It is taken
    out (a two-way table without its row and column means); what is left is the noise that can change the order.

    Args:
        rows: One row of losses a run, the same batches in every row. Long rows are averaged into eight blocks, within
            which neighbours may depend on each other.

    Returns:
        None where fewer than two rows of the same two or more finite losses are at hand.

    Example:
        >>> paired_noise([[1.0, 3.0, 2.0], [2.0, 4.0, 3.0]])  # one batch order, shifted: no noise
        0.0
        >>> paired_noise([[1.0, 3.0]]) is None
        True
    """
    lengths = {len(row) for row in rows}
    if len(rows) < 2 or len(lengths) != 1 or min(lengths) < 2:
        return None
    table = np.array([_block_means(row) for row in rows], dtype=np.float64)
    if not np.isfinite(table).all():
        return None
    left_over = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    runs, blocks = table.shape
    variance = float(np.sum(left_over**2)) / ((runs - 1) * (blocks - 1))
    return math.sqrt(variance / blocks)


def _block_means(losses: Sequence[float]) -> NDArray[np.float64]:
    """Means of at most eight blocks of neighbours, of equal length (a remainder at the beginning is left out)."""
    blocks = min(_BLOCKS, len(losses))
    length = len(losses) // blocks
    return np.asarray(losses, dtype=np.float64)[-blocks * length :].reshape(blocks, length).mean(axis=1)
