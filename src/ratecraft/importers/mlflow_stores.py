"""MLflow's stores: a folder of one file a metric, or one SQLite database.

Path:   the folder of a run, a database -> rows -> `gathering` -> `Reading`.
Source: the layouts of MLflow's FileStore (`<run>/metrics/<name>`, lines of time, value and step) and SqlAlchemyStore
        (table `metrics`). Read without MLflow: its file store is off by default since 3.13, and both are plain.
"""

import math
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ratecraft.errors import InvalidInput
from ratecraft.importers.entries import number_in, row_of
from ratecraft.importers.gathering import Gathering
from ratecraft.importers.names import meaning_of
from ratecraft.importers.reading import Reading, TornCounter, reading_of
from ratecraft.importers.rows import Row

_MOST_FILES = 1 << 14
_LARGEST_PARAMETER = 4096
_INFINITE = 1.7976931348623157e308  # what the database has in place of an infinity


def is_mlflow_run(folder: Path) -> bool:
    """Whether a folder is that of one run in a file store."""
    return (folder / "meta.yaml").is_file() and (folder / "metrics").is_dir()


def read_mlflow_run(folder: Path) -> Reading:
    """The reading of one run in a file store; links are not followed."""
    gathering, torn = Gathering(), TornCounter()
    parameters = [(path.name, path.read_bytes()) for path in _files(folder / "params") if _is_small(path)]
    gathering.know(row_of((name, value.decode("utf-8", "replace")) for name, value in parameters).facts)
    lines = used = 0
    for path in _files(folder / "metrics"):
        name = path.relative_to(folder / "metrics").as_posix()
        with path.open(encoding="utf-8", errors="replace") as file:
            points = list[tuple[float, int]]()
            for number, line in enumerate(file, 1):
                lines += 1
                cells = line.split()
                value = number_in(cells[1]) if len(cells) > 2 else None
                if value is None or not cells[2].isdigit():
                    torn.add("cells", number)
                    continue
                points.append((value, int(cells[2])))
        used += _add(gathering, name, points)
    return reading_of(gathering, str(folder), "mlflow", lines=lines, used=used, torn=torn.counted())


def is_mlflow_database(path: Path) -> bool:
    """Whether an SQLite file is a store of MLflow."""
    try:
        with closing(_connect(path)) as connection:
            return _has_table(connection, "metrics") and _has_table(connection, "runs")
    except sqlite3.Error:
        return False


def read_mlflow_database(path: Path) -> Reading:
    """The reading of all runs in a database.

    Raises:
        InvalidInput: It is damaged (`log-damaged`).
    """
    gathering = Gathering()
    lines = used = 0
    try:
        with closing(_connect(path)) as connection:
            for (run,) in connection.execute("SELECT run_uuid FROM runs ORDER BY start_time, run_uuid").fetchall():
                gathering.begin_run()
                if _has_table(connection, "params"):
                    values = connection.execute("SELECT key, value FROM params WHERE run_uuid = ?", (run,)).fetchall()
                    gathering.know(row_of((str(name), str(value)) for name, value in values).facts)
                for name, points in _series(connection, run):
                    lines += len(points)
                    used += _add(gathering, name, points)
    except sqlite3.Error as error:
        raise InvalidInput("log-damaged", path=path, reason=str(error)) from error
    return reading_of(gathering, str(path), "mlflow", lines=lines, used=used)


def _series(connection: sqlite3.Connection, run: str) -> Iterator[tuple[str, list[tuple[float, int]]]]:
    names = connection.execute("SELECT DISTINCT key FROM metrics WHERE run_uuid = ? ORDER BY key", (run,)).fetchall()
    for (name,) in names[:_MOST_FILES]:
        rows: Iterable[Any] = connection.execute(
            "SELECT value, is_nan, step FROM metrics WHERE run_uuid = ? AND key = ? ORDER BY step, timestamp",
            (run, name),
        )
        yield str(name), [(_value(value, is_nan), int(step)) for value, is_nan, step in rows]


def _value(value: object, is_nan: object) -> float:
    number = math.nan if is_nan or not isinstance(value, int | float) else float(value)
    return math.copysign(math.inf, number) if abs(number) >= _INFINITE else number


def _add(gathering: Gathering, name: str, points: list[tuple[float, int]]) -> int:
    """Add one series; how many of its points are read. Where all have one step, their order is all that is known."""
    if meaning_of(name).kind not in ("figure", "rate"):
        return 0
    counted = len({step for _, step in points}) > 1 or len(points) < 2
    facts = {} if counted else {"counts": "points"}
    for place, (value, step) in enumerate(points):
        gathering.add(Row(((name, value),), step if counted else place, facts=facts))
    return len(points)


def _files(folder: Path) -> list[Path]:
    """The files below a folder, without links."""
    found: list[Path] = []
    for directory, folders, names in os.walk(folder) if not folder.is_symlink() else ():
        folders.sort()
        paths = (Path(directory, name) for name in sorted(names))
        found += [path for path in paths if stat.S_ISREG(path.lstat().st_mode)]
        if len(found) > _MOST_FILES:
            break
    return found[:_MOST_FILES]


def _is_small(path: Path) -> bool:
    return path.stat().st_size <= _LARGEST_PARAMETER


def _connect(path: Path) -> sqlite3.Connection:
    """The database to read and nothing else: its triggers and views are somebody else's program."""
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    found = connection.execute(query, (name,)).fetchone()
    return found is not None and not str(found[0]).upper().lstrip().startswith("CREATE VIRTUAL")
