"""Whether a script starts its processes itself, judged by its text without loading torch."""

import re
from pathlib import Path

_SPAWN = re.compile(rb"\b(spawn|start_processes)\s*\(")
_PROCESS = re.compile(rb"\bProcess\s*\(")


def names_spawn(script: Path) -> bool:
    """Whether the text of a script calls what would spawn its processes; False if it cannot be read."""
    return _names(_SPAWN, script)


def names_process(script: Path) -> bool:
    """Whether the text of a script makes processes one by one, whatever for; False if it cannot be read."""
    return _names(_PROCESS, script)


def _names(pattern: re.Pattern[bytes], script: Path) -> bool:
    try:
        return bool(pattern.search(script.read_bytes()))
    except OSError:  # told where the script is run
        return False
