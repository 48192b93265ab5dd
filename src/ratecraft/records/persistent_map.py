"""A mapping that is a value, and costs nearly the same however large it has grown.

Path:   events of a study -> the next version of a state, for controllers, drivers and screens.

A study of ten thousand jobs has as many versions of its state. A version is a tuple of blocks of values, and one that
follows it shares all blocks but one. Where the value of a key stands is the same in every version: it is looked up in
one table that only grows. A version knows how much of that table is its own, so that what came later is not there for
it. Versions can be read in any thread; they are made in one.
"""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

_BLOCK = 64  # values: a version costs one block, and a reference for each of the others


class PersistentMap(Mapping[Key, Value], Generic[Key, Value]):
    """One version of a growing mapping. Keys keep the order in which they came; there is no taking away.

    Example:
        >>> empty = PersistentMap[str, int]()
        >>> one = empty.with_item("a", 1)
        >>> two = one.with_item("b", 2).with_item("a", 3)
        >>> dict(two), dict(one), dict(empty)
        ({'a': 3, 'b': 2}, {'a': 1}, {})
    """

    __slots__ = ("_blocks", "_count", "_keys", "_places")

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._places: dict[Key, int] = {}
        self._blocks: tuple[tuple[Value, ...], ...] = ()
        self._count = 0

    def with_item(self, key: Key, value: Value) -> "PersistentMap[Key, Value]":
        """The next version, in which a key has this value."""
        later: PersistentMap[Key, Value] = PersistentMap()
        later._keys, later._places, later._count = self._keys, self._places, self._count
        place = self._place(key)
        if place is None:
            place = later._placed(key)
        block, within = divmod(place, _BLOCK)
        values = self._blocks[block] if block < len(self._blocks) else ()
        changed = (*values[:within], value, *values[within + 1 :])
        later._blocks = (*self._blocks[:block], changed, *self._blocks[block + 1 :])
        return later

    def __getitem__(self, key: Key) -> Value:
        place = self._place(key)
        if place is None:
            raise KeyError(key)
        return self._blocks[place // _BLOCK][place % _BLOCK]

    def __contains__(self, key: object) -> bool:
        return self._place(key) is not None

    def __iter__(self) -> Iterator[Key]:
        return map(self._keys.__getitem__, range(self._count))

    def __len__(self) -> int:
        return self._count

    def newest_first(self) -> Iterator[tuple[Key, Value]]:
        """Keys and values, the last key first."""
        for place in reversed(range(self._count)):
            yield self._keys[place], self._blocks[place // _BLOCK][place % _BLOCK]

    def _place(self, key: object) -> int | None:
        """The place of the value of a key; None if this version has none."""
        place = self._places.get(key)  # pyright: ignore[reportArgumentType, reportCallIssue] - any object may be asked for
        return place if place is not None and place < self._count else None

    def _placed(self, key: Key) -> int:
        """Give a key its place behind the others, in a table of its own where another version has gone another way."""
        place = self._count
        if place < len(self._keys) and self._keys[place] != key:
            self._keys = self._keys[:place]
            self._places = {other: at for at, other in enumerate(self._keys)}
        if place == len(self._keys):
            self._keys.append(key)
            self._places[key] = place
        self._count += 1
        return place
