"""Files and folders become readings: what a file is, its first bytes tell, never its name.

Path:   paths -> the reader that fits -> `Reading` -> diagnosis.

Nothing is written, and no link that leads out of a folder is followed. Memory does not grow with a log.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

from ratecraft.errors import InvalidInput, StudyError
from ratecraft.importers.documents import LARGEST_DOCUMENT, begins_document, read_document, read_torn_document
from ratecraft.importers.event_files import EventFileReader, begins_event_file
from ratecraft.importers.left_out import LeftOut
from ratecraft.importers.line_reader import LineReader
from ratecraft.importers.mlflow_stores import (
    is_mlflow_database,
    is_mlflow_run,
    read_mlflow_database,
    read_mlflow_run,
)
from ratecraft.importers.reading import Reading
from ratecraft.importers.studies import read_study
from ratecraft.importers.wandb_files import WandbFileReader, begins_wandb_file
from ratecraft.records.storage.study import StudyFolder

FileKind: TypeAlias = Literal["lines", "document", "events", "study", "database", "wandb", "binary", "empty"]

_HEAD = 1 << 16
_PIECE = 1 << 20
_DEEPEST = 8
_MOST_ENTRIES = 20_000
_MOST_LOGS = 512
_SQLITE = b"SQLite format 3\x00"
_OUR_APPLICATION = b"rcrf"  # bytes 68 to 71 of an SQLite file
_WANDB = b":W&B"
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def kind_of(head: bytes) -> FileKind:
    """What a file is by its first 64 KiB.

    Example:
        >>> kind_of(b"step 0 loss 2.5"), kind_of(b'{"log_history": [{"loss": 2.5, "step": 1}]}'), kind_of(b"")
        ('lines', 'document', 'empty')
    """
    if not head.strip():
        return "empty"
    if head.startswith(_SQLITE):
        return "study" if head[68:72] == _OUR_APPLICATION else "database"
    if head.startswith(_WANDB):
        return "wandb"
    if begins_event_file(head):
        return "events"
    if head.startswith(_WIDE):
        return "lines"
    if _is_binary(head):
        return "binary"
    return "document" if begins_document(head) else "lines"


def read_log(path: Path) -> Reading:
    """The reading of one file.

    Args:
        path: A log, a record, a store.

    Raises:
        InvalidInput: There is no such file (`no-such-log`); it is empty (`log-empty`), no log (`log-binary`), damaged
            (`log-damaged`), of a version of W&B that is not known (`log-wandb`), or holds no figures
            (`log-without-figures`).
        StudyError: A record of ratecraft that cannot be read.
    """
    if not path.is_file():
        raise InvalidInput("no-such-log", path=path)
    reading = _read(path, _head(path))
    if not reading.runs:
        raise InvalidInput("log-without-figures", path=path, lines=reading.lines)
    return reading


def read_logs(path: Path) -> tuple[Reading, ...]:
    """The readings of a file, or of all logs in a folder.

    In a folder, the event files of one directory are one log; of several states of one Trainer the latest is read; of a
    study only its record; files that hold no figures are passed over. What else is not read is counted in notes of the
    first reading.

    Raises:
        InvalidInput: Same as `read_log`; a folder without a log (`folder-without-log`).
        StudyError: Same as `read_log`. In a folder a log that cannot be read is an error only if no other is there.
    """
    if not path.is_dir():
        return (read_log(path),)
    left_out = LeftOut(path, _MOST_LOGS)
    readings = [reading for reading in _readings_in(path, left_out) if reading.runs]
    if not readings:
        raise left_out.reason or InvalidInput("folder-without-log", path=path)
    first, *others = _latest_states(readings)
    return (replace(first, notes=(*left_out.notes(), *first.notes)), *others)


def _readings_in(folder: Path, left_out: LeftOut) -> Iterator[Reading]:
    events: dict[Path, list[Path]] = {}
    count = 0
    for path in _paths_in(folder, left_out):
        if count + len(events) >= _MOST_LOGS and path.parent not in events:
            left_out.beyond.append(path)
            continue
        try:
            if path.is_dir():
                reading = read_mlflow_run(path)
            else:
                head = _head(path)
                kind = kind_of(head)
                if kind == "events":
                    events.setdefault(path.parent, []).append(path)
                if kind in ("events", "empty", "binary") or (kind == "lines" and not _may_hold_figures(head)):
                    continue
                reading = _read(path, head)
        except (InvalidInput, StudyError, OSError) as error:
            left_out.fails(path, error)
            continue
        count += bool(reading.runs)
        yield reading
    for directory, paths in events.items():
        yield _read_events(paths, str(directory))


def _paths_in(folder: Path, left_out: LeftOut) -> Iterator[Path]:
    """The files below a folder in order, and the folders of MLflow's runs; no link is followed, hidden ones are not."""
    entries = 0
    top = len(folder.parts)
    for name, folders, files in os.walk(folder):
        directory = Path(name)
        entries += len(folders) + len(files)
        if entries > _MOST_ENTRIES:
            left_out.unseen.append(directory)
            folders.clear()
            continue
        if is_mlflow_run(directory):
            folders.clear()
            yield directory
            continue
        record = StudyFolder(directory).record
        if record.name in files:  # it holds what the study's runs printed
            folders.clear()
            files[:] = [record.name]
        runs = [file for file in files if file.endswith(".wandb")]
        if runs:  # what lies beside it is of the same run
            folders.clear()
            files[:] = runs
        hidden = {other for other in folders if other.startswith(".") and other != ".ratecraft"}
        folders[:] = sorted(set(folders) - hidden)
        if len(directory.parts) - top >= _DEEPEST:
            left_out.unseen += [directory / other for other in folders]
            folders.clear()
        for file in sorted(files):
            mode = (directory / file).lstat().st_mode
            if stat.S_ISREG(mode) and not file.startswith("."):
                yield directory / file


