"""How text for people is formatted: language, width, colour, alphabet.

Path:   stream, environment -> a `Page` -> every file of this room.
Units:  widths are terminal cells; a Japanese character takes two.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from ratecraft.records.outcome import Note
from ratecraft.translations.catalogue import has_sentence, sentence

Style: TypeAlias = Literal["good", "fair", "bad", "strong", "faint", "accent"]

_CODES: Mapping[Style, str] = {
    "good": "1;32",
    "fair": "1;33",
    "bad": "1;31",
    "strong": "1",
    "faint": "2",
    "accent": "36",
}
_ASCII = str.maketrans(
    {"×": "x", "→": "->", "–": "-", "—": "-", "…": "...", "−": "-", "·": "*", "≥": ">=", "≤": "<=", "²": "^2"}
    | {
        "¼": "1/4",
        "½": "1/2",
        "±": "+-",
        "✓": "OK",
        "✗": "X",
        "█": "#",
        "░": ".",
        "─": "-",
        "“": '"',
        "”": '"',
        "’": "'",
    }
)
_NARROWEST, _USUAL = 40, 80
# Words and katakana hold together, any other wide character stands alone; but a closing mark never starts a line, and
# an opening one never ends it.
_UNITS = re.compile(
    r"\s+|[「『（【]*(?:[^\s\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]+|[\u30a1-\u30fa\u30fc]+|[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef])"
    r"[、。，．」』）】っゃゅょ！？：]*"
)


@dataclass(frozen=True, slots=True)
class Page:
    """The settings that text is formatted with.

    Attributes:
        language: Code of a language, e.g. `ja`.
        width: Cells of a line.
        colour: Whether the reader sees ANSI colours. Nothing is conveyed by colour alone.
        unicode: Whether the reader sees more than ASCII.
    """

    language: str = "en"
    width: int = _USUAL
    colour: bool = False
    unicode: bool = True

    def words(self, key: str, /, **values: object) -> str:
        """The sentence of a key in this page's language and alphabet."""
        return self.spell(sentence(key, self.language, values))

    def note(self, note: Note) -> str:
        """What the user must be told once; a finding among the notes has its own words, and those of its advice."""
        if has_sentence(f"note.{note.code}.text"):
            return self.words(f"note.{note.code}.text", **note.values)
        advice = note.values["advice"]
        return f"{self.words(f'finding.{note.code}.text', **note.values)} {self.words(f'advice.{advice}.text')}"

    def spell(self, text: str) -> str:
        """The text in this page's alphabet."""
        return text if self.unicode else text.translate(_ASCII)

    def paint(self, text: str, style: Style) -> str:
        """The text in colour if the page has any. Measure and pad before painting."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colour and text else text


class Stream(Protocol):
    """The parts of a text stream that a page uses."""

    @property
    def encoding(self) -> str | None:
        """Name of its encoding."""
        ...

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        ...

    def fileno(self) -> int:
        """Its file descriptor."""
        ...


def page_of(stream: Stream, environment: Mapping[str, str], language: str = "en") -> Page:
    """The page for a stream: `COLUMNS`, `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` are respected.

    A stream that cannot encode the letters of a language gets English, since question marks help nobody.

    Example:
        >>> import io
        >>> page_of(io.StringIO(), {"COLUMNS": "72", "FORCE_COLOR": "1"})
        Page(language='en', width=72, colour=True, unicode=True)
    """
    encoding = stream.encoding or "utf-8"
    spoken = language if language == "en" or _carries(encoding, sentence("cli.help", language)) else "en"
    forced = environment.get("FORCE_COLOR", "") not in ("", "0")
    colour = forced or (stream.isatty() and environment.get("TERM") != "dumb")
    return Page(
        language=spoken,
        width=max(_width(stream, environment), _NARROWEST),
        colour=colour and not environment.get("NO_COLOR"),
        unicode=_carries(encoding, "⣿●─×"),
    )


def is_live(stream: Stream, environment: Mapping[str, str]) -> bool:
    """Whether printed text can be overwritten: on a terminal that is not a dumb one, and not in a build log.

    Example:
        >>> import io
        >>> is_live(io.StringIO(), {})
        False
    """
    return stream.isatty() and environment.get("TERM") != "dumb" and not environment.get("CI")


def cells(text: str) -> int:
    """The number of terminal cells that a text without colour takes.

    Example:
        >>> cells("rate"), cells("学習率")
        (4, 6)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )


def pad(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """The text padded with spaces to `width` cells.

    Example:
        >>> pad("学習率", 8) + "|", pad("1e-3", 6, "right")
        ('学習率  |', '  1e-3')
    """
    blank = " " * max(width - cells(text), 0)
    return text + blank if align == "left" else blank + text


def wrap(text: str, width: int, hang: str = "") -> tuple[str, ...]:
    """The text in lines of at most `width` cells: words stay whole, Japanese breaks anywhere but before a closing mark.

    Args:
        text: May hold line breaks, which stay.
        width: Cells of a line, `hang` included.
        hang: Prefix of every line but the first.

    Example:
        >>> wrap("one two three", 8), wrap("学習率は低い。", 8)
        (('one two', 'three'), ('学習率は', '低い。'))
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = hang if lines else ""
        for unit in _UNITS.findall(paragraph):
            if cells(line + unit.rstrip()) > width and line.strip():
                lines.append(line.rstrip())
                line = hang + unit.lstrip()
            else:
                line += unit
        lines.append(line.rstrip())
    return tuple(lines)


def table(rows: Sequence[Sequence[str]], gap: int = 3, text_columns: Iterable[int] = (0,)) -> tuple[str, ...]:
    """Rows as aligned lines: text columns to the left, all others to the right.

    Example:
        >>> table([("", "before", "after"), ("final", "0.5", "0.45")])
        ('        before   after', 'final      0.5    0.45')
    """
    left = set(text_columns)
    widths = [max(cells(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines: list[str] = []
    for row in rows:
        padded = [pad(cell, widths[at], "left" if at in left else "right") for at, cell in enumerate(row)]
        lines.append((" " * gap).join(padded).rstrip())
    return tuple(lines)


def _carries(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _width(stream: Stream, environment: Mapping[str, str]) -> int:
    given = environment.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):  # no terminal, or a stream without a descriptor
        return _USUAL
