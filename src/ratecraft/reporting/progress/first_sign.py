"""The first sign of life: what is being started, printed before anything slow is loaded.

Path:   the command line, as soon as it is read -> one line on stderr -> the screen of the study, which replaces it.
"""

import os
from contextlib import suppress
from typing import Self, TextIO

from ratecraft.reporting.text.page import is_live, page_of, wrap


class FirstSign:
    """A line that stays on a terminal until something else is printed; elsewhere it is simply the first line.

    Args:
        stream: Stream to print to; None prints nothing.
        language: Code of a language, e.g. `ja`.
        key: Key of its sentence.
        values: Values in the sentence.
    """

    def __init__(self, stream: TextIO | None, language: str, key: str, **values: object) -> None:
        self._stream = stream
        self._stands = stream is not None and is_live(stream, os.environ)
        if stream is None:
            return
        page = page_of(stream, os.environ, language)
        text = page.words(key, **values)
        first, *_ = wrap(text, page.width - 1)
        self._write(page.paint(first, "faint") if self._stands else f"{text}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_way()

    def give_way(self) -> None:
        """Remove it from the terminal; safe to call twice."""
        if self._stands:
            self._stands = False
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        if self._stream is not None:
            with suppress(BrokenPipeError):
                self._stream.write(text)
                self._stream.flush()
