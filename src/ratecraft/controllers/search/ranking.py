"""Scores with the numbers of their trials, the best first: a value to which adding costs little however long it is.

Path:   scores of a rung, one by one -> `Ranking` -> who is among the best so many.
Units:  scores with smaller = better.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Ranked", "Ranking"]

Ranked: TypeAlias = tuple[float, int]
"""A score, and the number of the trial; of equal scores the earlier trial is the better one."""

_BLOCK = 128  # ranked together; a longer block becomes two


@dataclass(frozen=True, slots=True)
class Ranking:
    """A sorted sequence without repetitions, in blocks that later ones share.

    Attributes:
        blocks: None of them empty; each begins after the end of the one before.

    Example:
        >>> ranking = Ranking().having((0.5, 0)).having((0.25, 1))
        >>> [*ranking], ranking.place((0.5, 0)), len(ranking.without((0.25, 1)))
        ([(0.25, 1), (0.5, 0)], 1, 1)
    """

    blocks: tuple[tuple[Ranked, ...], ...] = ()

    def __len__(self) -> int:
        return sum(map(len, self.blocks))

    def __iter__(self) -> Iterator[Ranked]:
        for block in self.blocks:
            yield from block

    def place(self, mine: Ranked) -> int:
        """How many are better."""
        at = self._block(mine)
        return sum(map(len, self.blocks[:at])) + (bisect_left(self.blocks[at], mine) if self.blocks else 0)

    def having(self, mine: Ranked) -> "Ranking":
        """With one more."""
        at = self._block(mine)
        block = self.blocks[at] if self.blocks else ()
        place = bisect_left(block, mine)
        if block[place : place + 1] == (mine,):
            return self
        return self._with(at, (*block[:place], mine, *block[place:]))

    def without(self, mine: Ranked) -> "Ranking":
        """Without one, if it is there."""
        at = self._block(mine)
        block = self.blocks[at] if self.blocks else ()
        place = bisect_left(block, mine)
        if block[place : place + 1] != (mine,):
            return self
        return self._with(at, (*block[:place], *block[place + 1 :]))

    def _block(self, mine: Ranked) -> int:
        """The block in which it is, or would be."""
        at = bisect_left(self.blocks, mine, key=lambda block: block[-1])
        return min(at, max(0, len(self.blocks) - 1))

    def _with(self, at: int, block: tuple[Ranked, ...]) -> "Ranking":
        """With a block in the place of another."""
        half = len(block) // 2
        parts = (block[:half], block[half:]) if len(block) > _BLOCK else (block,) if block else ()
        return Ranking((*self.blocks[:at], *parts, *self.blocks[at + 1 :]))
