"""Mirrors ratecraft/records/storage/series.py."""

import math
import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.series import StoredBlock, checksum, join, merge, pack, unpack

KEY = ("4d0a3d1c9ffbbd59", 1, "loss")
VALUES = tuple(math.sqrt(step) for step in range(100))


def stored(first: int, last: int) -> StoredBlock:
    packed = pack(VALUES[first:last])
    return first, last - first, checksum(KEY, first, packed), packed


@given(st.lists(st.floats()))
def test_values_are_packed_as_little_endian_float64_and_come_back_bit_for_bit(values: list[float]) -> None:
    assert pack(values) == struct.pack(f"<{len(values)}d", *values)
    assert pack(unpack(pack(values))) == pack(values)


@given(st.lists(st.integers(0, 99), max_size=12))
def test_blocks_cut_anywhere_join_to_the_whole(cuts: list[int]) -> None:
    edges = sorted({0, *cuts, 100})
    blocks = [stored(first, last) for first, last in pairwise(edges)]
    assert join(KEY, blocks) == (0, pack(VALUES))


def test_series_begins_where_its_first_block_does() -> None:
    assert join(KEY, [stored(40, 60), stored(60, 100)]) == (40, pack(VALUES[40:]))


def test_series_ends_before_a_gap() -> None:
    assert join(KEY, [stored(0, 30), stored(31, 100)]) == (0, pack(VALUES[:30]))


def test_torn_block_is_dropped_whole() -> None:
    first, count, crc, packed = stored(30, 60)
    for torn in (packed[:-1], packed[:-8], b"", packed + b"\0"):
        assert join(KEY, [stored(0, 30), (first, count, crc, torn), stored(60, 100)]) == (0, pack(VALUES[:30]))


def test_block_with_a_changed_bit_is_dropped_whole() -> None:
    first, count, crc, packed = stored(30, 60)
    changed = bytes([packed[0] ^ 1]) + packed[1:]
    assert join(KEY, [stored(0, 30), (first, count, crc, changed)]) == (0, pack(VALUES[:30]))


def test_block_with_a_wrong_count_is_dropped_whole() -> None:
    first, count, crc, packed = stored(0, 30)
    assert join(KEY, [(first, count + 1, crc, packed), stored(30, 60)]) == (30, pack(VALUES[30:60]))


def test_block_of_another_series_is_dropped() -> None:
    assert join(("4d0a3d1c9ffbbd59", 2, "loss"), [stored(0, 30)]) == (0, b"")


def test_stretch_that_was_stored_twice_counts_once() -> None:
    assert join(KEY, [stored(0, 30), stored(0, 30), stored(0, 50), stored(40, 100)]) == (0, pack(VALUES))
    assert join(KEY, [stored(0, 50), stored(0, 30), stored(50, 100)]) == (0, pack(VALUES))


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 5)), max_size=30))
def test_merged_blocks_hold_what_the_blocks_held_in_fewer_pieces(told: list[tuple[str, int]]) -> None:
    steps = {"a": 0, "b": 0}
    blocks: list[tuple[str, int, SeriesBlock]] = []
    for job, count in told:
        blocks.append((job, 1, SeriesBlock("loss", steps[job], pack(VALUES[:count]))))
        steps[job] += count
    merged = {job: (block.first, block.count) for job, _, block in merge(blocks)}
    assert merged == {job: (0, count) for job, count in steps.items() if count}
    assert len(list(merge(blocks))) == len(merged)


def test_merging_keeps_a_gap() -> None:
    blocks = [("a", 1, SeriesBlock("loss", first, pack(VALUES[:2]))) for first in (0, 2, 5)]
    assert [(block.first, block.count) for _, _, block in merge(blocks)] == [(0, 4), (5, 2)]


def test_merging_leaves_out_a_block_that_was_cut() -> None:
    blocks = [("a", 1, SeriesBlock("loss", 0, pack(VALUES[:2]))), ("a", 1, SeriesBlock("loss", 2, b"\0" * 9))]
    assert [block.count for _, _, block in merge(blocks)] == [2]
