"""What one of several processes says of itself at a backward pass, to be held against what the others say.

Path:   a rank, at a few backward passes -> `Mark` as JSON among the facts of its piece -> `ranks.comparing`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ratecraft.records.storage.codec import from_plain, to_plain
from ratecraft.records.watching.observed import Fact

END = "end"
"""In the place of the number of a pass: the training is over."""

_PREFIX = "rank_mark/"

Sharing: TypeAlias = Literal["common", "none", "spread"]
"""How the weights of the ranks belong together: gradients are averaged over all ranks; nothing is exchanged at all; in
a way in which they may rightly differ (shards, stages of a pipeline, experts, weights averaged now and then)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A summary of some weights of a rank.

    Attributes:
        values: Number of values.
        shapes: Checksum of their shapes; different shapes mean a different model.
        size: Sum of the squares of those that were sampled.
        sketch: Sums of them under fixed signs: the squares of the differences of two sketches add up to about the
            squared distance of the weights.
        limit: Share of the root of `size` below which a distance is rounding.
    """

    values: int = 0
    shapes: int = 0
    size: float = 0.0
    sketch: tuple[float, ...] = ()
    limit: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A rank's report on itself at one backward pass.

    Attributes:
        passes: Backward passes begun.
        steps: Steps that its optimizers have made.
        sharing: How its weights relate to those of the other ranks.
        common: Weights whose gradients are averaged over the ranks; read at some marks only, as `beside`.
        beside: Weights trained here without averaging.
        divides: Whether each rank should have data of its own.
        data: Checksum of the batches that this pass is made of; None where none was heard, or its numbers tell nothing.
        loss: Loss at which the pass begins, if no batch was seen.
    """

    passes: int
    steps: int
    sharing: Sharing = "spread"
    common: Part = Part()
    beside: Part = Part()
    divides: bool = False
    data: int | None = None
    loss: float | None = None


def marked(mark: Mark, *, is_last: bool = False) -> dict[str, Fact]:
    """The mark in the form of a fact."""
    return {f"{_PREFIX}{END if is_last else mark.passes}": json.dumps(to_plain(mark))}


def marks_in(facts: Mapping[str, Fact]) -> dict[str, Mark]:
    """The marks among the facts of a rank: by the number of the pass, or `END`.

    Example:
        >>> marks_in({**marked(Mark(8, 7)), "clip": 1.0})["8"].steps
        7
    """
    return {
        name.removeprefix(_PREFIX): from_plain(Mark, json.loads(str(told)))
        for name, told in facts.items()
        if name.startswith(_PREFIX)
    }


def without_marks(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts that are not marks."""
    return {name: value for name, value in facts.items() if not name.startswith(_PREFIX)}
