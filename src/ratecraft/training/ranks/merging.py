"""Merges the reports of the processes of one run: losses are means over all, figures are from any that reports them.

Path:   the listener of each rank -> here -> the listener of the run.
Units:  a step's loss is reported once every rank has reported its own.

The first rank is the voice. A figure of another rank counts only under a name that the first one never tells, and is
passed on where a passage ends, when that is known; where several tell it, it is that of the lowest.
"""

import math
import threading
from collections.abc import Mapping, Sequence

from ratecraft.records.job import Job
from ratecraft.records.outcome import Figure
from ratecraft.records.running import Listener, SeriesBlock
from ratecraft.records.storage.series import pack, unpack
from ratecraft.records.watching.observed import Fact
from ratecraft.training.observing.each_rank.mark import without_marks
from ratecraft.training.ranks.comparing import Comparing

_OF_ALL = ("loss", "frozen_loss")
"""Series of which each rank has its own; of all others the first rank's stands for all."""


class Merged:
    """Joins the reports of the ranks; called from one thread per rank.

    Args:
        listener: Listener of the run.
        ranks: Number of ranks.

    Attributes:
        differences: Facts of the run: where its ranks part.
    """

    def __init__(self, listener: Listener, ranks: int) -> None:
        self._listener, self._ranks = listener, ranks
        self._comparing, self.differences = Comparing(ranks), dict[str, Fact]()
        self._waiting: Mapping[str, list[list[float]]] = {name: [[] for _ in range(ranks)] for name in _OF_ALL}
        self._told: dict[str, int] = {}
        self._spoken, self._held = set[str](), list[tuple[int, Figure]]()
        self._lock = threading.Lock()

    @property
    def job(self) -> Job:
        """The job that the run performs."""
        return self._listener.job

    def block(self, rank: int, block: SeriesBlock) -> None:
        """A rank reported a part of a series."""
        with self._lock:
            if block.name not in self._waiting:
                if rank == 0:
                    self._listener.block(block)
                return
            waiting = self._waiting[block.name]
            first = self._told.setdefault(block.name, block.first)
            waiting[rank] += unpack(block.values)
            count = min(map(len, waiting))
            if count:
                means = [mean_loss(values) for values in zip(*(losses[:count] for losses in waiting), strict=True)]
                for losses in waiting:
                    del losses[:count]
                self._told[block.name] = first + count
                self._listener.block(SeriesBlock(block.name, first, pack(means)))

    def figure(self, rank: int, figure: Figure) -> None:
        """A rank reported a figure."""
        with self._lock:
            if rank:
                self._held.append((rank, figure))
            else:
                self._spoken.add(figure.name)
                self._listener.figure(figure)

    def marked(self, rank: int, facts: Mapping[str, Fact]) -> None:
        """A rank told what it is like, or a fact that one rank knows by itself."""
        with self._lock:
            self.differences |= (without_marks(facts) if rank == 0 else {}) | self._comparing.take(rank, facts)

    def line(self, text: str) -> None:
        """A rank printed a line."""
        with self._lock:
            self._listener.line(text)

    def passage_ends(self) -> None:
        """Pass on the figures that the first rank does not report itself."""
        with self._lock:
            held, self._held = self._held, []
            for name in dict.fromkeys(figure.name for _, figure in held):
                if name in self._spoken:
                    continue
                lowest = min(rank for rank, figure in held if figure.name == name)
                for rank, figure in held:
                    if rank == lowest and figure.name == name:
                        self._listener.figure(figure)


class RankListener:
    """The listener of one rank.

    Args:
        merged: Receives its reports.
        rank: Number of the rank.
    """

    def __init__(self, merged: Merged, rank: int) -> None:
        self._merged, self._rank = merged, rank

    @property
    def job(self) -> Job:
        """The job that the run performs."""
        return self._merged.job

    def block(self, block: SeriesBlock) -> None:
        """Take some more values of a series."""
        self._merged.block(self._rank, block)

    def figure(self, figure: Figure) -> None:
        """Take a figure."""
        self._merged.figure(self._rank, figure)

    def line(self, text: str) -> None:
        """Take a line that the script printed."""
        self._merged.line(text)


def mean_loss(values: Sequence[float]) -> float:
    """The mean over ranks; if all values are equal, as when the ranks agreed on them, exactly that value.

    Example:
        >>> mean_loss((0.1, 0.1, 0.1)), mean_loss((1.0, 3.0))
        (0.1, 2.0)
    """
    return values[0] if all(value == values[0] for value in values) else math.fsum(values) / len(values)
