"""A schedule built block by block: appending a block, and removing the last one.

Path:   an expression and a block -> the expression with it.
Units:  lengths below 1 are shares of the run.
"""

from collections.abc import Mapping

from ratecraft.schedules.language.text import parse
from ratecraft.schedules.trees.nodes import Affine, Schedule, Seq

BLOCKS: Mapping[str, str] = {
    "warm-up": "warmup(0.1)",
    "hold": "constant(1, 0.4)",
    "cosine": "cosine(1, 0, 0.4)",
    "linear": "linear(1, 0, 0.3)",
    "tenth": "constant(0.1, 0.2)",
    "restarts": "cosine_restarts(0.2, cycles=2)",
}
"""Name of a block to the part it adds. Each part has a length, so that another can follow and it can be removed."""


def appended(expression: str, block: str) -> str:
    """The expression with one more block at its end, under the same peak.

    Args:
        expression: The expression so far; may be empty.
        block: The expression of the block.

    Raises:
        InvalidInput: One of them is not an expression, or the last part takes the rest of the run already.

    Example:
        >>> appended("0.1 * warmup(0.1)", "linear(1, 0, 0.3)")
        '0.1 * (warmup(0.1) >> linear(1, 0, 0.3))'
    """
    added = parse(block)
    if not expression.strip():
        return repr(added)
    peak, inner = _peeled(parse(expression))
    return repr(_covered(peak, inner >> added))


def without_last(expression: str) -> str:
    """The expression without its last block; empty if it was the only one.

    Args:
        expression: Any expression.

    Raises:
        InvalidInput: It is not an expression.

    Example:
        >>> without_last("0.1 * (warmup(0.1) >> linear(1, 0, 0.3))")
        '0.1 * warmup(0.1)'
    """
    peak, inner = _peeled(parse(expression))
    if not isinstance(inner, Seq):
        return ""
    first, *others = inner.parts[:-1]
    shorter = first
    for other in others:
        shorter = shorter >> other
    return repr(_covered(peak, shorter))


def _peeled(schedule: Schedule) -> tuple[float | None, Schedule]:
    """The leading factor, and the schedule that it multiplies."""
    if isinstance(schedule, Affine) and schedule.shift == 0:
        return schedule.scale, schedule.inner
    return None, schedule


def _covered(peak: float | None, inner: Schedule) -> Schedule:
    return inner if peak is None else peak * inner
