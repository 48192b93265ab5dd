"""A mapping that is a value, and costs the same however large it has grown.

Path:   events of a study -> one more version of what they come to, for controllers and drivers.
Source: H. Baker, "Shallow binding makes functional arrays fast", SIGPLAN Notices 26 (1991).

A study of ten thousand jobs has as many versions of its state. All of them share one dictionary, which is as the
version that was last asked for sees it; every other version knows the one difference to its neighbour. A version that
is looked at again takes the dictionary over, step by step; only who tries out what would come next does so. So looking
changes what is shared: all versions belong to one thread.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

__all__ = ["Versioned"]

Key = TypeVar("Key")
Value = TypeVar("Value")

_NONE: Any = object()


class Versioned(Mapping[Key, Value], Generic[Key, Value]):
    """One version of a growing mapping. Keys keep the order in which they came; there is no taking away.

    Example:
        >>> empty = Versioned[str, int]()
        >>> one = empty.having("a", 1)
        >>> two = one.having("b", 2).having("a", 3)
        >>> dict(two), dict(one), dict(empty)
        ({'a': 3, 'b': 2}, {'a': 1}, {})
    """

    __slots__ = ("difference", "table")

    table: dict[Key, Value]
    """The shared dictionary; as this version sees it where there is no difference."""
    difference: "tuple[Versioned[Key, Value], Key, Any] | None"
    """The neighbour that is nearer to the dictionary, and what a key is here unlike there."""

    def __init__(self) -> None:
        self.table, self.difference = {}, None

    def having(self, key: Key, value: Value) -> "Versioned[Key, Value]":
        """The next version, in which a key has this value."""
        table = self._seen()
        later: Versioned[Key, Value] = Versioned()
        later.table, self.difference = table, (later, key, table.get(key, _NONE))
        table[key] = value
        return later

    def __getitem__(self, key: Key) -> Value:
        return self._seen()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._seen()

    def __iter__(self) -> Iterator[Key]:
        return iter(self._seen())

    def __len__(self) -> int:
        return len(self._seen())

    def _seen(self) -> dict[Key, Value]:
        """The shared dictionary as this version sees it."""
        way: list[tuple[Versioned[Key, Value], Versioned[Key, Value], Key, Any]] = []
        version = self
        while version.difference is not None:
            way.append((version, *version.difference))
            version = version.difference[0]
        for mine, nearer, key, value in reversed(way):
            nearer.difference, mine.difference = (mine, key, self.table.get(key, _NONE)), None
            if value is _NONE:
                del self.table[key]
            else:
                self.table[key] = value
        return self.table
