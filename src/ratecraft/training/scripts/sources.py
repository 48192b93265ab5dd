"""The user's files that a script consists of; if they are unchanged, an earlier run counts as this one's.

Path:   the modules that the script has imported, the files that its arguments name -> path to hash, in `RunFacts`.

Data are left out: they may be large, and a script is tuned on the data that it reads.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from ratecraft.training.processes.wire import Start

_LARGEST = 1 << 20  # bytes of a file that an argument names and that configures a run; a larger one is data


def sources_of(start: Start, script: Path, is_users: Callable[[str], bool]) -> Mapping[str, str]:
    """Path, from the user's folder where the file lies in it, to hash.

    Args:
        start: How the script is run.
        script: Where it lies for this run.
        is_users: Whether a file is the user's own code.
    """
    found: dict[str, str] = {}
    for path in sorted({script, *_modules(is_users), *_named(start)}):
        try:
            facts = path.stat()
            digest = _hash_of(path, facts.st_mtime_ns, facts.st_size)
        except OSError:
            continue
        inside = path.is_relative_to(start.directory)
        found[path.relative_to(start.directory).as_posix() if inside else str(path)] = digest
    return found


def _modules(is_users: Callable[[str], bool]) -> Iterator[Path]:
    for module in tuple(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith(".py") and is_users(file):
            yield Path(file)


def _named(start: Start) -> Iterator[Path]:
    """The small files among the arguments: `--config a.yaml`, `--config=a.yaml`."""
    for word in start.arguments:
        for name in {word, word.rpartition("=")[2]}:
            path = Path(start.directory, name)
            try:
                if name and path.is_file() and path.stat().st_size <= _LARGEST:
                    yield path
            except (OSError, ValueError):  # too long a name, or with a zero byte: no file
                continue


@lru_cache(maxsize=1024)
def _hash_of(path: Path, changed_ns: int, size: int) -> str:
    """Hash of a file as it is since then."""
    del changed_ns, size
    return hashlib.sha256(path.read_bytes()).hexdigest()
