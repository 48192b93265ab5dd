"""Mirrors ratecraft/importers/numbered_lines.py."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.numbered_lines import LONGEST_LINE, NumberedLines

Told = list[tuple[str, int]]
PIECES = [b"a", b" ", b"\n", b"\r", b"\r\n", "é".encode(), b"\xff", codecs.BOM_UTF8]


def told(pieces: list[bytes]) -> Told:
    lines, found = NumberedLines(), []
    for each in [lines.feed(piece) for piece in pieces] + [lines.finish()]:
        found += zip(*each, strict=True)
    return found


def plainly(data: bytes) -> Told:
    """What is told of the whole, in the plainest way."""
    text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    parts = [(part, number) for number, line in enumerate(text.split("\n"), 1) for part in line.split("\r")]
    return [(part, number) for part, number in parts if part.strip(" \t\x0b\x0c")]


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_lines_and_numbers_are_those_of_the_whole_however_it_is_cut(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    if not whole.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        assert told(pieces) == told([whole]) == plainly(whole)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_encoding_is_known_by_its_mark(encoding: str) -> None:
    text = "step 1 loss 2.5\nstep 2 loss 2.0\n"
    data = (codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b"") + text.encode(encoding)
    assert told([data[:1], data[1:7], data[7:]]) == [("step 1 loss 2.5", 1), ("step 2 loss 2.0", 2)]


@pytest.mark.parametrize("step", [1 << 16, LONGEST_LINE + 1, 1 << 23])
def test_line_that_is_too_long_is_counted_and_costs_no_other(step: int) -> None:
    data = b"first\n" + b"x" * (2 * LONGEST_LINE) + b"\nlast\n"
    lines, found = NumberedLines(), list[str]()
    for start in range(0, len(data), step):
        found += lines.feed(data[start : start + step])[0]
    assert (found, lines.too_long, lines.ended) == (["first", "last"], [2], 3)
