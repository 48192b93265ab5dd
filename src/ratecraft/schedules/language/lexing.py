"""Splits an expression into tokens, and points errors at the right one.

Path:   text -> tokens, read one after another by a `Cursor` -> `text`, which makes a schedule of them.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from ratecraft.errors import InvalidInput

T = TypeVar("T")

_TOKEN: Final = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"""|(?P<word>"[^"\\\n]*"|'[^'\\\n]*')"""
    r"|(?P<sign>>>|[-+*(),=.\[\]])"
    r"|(?P<strange>\S)"
)
_SHOWN: Final = 60


class Token(NamedTuple):
    """A piece of an expression.

    Attributes:
        kind: `number`, `name`, `word` (in quotation marks), `sign`, `strange`, or `end`.
        text: The text as it stands there.
        column: Column of its first character, counted from 1.
    """

    kind: str
    text: str
    column: int


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, and one for its end.

    Example:
        >>> [token.text for token in tokens_of("warmup(0.05) >> cosine()")]
        ['warmup', '(', '0.05', ')', '>>', 'cosine', '(', ')', '']
    """
    found = [Token(match.lastgroup or "", match[0], match.start() + 1) for match in _TOKEN.finditer(text)]
    return [*found, Token("end", "", len(text.rstrip()) + 1)]


class Cursor:
    """Where a parser stands in an expression: the token that comes next, and errors that point at it.

    Args:
        text: The expression.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._index = 0

    @property
    def next(self) -> Token:
        """The next token."""
        return self._tokens[self._index]

    @property
    def is_named_argument(self) -> bool:
        """Whether a name and an `=` come next."""
        return self.next.kind == "name" and self._tokens[self._index + 1].text == "="

    def advance(self) -> Token:
        """Take the next token, whatever it is; the end stays where it is."""
        token = self.next
        self._index += token.kind != "end"
        return token

    def take(self, *texts: str) -> Token | None:
        """Take the next token where it is one of these, outside quotation marks; else None."""
        return self.advance() if self.next.kind not in ("end", "word") and self.next.text in texts else None

    def error(self, code: str, at: Token | None = None, **values: object) -> InvalidInput:
        """An error that points at a token, the next one where none is named."""
        return InvalidInput(code, **values, **_place_of(self._text, at or self.next))

    def built(self, at: Token, build: Callable[[], T]) -> T:
        """What `build` gives.

        Raises:
            InvalidInput: That of `build`, with the column of the token.
        """
        try:
            return build()
        except InvalidInput as error:
            raise InvalidInput(error.code, **{**error.values, **_place_of(self._text, at)}) from None


def _place_of(text: str, token: Token) -> dict[str, object]:
    """The column, the text around it, and a caret that points at it."""
    first = max(0, token.column - 1 - _SHOWN // 2)
    around = re.sub(r"\s", " ", text[first : first + _SHOWN])
    return {"column": token.column, "text": around, "caret": " " * (token.column - 1 - first) + "^"}
