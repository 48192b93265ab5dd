"""Bytes that a program writes, in pieces of any size, become whole lines of text.

Path:   pipes and standard streams -> lines -> `records.printed.figures`.
"""

import re

LONGEST_LINE = 65_536
"""Bytes of an unfinished line that are kept; of a longer one its end, where a progress bar has its figures."""

_ENDS = re.compile(rb"[\r\n]+")


class LineCutter:
    r"""Cuts a stream of bytes at line feeds and carriage returns.

    Empty lines are left out, so that `\r\n` is one end. Bytes that are not UTF-8 become the replacement character.

    Example:
        >>> cutter = LineCutter()
        >>> cutter.feed(b"epoch 1\nval_"), cutter.feed(b"loss 0.1\r\n"), cutter.finish()
        (('epoch 1',), ('val_loss 0.1',), ())
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, piece: bytes) -> tuple[str, ...]:
        """The lines that this piece completes."""
        if b"\n" not in piece and b"\r" not in piece:
            self._keep(piece)
            return ()
        first, *others = _ENDS.split(piece)
        self._keep(first)
        whole = [bytes(self._rest), *others[:-1]]
        self._rest = bytearray(others[-1][-LONGEST_LINE:])
        return tuple(line[-LONGEST_LINE:].decode("utf-8", "replace") for line in whole if line)

    def finish(self) -> tuple[str, ...]:
        """The last line, where the stream ended without a line end."""
        line, self._rest = bytes(self._rest), bytearray()
        return (line.decode("utf-8", "replace"),) if line else ()

    def _keep(self, piece: bytes) -> None:
        self._rest += piece[-LONGEST_LINE:]
        del self._rest[:-LONGEST_LINE]
