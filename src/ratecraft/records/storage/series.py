"""Series as packed little-endian float64: values <-> bytes, and blocks joined back into one series.

Path:   runs tell blocks -> the record stores them with a checksum -> one unbroken series for laws and reports.
Units:  `first` and `count` are steps, counted from the run's step 0.
"""

import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from ratecraft.records.running import SeriesBlock

SeriesKey: TypeAlias = tuple[str, int, str]
"""Job key, attempt, name of the series."""

StoredBlock: TypeAlias = tuple[int, int, int, bytes]
"""First step, count, checksum and packed values, as a row of the record."""


def pack(values: Sequence[float]) -> bytes:
    """The values as little-endian float64.

    Example:
        >>> pack([1.0]).hex()
        '000000000000f03f'
    """
    numbers = array("d", values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpack(packed: bytes) -> "array[float]":
    """The values that `pack` packed, bit for bit.

    Raises:
        ValueError: The length is not a multiple of 8.

    Example:
        >>> unpack(pack([0.1, float("nan")])).tolist()
        [0.1, nan]
    """
    numbers = array("d")
    numbers.frombytes(packed)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def checksum(key: SeriesKey, first: int, packed: bytes) -> int:
    """CRC-32 of a block and of where it belongs, so that a block under a wrong name is found as well."""
    return zlib.crc32(packed, zlib.crc32(repr((key, first)).encode()))


def merge(blocks: Iterable[tuple[str, int, SeriesBlock]]) -> Iterator[tuple[str, int, SeriesBlock]]:
    """Neighbouring blocks of one series as one block each; a torn block (no multiple of 8 bytes) is left out.

    Example:
        >>> told = [("job", 1, SeriesBlock("loss", 0, pack([3.0]))), ("job", 1, SeriesBlock("loss", 1, pack([2.0])))]
        >>> [(block.first, block.count) for _, _, block in merge(told)]
        [(0, 2)]
    """
    grouped: dict[SeriesKey, list[SeriesBlock]] = {}
    for job, attempt, block in blocks:
        if block.values and len(block.values) % 8 == 0:
            grouped.setdefault((job, attempt, block.name), []).append(block)
    for (job, attempt, name), members in grouped.items():
        first, following, parts = members[0].first, members[0].first, list[bytes]()
        for block in members:
            if block.first != following:
                yield job, attempt, SeriesBlock(name, first, b"".join(parts))
                first, parts = block.first, []
            parts.append(block.values)
            following = block.first + block.count
        yield job, attempt, SeriesBlock(name, first, b"".join(parts))


def join(key: SeriesKey, blocks: Iterable[StoredBlock]) -> tuple[int, bytes]:
    """The first step and the packed values of the unbroken series that the blocks, sorted by `first`, begin with.

    A block that is torn, whose checksum is wrong or before which something is missing is dropped whole. Of a stretch
    that is there twice (an interrupt between commit and the end of a flush), one is taken.
    """
    begin, following, parts = 0, None, list[bytes]()
    for first, count, crc, packed in blocks:
        if following is not None and not first <= following < first + count:
            continue
        if len(packed) != 8 * count or checksum(key, first, packed) != crc:
            continue
        if following is None:
            begin = following = first
        parts.append(packed[8 * (following - first) :])
        following = first + count
    return begin, b"".join(parts)
