"""A file of results that grows by a line of JSON at a time, whoever is killed when.

Path:   oracle, rivals -> lines -> what is missing, tables.
"""

import fcntl
import gzip
import json
from pathlib import Path
from typing import Any

__all__ = ["append", "read"]


def read(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file, packed by gzip or not; one torn by a kill is left out."""
    if not path.exists():
        return []
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return [json.loads(line) for line in text.split("\n")[:-1]]


def append(path: Path, line: dict[str, Any]) -> None:
    """Add a line, in the place of a torn one. Two processes never mix theirs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(json.dumps(line, allow_nan=False).encode() + b"\n")
