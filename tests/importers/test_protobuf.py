"""Mirrors ratecraft/importers/protobuf.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.protobuf import fields_of, signed


def varint(value: int) -> bytes:
    """The plainest writer."""
    return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])


@given(st.lists(st.tuples(st.integers(1, 2**20), st.integers(0, 2**64 - 1) | st.binary(max_size=200)), max_size=20))
def test_fields_come_back_as_they_were_written(fields: list[tuple[int, int | bytes]]) -> None:
    message = b""
    for number, value in fields:
        if isinstance(value, int):
            message += varint(number << 3) + varint(value)
        else:
            message += varint(number << 3 | 2) + varint(len(value)) + value
    assert list(fields_of(message)) == fields


def test_fixed_fields_are_bytes() -> None:
    assert list(fields_of(bytes([1 << 3 | 5]) + b"abcd" + bytes([2 << 3 | 1]) + b"12345678")) == [
        (1, b"abcd"),
        (2, b"12345678"),
    ]


@pytest.mark.parametrize("message", [b"\x08", b"\x12\x05ab", b"\x0b", b"\x08" + b"\xff" * 11], ids=repr)
def test_message_that_is_cut_or_none_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut|no field|no end"):
        list(fields_of(message))


def test_negative_numbers_are_varints_of_ten_bytes() -> None:
    assert signed(2**64 - 1) == -1
