"""A watch in a training loop of several processes: the first rank speaks, with what all of them see.

Path:   pieces of this rank's sensor, and its marks -> the board -> the first rank joins them (`one_voice`) -> a watch.

Every rank begins the watch. Those that did not by the time that the first one has made some steps are left out, which
is a fact of the run. The first rank reads what the others have put up when its own sensor tells something, and waits
for none of them while it trains.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import torch

from ratecraft.errors import InvalidInput
from ratecraft.records.storage.watched import PROCESSES_SEEN
from ratecraft.records.watching.observed import Fact, ObservedRun
from ratecraft.training.frameworks.processes import is_one_of_several
from ratecraft.training.observing.agreeing import Agreeing
from ratecraft.training.observing.each_rank.mark import without_marks
from ratecraft.training.observing.each_rank.marking import Marking
from ratecraft.training.observing.each_rank.unused import unused_by
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.wire import read_piece, written_piece
from ratecraft.training.ranks.board import Board
from ratecraft.training.ranks.one_voice import OneVoice

_ALL_BEGIN = timedelta(minutes=2)  # a guard: behind the same wrapper of their model they are seconds apart
_ALL_END = timedelta(seconds=10)  # for the last pieces of the others

_Take = Callable[[ObservedRun], None]


def among_ranks() -> "Among | None":
    """This process's part in a watch of all processes that train with it; None if it trains alone."""
    distributed: Any = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        ranks = distributed.get_world_size()
        return Among(distributed.get_rank(), ranks, Board.of_script()) if ranks > 1 else None
    if is_one_of_several(os.environ):  # it has not joined the others yet
        return Among(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), None)
    return None


class Among:
    """The part of one rank in a watch of all ranks.

    Args:
        rank: Its number.
        ranks: How many there are.
        board: The board of this watch; None if the ranks cannot leave notes for one another.

    Attributes:
        is_first: Whether this rank is the one that reports.
    """

    def __init__(self, rank: int, ranks: int, board: Board | None) -> None:
        self.is_first, self._rank, self._ranks, self._board = rank == 0, rank, ranks, board
        self._marking: Marking | None = None
        self._voice: _Voice | None = None
        self._take: _Take = lambda piece: None

    def agreeing(self, wait: timedelta = _ALL_BEGIN) -> Agreeing:
        """How a guard acts alike on all ranks.

        Args:
            wait: Wait for the other ranks to begin it too.

        Raises:
            InvalidInput: The ranks have not met yet (`guard-not-joined`), or not all of them begin a guard
                (`guard-all-processes`).
        """
        if self._board is None:
            raise InvalidInput("guard-not-joined", count=self._ranks)
        missing = self._board.missing(wait)
        if missing:
            raise InvalidInput("guard-all-processes", count=self._ranks, missing=", ".join(map(str, missing)))
        return Agreeing(self._board.exchange, self._board.leave)

    def follow(self, take: _Take, boundary: ErrorBoundary) -> _Take:
        """Take part from now on; returns what the pieces of this rank's sensor go to.

        Args:
            take: Called with the pieces for this rank: on the first rank those of all ranks, on others their own.
            boundary: Keeps errors of the watch from the training.
        """
        board = self._board
        if board is None:
            alone = {"processes": float(self._ranks), PROCESSES_SEEN: 1.0}
            self._take = _with_facts(take, alone) if self.is_first else take
        elif self.is_first:
            self._voice = _Voice(board, take)
            self._take = self._voice.take
        else:
            self._take = _posting(board, take)
        if board is not None:
            self._marking = Marking(self._know, self._ranks, boundary)
        return self._take

    def failed(self, error: BaseException) -> None:
        """The training has raised."""
        self._know(unused_by(error))

    def mark_end(self) -> None:
        """The training is over: report this rank's weights, before its sensor reports the rest."""
        if self._marking is not None:
            self._marking.close()

    def close(self, *, over: bool) -> None:
        """End this rank's part.

        Args:
            over: Whether the training came to its end; then the other ranks are waited for briefly.
        """
        if self._voice is not None:
            self._voice.end(_ALL_END if over else timedelta())
        elif self._board is not None:
            self._board.ends()

    def _know(self, facts: Mapping[str, Fact]) -> None:
        if facts:
            self._take(ObservedRun({}, "step", facts, "live"))


class _Voice:
    """What the first rank says for all.

    Args:
        board: Of the watch.
        take: Takes pieces of the one run.
    """

    def __init__(self, board: Board, take: _Take) -> None:
        self._board, self._taker = board, take
        self._joined = OneVoice(take, board.ranks)
        self._others, self._is_known = list(range(1, board.ranks)), False

    def take(self, piece: ObservedRun) -> None:
        """Take a piece of this rank, and what the others have posted."""
        if piece.series and not self._is_known:
            self._know_others()
        self._joined.take(0, piece)
        self._read()

    def end(self, wait: timedelta) -> None:
        """This rank has no more pieces."""
        if not self._is_known:
            self._know_others()
        if wait:
            self._board.wait_for_ends(self._others, wait)
        self._read()
        for rank in (*self._others, 0):
            self._joined.ended(rank)

    def _know_others(self) -> None:
        """Who does not watch is not waited for."""
        self._is_known = True
        missing = self._board.missing()
        for rank in missing:
            self._leave(rank)
        if missing:
            self._taker(ObservedRun({}, "step", {PROCESSES_SEEN: float(len(self._others) + 1)}, "live"))

    def _read(self) -> None:
        for rank in list(self._others):
            try:
                while (piece := self._board.taken(rank)) is not None:
                    self._joined.take(rank, read_piece(piece))
            except RuntimeError:  # the store is gone
                self._leave(rank)

    def _leave(self, rank: int) -> None:
        self._others.remove(rank)
        self._joined.ended(rank)


def _posting(board: Board, take: _Take) -> _Take:
    """For the first rank all of it; here without the marks."""

    def posted(piece: ObservedRun) -> None:
        board.post(written_piece(piece))
        take(replace(piece, facts=without_marks(piece.facts)))

    return posted


def _with_facts(take: _Take, facts: Mapping[str, Fact]) -> _Take:
    """The first piece has them too."""
    is_first = True

    def taken(piece: ObservedRun) -> None:
        nonlocal is_first
        known = {**facts, **piece.facts} if is_first else piece.facts
        is_first = False
        take(replace(piece, facts=known))

    return taken
