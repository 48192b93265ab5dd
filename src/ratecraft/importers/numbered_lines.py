r"""Bytes in pieces of any size become lines of text with their numbers, as an editor counts them.

Path:   bytes of a log -> lines -> `line_reader`.

A progress bar rewrites its line after `\r`: each writing is a line here, under the number of the line. Bytes that are
no UTF-8 become the replacement character; UTF-16 is known by its first two bytes.
"""

import codecs

LONGEST_LINE = 1 << 20
"""Bytes; a longer line is not read, and counted."""

_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class NumberedLines:
    r"""Cuts bytes into lines; blank ones are left out.

    Attributes:
        ended: Lines that came to their end.
        too_long: Numbers of lines that were too long to read.

    Example:
        >>> lines = NumberedLines()
        >>> lines.feed(b"epoch 1\n\n 5%\r10%\rval_"), lines.feed(b"loss 0.1\n")
        ((['epoch 1', ' 5%', '10%'], [1, 3, 3]), (['val_loss 0.1'], [3]))
    """

    def __init__(self) -> None:
        self.ended = 0
        self.too_long: list[int] = []
        self._rest = b""
        self._begun = False
        self._skipping = False
        self._decoder: codecs.IncrementalDecoder | None = None

    def feed(self, piece: bytes) -> tuple[list[str], list[int]]:
        """The lines that this piece completes, and their numbers."""
        if not self._begun:
            self._rest += piece
            if len(self._rest) < 3:  # too few to tell by
                return [], []
            piece, self._rest = self._begin(self._rest), b""
        return self._absorb(piece)

    def finish(self) -> tuple[list[str], list[int]]:
        """The last lines, of which the very last has no end."""
        first = b""
        if not self._begun:
            first, self._rest = self._begin(self._rest), b""
        lines, numbers = self._absorb(first)
        rest, self._rest = self._rest, b""
        if self._skipping:
            self.too_long.append(self.ended + 1)
        elif rest.strip():
            lines.append(rest.decode("utf-8", "replace"))
            numbers.append(self.ended + 1)
        return lines, numbers

    def _absorb(self, piece: bytes) -> tuple[list[str], list[int]]:
        if self._decoder is not None:
            piece = self._decoder.decode(piece).encode()
        data = self._rest + piece
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        self._rest = data[end:]
        lines = self._cut(data[:end])
        if len(self._rest) > LONGEST_LINE:
            self._skipping, self._rest = True, b""
        return lines

    def _begin(self, first: bytes) -> bytes:
        """What is left of the first bytes without a mark of their encoding."""
        self._begun = True
        if first[:2] in _WIDE:
            self._decoder = codecs.getincrementaldecoder(_WIDE[first[:2]])("replace")
            return first[2:]
        return first.removeprefix(codecs.BOM_UTF8)

    def _cut(self, data: bytes) -> tuple[list[str], list[int]]:
        lines: list[str] = []
        numbers: list[int] = []
        if not data:
            return lines, numbers
        number = self.ended + 1
        for line in data.split(b"\n"):
            for part in line.split(b"\r") if b"\r" in line else (line,):
                if self._skipping or len(part) > LONGEST_LINE:
                    self._skipping = False
                    self.too_long.append(number)
                elif part and not part.isspace():
                    lines.append(part.decode("utf-8", "replace"))
                    numbers.append(number)
            number += 1
        self.ended = number - 2
        return lines, numbers
