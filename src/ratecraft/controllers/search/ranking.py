"""Scores with the numbers of their trials, the best first, as a value to which adding is cheap at any length.

Path:   scores of a rung, one by one -> `Ranking` -> the trials among the best.
Units:  scores with smaller = better.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Ranked: TypeAlias = tuple[float, int]
"""A score, and the number of the trial; of equal scores the earlier trial is the better one."""

_BLOCK = 128  # scores in one block; a longer block is split in two


@dataclass(frozen=True, slots=True)
class Ranking:
    """A sorted sequence without repetitions, kept in blocks that later versions share.

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
        """How many entries are better."""
        at = self._block(mine)
        return sum(map(len, self.blocks[:at])) + (bisect_left(self.blocks[at], mine) if self.blocks else 0)

    def having(self, mine: Ranked) -> "Ranking":
        """The ranking with one more entry."""
        at = self._block(mine)
        block = self.blocks[at] if self.blocks else ()
        place = bisect_left(block, mine)
        if block[place : place + 1] == (mine,):
            return self
        return self._with(at, (*block[:place], mine, *block[place:]))

    def without(self, mine: Ranked) -> "Ranking":
        """The ranking without an entry, if it holds it."""
        at = self._block(mine)
        block = self.blocks[at] if self.blocks else ()
        place = bisect_left(block, mine)
        if block[place : place + 1] != (mine,):
            return self
        return self._with(at, (*block[:place], *block[place + 1 :]))

    def _block(self, mine: Ranked) -> int:
        """The block that holds the entry, or would."""
        at = bisect_left(self.blocks, mine, key=lambda block: block[-1])
        return min(at, max(0, len(self.blocks) - 1))

    def _with(self, at: int, block: tuple[Ranked, ...]) -> "Ranking":
        """The ranking with a block replaced."""
        half = len(block) // 2
        parts = (block[:half], block[half:]) if len(block) > _BLOCK else (block,) if block else ()
        return Ranking((*self.blocks[:at], *parts, *self.blocks[at + 1 :]))
