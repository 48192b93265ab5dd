"""Tables of a presets file, read with checks: a wrong key or value is reported with its place.

Path:   a parsed TOML table -> `Table` -> numbers, texts, tables of `presets`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from ratecraft.errors import InvalidInput
from ratecraft.records.numbers import is_number
from ratecraft.schedules.lengths import shown

T = TypeVar("T")

_REQUIRED: Final[Any] = object()
"""Stands for the default of a key that must be there."""


class PresetTable:
    """One table of a file.

    Args:
        place: Dotted name of the table, for errors; empty for the whole file.
        content: What is in it.
        allowed: The keys that it may have; None if they are names.
        file: Name of the file, for errors.
    """

    def __init__(self, place: str, content: object, allowed: Sequence[str] | None, file: str) -> None:
        if not isinstance(content, Mapping):
            raise InvalidInput("presets-value", file=file, place=place, wanted="table", given=shown(content))
        self.place = place
        self.file = file
        self._content = cast("Mapping[str, object]", content)
        unknown = [name for name in self._content if allowed is not None and name not in allowed]
        if unknown:
            allowed_names = ", ".join(sorted(allowed or ()))
            raise InvalidInput("presets-key", file=file, place=self._at(unknown[0]), allowed=allowed_names)

    def table(self, name: str, allowed: Sequence[str] | None = None) -> "PresetTable":
        """The table of that name; an empty one where there is none."""
        return PresetTable(self._at(name), self._content.get(name, {}), allowed, self.file)

    def tables(self, name: str, allowed: Sequence[str]) -> tuple["PresetTable", ...]:
        """The list of tables of that name."""
        listed = self._list(name, ())
        return tuple(
            PresetTable(f"{self._at(name)}[{at}]", entry, allowed, self.file) for at, entry in enumerate(listed)
        )

    def made_by_name(self, make: "Callable[[str, PresetTable], T]", allowed: Sequence[str]) -> dict[str, T]:
        """Every table in this one, made into something, by its name."""
        return {name: make(name, self.table(name, allowed)) for name in self._content}

    def items(self) -> tuple[tuple[str, object], ...]:
        """Names and contents as they are."""
        return tuple(self._content.items())

    def text(self, name: str, default: str = _REQUIRED, among: Sequence[str] | None = None) -> str:
        """The text of that name.

        Raises:
            InvalidInput: It is not text, or none of `among`, or must be there and isn't.
        """
        given = self._content.get(name, default)
        if not isinstance(given, str) or (among is not None and given not in among):
            raise self._wrong(name, "text" if among is None else " | ".join(among))
        return given

    def texts(self, name: str) -> tuple[str, ...]:
        """The list of texts of that name; empty if there is none.

        Raises:
            InvalidInput: It is not a list of texts.
        """
        listed = self._list(name, ())
        if not all(isinstance(entry, str) for entry in listed):
            raise self._wrong(name, '["text", ...]')
        return tuple(map(str, listed))

    def flag(self, name: str) -> bool:
        """The truth of that name; false if there is none.

        Raises:
            InvalidInput: It is neither true nor false.
        """
        given = self._content.get(name, False)
        if not isinstance(given, bool):
            raise self._wrong(name, "true | false")
        return given

    def number(self, name: str, default: float | None = _REQUIRED) -> Any:
        """The number of that name.

        Raises:
            InvalidInput: It is not a finite number, or must be there and isn't.
        """
        given = self._content.get(name, default)
        if given is None or _is_finite(given):
            return given
        raise self._wrong(name, "number")

    def pairs(self, name: str) -> tuple[tuple[float, float], ...]:
        """The list of pairs of numbers above 0 of that name, the first of each rising; empty if there is none.

        Raises:
            InvalidInput: It is something else.
        """
        listed = [self._pair(entry) for entry in self._list(name, ())]
        pairs = tuple(pair for pair in listed if pair)
        firsts = [first for first, _ in pairs]
        if len(pairs) < len(listed) or sorted(set(firsts)) != firsts:
            raise self._wrong(name, "[[number, number], ...]")
        return pairs

    def span(self, name: str) -> tuple[float, float] | None:
        """Two numbers above 0, the second not below the first; None if there are none.

        Raises:
            InvalidInput: It is something else.
        """
        if name not in self._content:
            return None
        pair = self._pair(self._content[name])
        if pair is None or pair[0] > pair[1]:
            raise self._wrong(name, "[low, high]")
        return pair

    def _list(self, name: str, default: Sequence[object]) -> Sequence[object]:
        given = self._content.get(name, default)
        if not isinstance(given, list | tuple):
            raise self._wrong(name, "[...]")
        return cast("Sequence[object]", given)

    def _pair(self, given: object) -> tuple[float, float] | None:
        pair = cast("Sequence[Any]", given) if isinstance(given, list | tuple) else ()
        return (
            (pair[0], pair[1]) if len(pair) == 2 and all(_is_finite(number) and number > 0 for number in pair) else None
        )

    def _wrong(self, name: str, wanted: str) -> InvalidInput:
        given = shown(self._content[name]) if name in self._content else "–"
        return InvalidInput("presets-value", file=self.file, place=self._at(name), wanted=wanted, given=given)

    def _at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name


def _is_finite(given: object) -> bool:
    return is_number(given) and math.isfinite(given)
