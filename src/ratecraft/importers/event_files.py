"""TensorBoard's event files: framed records of protocol buffers, of which the scalars are read.

Path:   bytes of event files -> `EventFileReader` -> rows -> `gathering` -> `Reading`.
Units:  steps as the writer gave them, which are global.
Source: the record format of TensorFlow (length and data, each with a masked CRC-32C) and `event.proto`,
        `summary.proto`, `tensor.proto`. Read here and not by TensorBoard's own reader, which needs 20 MB of generated
        code, keeps a random sample of each series by default, and must be told not to.

A record whose checksum is wrong is left out, and the search goes on byte by byte for the next length that is right.
"""

import struct
from collections.abc import Iterator
from functools import cache
from typing import cast

from ratecraft.importers.gathering import Gathering
from ratecraft.importers.names import meaning_of
from ratecraft.importers.protobuf import fields_of, signed
from ratecraft.importers.reading import Reading, TornCounter, reading_of
from ratecraft.importers.rows import Row

_HEADER = 12  # bytes of a length and its checksum
_FOOTER = 4
_LARGEST_RECORD = 1 << 26  # images and graphs are skipped, but must fit
_LARGEST_SCALARS = 1 << 20  # a larger record holds no scalars
_CHECKED = 1 << 12  # data beyond it are not checked: a checksum in Python is slow, and scalars are small
_FLOAT, _DOUBLE = 1, 2  # DataType of tensor.proto


def begins_event_file(head: bytes) -> bool:
    """Whether a file that begins so is an event file: its first length has the right checksum.

    Example:
        >>> begins_event_file(b"step 0 loss 2.5")
        False
    """
    return len(head) >= _HEADER and _length_at(head, 0) is not None


class EventFileReader:
    """Reads the event files of one run, one after the other, in pieces of any size."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._buffer = b""
        self._offset = 0
        self._records = self._used = 0
        self._in_damage = False
        self._gathering = Gathering()
        self._torn = TornCounter()

    def feed(self, piece: bytes) -> None:
        """The next bytes of the log."""
        self._buffer += piece
        at = 0
        while len(self._buffer) - at >= _HEADER:
            length = _length_at(self._buffer, at)
            if length is None:
                self._damage(self._offset + at)
                at += 1
                continue
            end = at + _HEADER + length + _FOOTER
            if end > len(self._buffer):
                break
            self._record(self._buffer[at + _HEADER : end - _FOOTER], self._buffer[end - _FOOTER : end], at)
            at = end
        self._buffer = self._buffer[at:]
        self._offset += at

    def finish(self) -> None:
        """A file has come to its end; another of the same run may follow."""
        if self._buffer:
            self._damage(self._offset)
        self._offset, self._buffer, self._in_damage = 0, b"", False

    def reading(self) -> Reading:
        """The run as read so far."""
        torn = self._torn.counted()
        return reading_of(self._gathering, self._path, "tensorboard", lines=self._records, used=self._used, torn=torn)

    def _damage(self, byte: int) -> None:
        if not self._in_damage:
            self._torn.add("record", byte)
        self._in_damage = True

    def _record(self, data: bytes, checksum: bytes, at: int) -> None:
        self._records += 1
        self._in_damage = False
        if len(data) > _LARGEST_SCALARS:
            return
        if len(data) <= _CHECKED and struct.pack("<I", _masked_checksum(data)) != checksum:
            self._torn.add("record", self._offset + at)
            return
        try:
            step, scalars = _scalars_in(data)
        except (ValueError, struct.error):
            self._torn.add("record", self._offset + at)
            return
        if scalars:
            self._used += 1
            self._gathering.add(Row(tuple(scalars), step))


def _scalars_in(event: bytes) -> tuple[int, list[tuple[str, float]]]:
    """Step and scalars of an Event."""
    step = 0
    scalars: list[tuple[str, float]] = []
    for number, value in fields_of(event):
        if number == 2 and isinstance(value, int):
            step = max(signed(value), 0)
        elif number == 5 and isinstance(value, bytes):
            for field, inner in fields_of(value):
                if field == 1 and isinstance(inner, bytes):
                    scalars.extend(_scalar(inner))
    return step, scalars


def _scalar(summary_value: bytes) -> Iterator[tuple[str, float]]:
    """Tag and number of a Summary.Value; nothing of one that is not a scalar, or whose name is not a figure's."""
    fields = dict(fields_of(summary_value))
    name = cast("bytes", fields.get(1, b"")).decode("utf-8", "replace")
    if not name or meaning_of(name).kind not in ("figure", "rate"):
        return
    simple, tensor = fields.get(2), fields.get(8)
    if isinstance(simple, bytes) and len(simple) == 4:
        yield name, struct.unpack("<f", simple)[0]
    elif isinstance(tensor, bytes):
        yield from ((name, number) for number in _number_of(tensor))


def _number_of(tensor: bytes) -> Iterator[float]:
    """The one number of a TensorProto; nothing of one that holds more, or something else."""
    fields = dict(fields_of(tensor))
    kind = fields.get(1)
    code = {_FLOAT: "<f", _DOUBLE: "<d"}.get(kind) if isinstance(kind, int) else None
    if code is None:
        return
    for number in (4, 5 if kind == _FLOAT else 6):  # tensor_content, float_val or double_val
        packed = fields.get(number)
        if isinstance(packed, bytes) and len(packed) == struct.calcsize(code):
            yield struct.unpack(code, packed)[0]
            return


def _length_at(data: bytes, at: int) -> int | None:
    """The length of the record that begins there; None where none does."""
    length, checksum = struct.unpack_from("<QI", data, at)
    if length > _LARGEST_RECORD or _masked_checksum(data[at : at + 8]) != checksum:
        return None
    return length


def _masked_checksum(data: bytes) -> int:
    value, table = 0xFFFFFFFF, _table()
    for byte in data:
        value = table[(value ^ byte) & 255] ^ value >> 8
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    """CRC-32C (Castagnoli) of each byte."""
    table: list[int] = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)
