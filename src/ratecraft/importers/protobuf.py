"""The wire format of protocol buffers, as far as logs need it: fields of a message, without its schema.

Path:   records of event files -> `fields_of` -> `event_files`.
Source: https://protobuf.dev/programming-guides/encoding. Read here, as the package that defines TensorBoard's messages
        is 20 MB and registers generated code for a dozen fields.
"""

import struct
from collections.abc import Iterator
from typing import TypeAlias

Field: TypeAlias = tuple[int, int | bytes]
"""Number of a field and its value: an int of a varint, else the bytes of a fixed or a delimited field."""

_LONGEST_VARINT = 10


def fields_of(message: bytes) -> Iterator[Field]:
    """The fields of a message in order.

    Raises:
        ValueError: The message is cut or is none.

    Example:
        >>> list(fields_of(bytes([0x08, 0x96, 0x01, 0x12, 0x02]) + b"ok"))
        [(1, 150), (2, b'ok')]
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == 2:
            length, at = _varint(message, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"no field begins with {tag}")
        if at + length > len(message):
            raise ValueError("a field is cut")
        yield number, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_LONGEST_VARINT):
        if at + place >= len(message):
            break
        byte = message[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value & (1 << 64) - 1, at + place + 1
    raise ValueError("a varint has no end")


def signed(value: int) -> int:
    """A varint as an int64."""
    return struct.unpack("<q", struct.pack("<Q", value))[0]
