"""Mirrors ratecraft/importers/wandb_files.py. Files that W&B itself wrote are read in `test_real_tools.py`."""

import json
import struct
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.reading import Reading
from ratecraft.importers.wandb_files import WandbFileReader, begins_wandb_file

HEADER = b":W&B\xe1\xbe\x00"
BLOCK = 32768


def varint(value: int) -> bytes:
    return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])


def delimited(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def item(name: str, value: object, *, key: int = 1) -> bytes:
    parts = name.split(".") if key == 2 else [name]
    keys = b"".join(delimited(key, part.encode()) for part in parts)
    return delimited(1, keys + delimited(16, json.dumps(value).encode()))


def history(step: int, *, key: int = 1, **figures: object) -> bytes:
    return delimited(2, b"".join(item(name, value, key=key) for name, value in {**figures, "_step": step}.items()))


def chunk(kind: int, data: bytes) -> bytes:
    return struct.pack("<IHB", zlib.crc32(bytes([kind]) + data), len(data), kind) + data


def framed(records: list[bytes]) -> bytes:
    """The records in blocks, each broken where its block ends."""
    file = HEADER
    for record in records:
        rest, begun = record, False
        while True:
            left = BLOCK - len(file) % BLOCK
            if left < 7:
                file += bytes(left)
                continue
            now, rest = rest[: left - 7], rest[left - 7 :]
            kind = (3 if rest else 4) if begun else (2 if rest else 1)
            file += chunk(kind, now)
            begun = True
            if not rest:
                break
    return file


def read(data: bytes, cuts: list[int] | None = None) -> Reading:
    reader = WandbFileReader("run-1.wandb")
    for first, last in pairwise([0, *sorted(cuts or []), len(data)]):
        reader.feed(data[first:last])
    reader.finish()
    return reader.reading()


def losses(reading: Reading) -> dict[int, float]:
    (run,) = reading.runs
    series = run.series["loss"]
    return dict(zip(series.steps.tolist(), series.values.tolist(), strict=True))


def told(steps: range) -> dict[int, float]:
    return {step: step / 4 for step in steps}


RECORDS = [history(step, loss=step / 4, note="x" * 300) for step in range(300)]
FILE = framed(RECORDS)


@given(st.lists(st.integers(0, len(FILE)), max_size=5))
def test_figures_are_read_however_the_file_is_cut_in_pieces(cuts: list[int]) -> None:
    reading = read(FILE, cuts)
    assert len(FILE) > 3 * BLOCK
    assert losses(reading) == told(range(300))
    assert (reading.format, reading.lines, reading.used, reading.torn) == ("wandb", 300, 300, ())


@pytest.mark.parametrize("key", [1, 2])
def test_names_are_keys_or_paths(key: int) -> None:
    assert losses(read(framed([history(step, key=key, loss=step / 4) for step in range(9)]))) == told(range(9))
    (run,) = read(framed([delimited(2, item("train.loss", 2.0, key=2) + item("_step", 3))])).runs
    assert run.series["loss"].values.tolist() == [2.0]


@given(st.integers(len(HEADER) + 1, len(FILE) - 1))
def test_a_torn_tail_costs_what_is_torn_and_is_told(length: int) -> None:
    reading = read(FILE[:length])
    count = len(losses(reading)) if reading.runs else 0
    assert FILE.startswith(framed(RECORDS[:count])[:length])
    assert reading.runs == () or losses(reading) == told(range(count))
    whole = {len(framed(RECORDS[:each])) for each in (count, count + 1)}
    assert sum(each.count for each in reading.torn) == (length not in whole)


@pytest.mark.parametrize("place", [40, BLOCK + 5000, 2 * BLOCK + 3])
def test_damage_costs_the_rest_of_its_block(place: int) -> None:
    reading = read(FILE[:place] + bytes([FILE[place] ^ 1]) + FILE[place + 1 :])
    found = losses(reading)
    assert found.items() <= told(range(300)).items()
    assert 300 - len(found) <= BLOCK // 300 + 2
    assert [each.kind for each in reading.torn] == ["record"]


def test_a_record_that_is_no_message_is_left_out() -> None:
    reading = read(framed([RECORDS[0], b"\xff\xff\xff", delimited(2, delimited(1, delimited(16, b"{"))), RECORDS[1]]))
    assert losses(reading) == told(range(2))
    assert [(each.kind, each.count) for each in reading.torn] == [("record", 2)]


def test_one_too_large_for_figures_is_passed_over() -> None:
    reading = read(framed([RECORDS[0], delimited(2, bytes(3 << 20)), RECORDS[1]]))
    assert losses(reading) == told(range(2))
    assert reading.torn == ()


def test_steps_that_the_run_names_come_before_those_that_are_counted() -> None:
    rows = [history(count, iter=1000 * count, loss=count / 4) for count in range(1, 4)]
    (run,) = read(framed([*rows, history(4, val_loss=0.5)])).runs
    assert run.series["loss"].steps.tolist() == [1000, 2000, 3000]
    assert run.series["val_loss"].steps.tolist() == [3000]


def test_the_config_tells_facts() -> None:
    begun = delimited(17, delimited(4, item("batch_size", 32) + item("optimizer", "sgd")))
    changed = delimited(5, item("weight_decay", 0.1) + item("model", {"layers": [1, 2]}))
    (run,) = read(framed([begun, changed, *RECORDS[:3]])).runs
    assert (run.facts["batch_size"], run.facts["optimizer"], run.facts["weight_decay"]) == (32, "sgd", 0.1)


@pytest.mark.parametrize(("head", "begins"), [(HEADER, True), (b":W&B\xe1\xbe\x01", False), (b"", False)])
def test_it_is_known_by_its_first_bytes(head: bytes, begins: bool) -> None:
    assert begins_wandb_file(head) is begins
