"""An English sentence of the catalogue, said in another language: for text that is made before its reader is known.

Path:   comments in generated code, sources of recipes (in English) -> the same in the language of a page.

Code and sources are data: a record, a recipe file or `--json` has them in English. Only a page has a language.
"""

import re
import string
from collections.abc import Iterator, Mapping
from functools import cache

from ratecraft.translations.catalogue import all_sentences, sentence


def reworded(text: str, room: str, language: str) -> str:
    """The text in a language; unchanged if it is not a sentence of the room.

    Args:
        text: A sentence in English, with its values filled in.
        room: First part of the sentences' keys; their placeholders are plain, without a format.
        language: Code of a language, e.g. `ja`.

    Example:
        >>> reworded("common practice", "source", "en"), reworded("Kingma & Ba 2015", "source", "ja")
        ('common practice', 'Kingma & Ba 2015')
    """
    if language == "en":
        return text
    for key, pattern in _patterns(room).items():
        found = pattern.fullmatch(text)
        if found:
            return sentence(key, language, found.groupdict())
    return text


def commented(code: str, language: str) -> str:
    """Generated code with its comments in a language.

    Args:
        code: Python; a comment ends its line, and a title may have an expression after a colon.
        language: Code of a language, e.g. `ja`.
    """
    return "".join(_lines(code, language)) if language != "en" else code


def _lines(code: str, language: str) -> Iterator[str]:
    for line in code.splitlines(keepends=True):
        before, mark, comment = line.rstrip("\n").partition("# ")
        said = reworded(comment, "code", language)
        if said == comment and ": " in comment:
            title, colon, expression = comment.partition(": ")
            said = reworded(title, "code", language) + colon + expression
        yield before + mark + said + line[len(line.rstrip("\n")) :]


@cache
def _patterns(room: str) -> Mapping[str, re.Pattern[str]]:
    """Every English sentence of a room as the pattern of all texts that it can become."""
    sentences = {key: text for key, text in all_sentences("en").items() if key.startswith(f"{room}.")}
    return {
        key: re.compile(
            "".join(
                re.escape(words) + (f"(?P<{name}>.+)" if name else "")
                for words, name, _, _ in string.Formatter().parse(text)
            )
        )
        for key, text in sentences.items()
    }
