"""Mirrors ratecraft/importers/event_files.py. Real files are read in `test_real_tools.py`."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.event_files import EventFileReader, begins_event_file
from ratecraft.importers.reading import Reading, Torn


def slow_checksum(data: bytes) -> int:
    """CRC-32C bit by bit, masked."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def framed(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", slow_checksum(length)) + data + struct.pack("<I", slow_checksum(data))


def delimited(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2, len(data)]) + data


def event(step: int, tag: str, value: float) -> bytes:
    scalar = delimited(1, tag.encode()) + bytes([2 << 3 | 5]) + struct.pack("<f", value)
    return bytes([2 << 3, step]) + delimited(5, delimited(1, scalar))


FILE = framed(delimited(3, b"brain.Event:2")) + b"".join(framed(event(step, "loss", step / 4)) for step in range(20))


def read(data: bytes, cuts: list[int]) -> Reading:
    reader = EventFileReader("events")
    edges = [0, *sorted(cuts), len(data)]
    for first, last in pairwise(edges):
        reader.feed(data[first:last])
    reader.finish()
    return reader.reading()


def losses(reading: Reading) -> dict[int, float]:
    (run,) = reading.runs
    series = run.series["loss"]
    return dict(zip(series.steps.tolist(), series.values.tolist(), strict=True))


@given(st.lists(st.integers(0, len(FILE)), max_size=20))
def test_scalars_are_read_however_the_file_is_cut(cuts: list[int]) -> None:
    reading = read(FILE, cuts)
    assert losses(reading) == {step: step / 4 for step in range(20)}
    assert (reading.lines, reading.used, reading.torn) == (21, 20, ())


@given(st.integers(len(framed(b"")), len(FILE) - 1))
def test_file_that_ends_within_a_record_is_read_up_to_there(length: int) -> None:
    reading = read(FILE[:length], [])
    whole = sum(length >= end for end in ends())
    assert reading.lines == whole
    assert reading.torn == (() if length in ends() else (Torn("record", 1, ([0, *ends()][whole],)),))


def ends() -> list[int]:
    places, at = [], 0
    while at < len(FILE):
        at += 16 + struct.unpack_from("<Q", FILE, at)[0]
        places.append(at)
    return places


@pytest.mark.parametrize("place", [0, 5, 10, 14])
def test_damaged_record_is_named_by_its_byte_and_costs_no_other(place: int) -> None:
    begin = ends()[9]  # of the event of step 9
    damaged = bytearray(FILE)
    damaged[begin + place] ^= 0xFF
    reading = read(bytes(damaged), [])
    assert losses(reading) == {step: step / 4 for step in range(20) if step != 9}
    assert reading.torn == (Torn("record", 1, (begin,)),)


def test_record_whose_message_is_none_is_named() -> None:
    reading = read(FILE + framed(b"\x2a\xff\x01abc"), [])
    assert reading.torn == (Torn("record", 1, (len(FILE),)),)


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    read(data, [])
    read(framed(data[:100]), [])
    assert not begins_event_file(data)


def test_beginning_is_known_by_its_first_checksum() -> None:
    assert begins_event_file(FILE)
    assert not begins_event_file(b"\x00" * 64)
