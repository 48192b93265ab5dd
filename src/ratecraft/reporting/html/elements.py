"""Elements of HTML, and text that is never taken for them.

Path:   words and names of a study -> pieces of HTML.
"""

import html
import re
from typing import NewType

Markup = NewType("Markup", str)
"""Text that is HTML already."""

# Control characters have no place in HTML, nor lone surrogates in UTF-8; those of direction could turn a line around.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

_VOID = frozenset({"br", "img", "input", "link", "meta"})  # the void elements of HTML that are used, without end tags

_CODE = re.compile(r"`([^`]+)`")
_NUMBER = re.compile(r"\b\d[\d.]*e-\d+\b")


def text(words: str) -> Markup:
    """Plain text as HTML.

    Example:
        >>> text('<img src=x onerror="alert(1)">')
        '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;'
    """
    return Markup(html.escape(_UNFIT.sub("\ufffd", words)))


def prose(words: str) -> Markup:
    """Text to be read: `code` is set as code, and a number such as 1.2e-3 is never broken.

    Example:
        >>> prose("type `ratecraft find`")
        'type <code>ratecraft find</code>'
    """
    whole = _NUMBER.sub(r'<span class="number">\g<0></span>', text(words))
    return Markup(_CODE.sub(r"<code>\1</code>", whole))


def joined(*parts: Markup) -> Markup:
    """Pieces of HTML, concatenated."""
    return Markup("".join(parts))


def element(name: str, /, *children: Markup, **attributes: str | bool) -> Markup:
    """An element. In attribute names `_` stands for `-`, and a trailing one is dropped; True means no value.

    Example:
        >>> element("a", text("x < y"), href="#top", class_="link")
        '<a href="#top" class="link">x &lt; y</a>'
    """
    said = ""
    for key, value in attributes.items():
        attribute = key.rstrip("_").replace("_", "-")
        said += f" {attribute}" if value is True else f' {attribute}="{text(value)}"' if value else ""
    return Markup(f"<{name}{said}>" + ("" if name in _VOID else f"{''.join(children)}</{name}>"))
