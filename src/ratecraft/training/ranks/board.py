"""Notes that the ranks of one training leave for one another, where a launcher of the user's has started them.

Path:   the store at which the script's processes have met (`init_process_group`) -> rows of a guard, pieces of a watch.

Nothing here is a collective, so nothing comes between those of the script: a rank puts up its note and goes on, and one
that needs a note of another waits for that alone. A rank that leaves puts that up as well, so nobody waits for it.
"""

import itertools
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import torch

_LONGEST_WAIT = timedelta(minutes=30)  # one rank may evaluate meanwhile; torch's own groups wait as long
_MOST_UNREAD = 256  # pieces; beyond them the first rank has long stopped to read

_numbers = itertools.count()  # of the watches of this process, which all ranks begin in the same order


class Board:
    """The board of one watch.

    Args:
        store: The store through which the processes have met.
        rank: Number of this process.
        ranks: How many there are.
        number: Number of the watch, the same on all ranks.
    """

    def __init__(self, store: Any, rank: int, ranks: int, number: int = 0) -> None:
        self.rank, self.ranks = rank, ranks
        self._store, self._prefix = store, f"ratecraft/{number}"
        self._rows = self._posted = 0
        self._taken = dict.fromkeys(range(ranks), 0)
        self._put("here", str(rank))

    @staticmethod
    def of_script() -> "Board | None":
        """A board for the next watch of this process; None if its group has no store, as with MPI."""
        distributed: Any = torch.distributed
        try:
            store = distributed.distributed_c10d._get_default_store()  # noqa: SLF001
            with suppress(NotImplementedError, RuntimeError):  # a connection of its own: ours may wait long
                store = store.clone()
            return Board(store, distributed.get_rank(), distributed.get_world_size(), next(_numbers))
        except (AttributeError, RuntimeError, ValueError):
            return None

    def missing(self, wait: timedelta = timedelta()) -> list[int]:
        """Ranks that have not begun this watch within this time."""
        keys = [self._key("here", str(rank)) for rank in range(self.ranks)]
        if wait:
            with suppress(RuntimeError):
                self._store.wait(keys, wait)
        return [rank for rank, key in enumerate(keys) if not self._store.check([key])]

    # ------------------------------------------------------------------ rows of a guard

    def exchange(self, values: Sequence[float]) -> list[list[float]]:
        """The rows of all ranks, in order; waits for those of the others.

        Raises:
            RuntimeError: Another rank did not come here in time, or the store is gone.
        """
        self._rows += 1
        self._put("row", str(self._rows), str(self.rank), value=_written(values))
        keys = [self._key("row", str(self._rows), str(rank)) for rank in range(self.ranks)]
        self._store.wait(keys, _LONGEST_WAIT)
        rows = [_read(self._store.get(key)) for key in keys]
        if self._rows > 2:  # all have read it: each has put up the row after it
            self._store.delete_key(self._key("row", str(self._rows - 2), str(self.rank)))
        return rows

    def leave(self, values: Sequence[float]) -> None:
        """Post a last row instead of the next one, for ranks that will wait for it; does not wait."""
        with suppress(RuntimeError):
            self._put("row", str(self._rows + 1), str(self.rank), value=_written(values))

    # ------------------------------------------------------------------ pieces for the first rank

    def post(self, piece: bytes) -> None:
        """Post a piece, unless nobody reads it."""
        with suppress(RuntimeError):  # whoever kept the store is gone
            unread = self._key("piece", str(self._posted - _MOST_UNREAD), str(self.rank))
            if self._posted < _MOST_UNREAD or not self._store.check([unread]):
                self._put("piece", str(self._posted), str(self.rank), value=piece.decode())
                self._posted += 1

    def ends(self) -> None:
        """This rank posts no more."""
        with suppress(RuntimeError):
            self._put("end", str(self.rank))

    def taken(self, rank: int) -> bytes | None:
        """The next piece of a rank; None if there is none yet.

        Raises:
            RuntimeError: The store is gone.
        """
        key = self._key("piece", str(self._taken[rank]), str(rank))
        if not self._store.check([key]):
            return None
        piece = self._store.get(key)
        self._store.delete_key(key)
        self._taken[rank] += 1
        return piece

    def wait_for_ends(self, ranks: Sequence[int], wait: timedelta) -> None:
        """Wait until these ranks post no more, up to a limit."""
        if ranks:
            with suppress(RuntimeError):
                self._store.wait([self._key("end", str(rank)) for rank in ranks], wait)

    def _key(self, *names: str) -> str:
        return "/".join((self._prefix, *names))

    def _put(self, *names: str, value: str = "1") -> None:
        self._store.set(self._key(*names), value)


def _written(values: Sequence[float]) -> str:
    return " ".join(map(repr, values))


def _read(row: bytes) -> list[float]:
    return [float(value) for value in row.decode().split()]