def _may_hold_figures(head: bytes) -> bool:
    """Whether the beginning of a text holds figures of a run: what else lies in a folder is not read through."""
    reader = LineReader("")
    reader.feed(head)
    reader.finish()
    return any(len(series) > 1 for run in reader.reading().runs for series in run.series.values())


def _latest_states(readings: list[Reading]) -> Iterator[Reading]:
    """Each checkpoint of a Trainer holds all that came before: of one Trainer, the one with the most is read."""
    states: dict[Path, Reading] = {}
    for reading in readings:
        if reading.format == "transformers" and Path(reading.path).name == "trainer_state.json":
            directory = Path(reading.path).parent
            owner = directory.parent if directory.name.startswith("checkpoint-") else directory
            states[owner] = max(states.get(owner, reading), reading, key=lambda reading: reading.used)
        else:
            yield reading
    yield from states.values()


def _read(path: Path, head: bytes) -> Reading:
    match kind_of(head):
        case "empty":
            raise InvalidInput("log-empty", path=path)
        case "binary":
            raise InvalidInput("log-binary", path=path)
        case "wandb":
            if not begins_wandb_file(head):
                raise InvalidInput("log-wandb", path=path)
            return _read_pieces(path, WandbFileReader(str(path)))
        case "study":
            return read_study(path)
        case "database":
            if not is_mlflow_database(path):
                raise InvalidInput("log-binary", path=path)
            return read_mlflow_database(path)
        case "events":
            return _read_events([path], str(path))
        case "document":
            return _read_document(path)
        case "lines":
            return _read_pieces(path, LineReader(str(path)))


def _read_pieces(path: Path, reader: LineReader | WandbFileReader) -> Reading:
    for piece in _pieces(path):
        reader.feed(piece)
    reader.finish()
    return reader.reading()


def _read_events(paths: list[Path], name: str) -> Reading:
    reader = EventFileReader(name)
    for path in sorted(paths, key=lambda path: path.name):
        for piece in _pieces(path):
            reader.feed(piece)
        reader.finish()
    return reader.reading()


def _read_document(path: Path) -> Reading:
    if path.stat().st_size <= LARGEST_DOCUMENT:
        whole = read_document(path.read_text(encoding="utf-8", errors="replace"), str(path))
        if whole is not None:
            return whole
        lines = _read_pieces(path, LineReader(str(path)))
        if lines.format == "jsonl":
            return lines
    return read_torn_document((piece.decode("utf-8", "replace") for piece in _pieces(path)), str(path))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _is_binary(head: bytes) -> bool:
    """Whether bytes are not text: many control characters, or much that is not UTF-8."""
    controls = sum(head.count(bytes([code])) for code in range(32) if code not in (8, 9, 10, 12, 13, 27))
    replaced = head.decode("utf-8", "replace").count("\ufffd")
    return controls > len(head) // 50 or replaced > len(head) // 20
