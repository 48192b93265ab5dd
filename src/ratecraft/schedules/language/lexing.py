"""The tokens of an expression, and errors that point at one.

Path:   text -> tokens -> `text`, which makes a schedule of them.
"""

import re
from typing import Final, NamedTuple

from ratecraft.errors import InvalidInput

__all__ = ["Token", "error_at", "place_of", "tokens_of"]

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


def error_at(text: str, token: Token, code: str, **values: object) -> InvalidInput:
    """An error that points at a token."""
    return InvalidInput(code, **values, **place_of(text, token))


def place_of(text: str, token: Token) -> dict[str, object]:
    """The column, the text around it, and a caret that points at it."""
    first = max(0, token.column - 1 - _SHOWN // 2)
    around = re.sub(r"\s", " ", text[first : first + _SHOWN])
    return {"column": token.column, "text": around, "caret": " " * (token.column - 1 - first) + "^"}
