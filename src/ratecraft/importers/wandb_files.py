"""W&B's files of one run (`run-….wandb`, offline and online): framed records, of which history and config are read.

Path:   bytes of a file -> `WandbFileReader` -> rows -> `gathering` -> `Reading`.
Units:  steps are those that the run logged, else W&B's own `_step`, which by default counts calls of `log`.
Source: the file format of W&B: LevelDB's log (blocks of 32 KiB, each chunk with a CRC-32, a length and a type) after a
        header of 7 bytes, and `wandb_internal.proto`. Read here, as W&B's own reader in Python
        (`wandb.sdk.internal.datastore`) is gone from its package (0.31 has none).

After a chunk whose checksum is wrong the search goes on at the next block.
"""

import json
import struct
import zlib
from collections.abc import Iterator

from ratecraft.importers.entries import row_of, values_in
from ratecraft.importers.gathering import Gathering
from ratecraft.importers.protobuf import fields_of
from ratecraft.importers.reading import Reading, TornCounter, reading_of

_MAGIC = b":W&B\xe1\xbe\x00"  # the last byte is the version
_BLOCK = 1 << 15
_CHUNK = struct.Struct("<IHB")  # checksum of type and data, length, type
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_LARGEST_RECORD = 1 << 20  # a larger one holds no figures
_HISTORY, _CONFIG, _RUN = 2, 5, 17  # fields of Record
_RUN_CONFIG = 4  # field of RunRecord
_ITEM = 1  # field of HistoryRecord, and of ConfigRecord (`update`)
_KEY, _NESTED_KEY, _VALUE = 1, 2, 16  # fields of both kinds of item


def begins_wandb_file(head: bytes) -> bool:
    """Whether a file that begins so is one of W&B, in the version that is read.

    Example:
        >>> begins_wandb_file(b":W&B" + bytes([0xE1, 0xBE, 0])), begins_wandb_file(b":W&B" + bytes([0xE1, 0xBE, 9]))
        (True, False)
    """
    return head.startswith(_MAGIC)


class WandbFileReader:
    """Reads the file of one run in pieces of any size."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._buffer = b""
        self._offset = 0  # of the buffer in the file; the header is part of the first block
        self._begun: bytes | None = None  # a record of which not all chunks were seen
        self._records = self._used = 0
        self._named_step: int | None = None  # the last that the run itself logged
        self._gathering = Gathering()
        self._torn = TornCounter()

    def feed(self, piece: bytes) -> None:
        """The next bytes of the file."""
        self._buffer += piece
        while len(self._buffer) >= _BLOCK:
            self._block(self._buffer[:_BLOCK])
            self._buffer = self._buffer[_BLOCK:]
            self._offset += _BLOCK

    def finish(self) -> None:
        """The file has come to its end."""
        self._block(self._buffer)
        if self._begun is not None:
            self._damage(self._offset + len(self._buffer))
        self._buffer = b""

    def reading(self) -> Reading:
        """The run as read so far."""
        torn = self._torn.counted()
        return reading_of(self._gathering, self._path, "wandb", lines=self._records, used=self._used, torn=torn)

    def _block(self, block: bytes) -> None:
        at = len(_MAGIC) if self._offset == 0 else 0
        while len(block) - at >= _CHUNK.size:
            checksum, length, kind = _CHUNK.unpack_from(block, at)
            begin, end = at + _CHUNK.size, at + _CHUNK.size + length
            if end > len(block) or zlib.crc32(block[begin - 1 : end]) != checksum:
                self._damage(self._offset + at)
                return
            self._chunk(kind, block[begin:end], self._offset + at)
            at = end
        if len(block) < _BLOCK and any(block[at:]):
            self._damage(self._offset + at)

    def _chunk(self, kind: int, data: bytes, place: int) -> None:
        if kind in (_FULL, _FIRST):
            if self._begun is not None:
                self._damage(place)
            self._begun = b""
        if self._begun is None:  # the rest of a record whose beginning was damaged
            return
        if len(self._begun) <= _LARGEST_RECORD:
            self._begun += data
        if kind in (_FULL, _LAST):
            record, self._begun = self._begun, None
            self._record(record, place)

    def _damage(self, place: int) -> None:
        self._torn.add("record", place)
        self._begun = None

    def _record(self, record: bytes, place: int) -> None:
        self._records += 1
        if len(record) > _LARGEST_RECORD:
            return
        try:
            for number, value in fields_of(record):
                if isinstance(value, bytes):
                    self._part(number, value)
        except ValueError:
            self._torn.add("record", place)

    def _part(self, number: int, message: bytes) -> None:
        if number == _HISTORY:
            self._history(dict(_items(message)))
        elif number == _CONFIG:
            self._gathering.know(row_of(values_in(dict(_items(message)))).facts)
        elif number == _RUN:
            for inner, config in fields_of(message):
                if inner == _RUN_CONFIG and isinstance(config, bytes):
                    self._part(_CONFIG, config)

    def _history(self, items: dict[str, object]) -> None:
        counted = items.pop("_step", None)
        row = row_of(items.items())
        if row.step is not None:
            self._named_step = row.step
        elif self._named_step is not None:
            row = row._replace(step=self._named_step)
        elif isinstance(counted, int):
            row = row._replace(step=counted)
        self._used += bool(row.figures)
        self._gathering.add(row)


def _items(message: bytes) -> Iterator[tuple[str, object]]:
    """Names and values of a history or a config; those of values inside others are joined.

    Raises:
        ValueError: A message or a value is none.
    """
    for number, item in fields_of(message):
        if number != _ITEM or not isinstance(item, bytes):
            continue
        keys: list[str] = []
        value: object = None
        for field, content in fields_of(item):
            if not isinstance(content, bytes):
                continue
            if field in (_KEY, _NESTED_KEY):
                keys.append(content.decode("utf-8", "replace"))
            elif field == _VALUE:
                value = json.loads(content)
        yield "/".join(keys), value
