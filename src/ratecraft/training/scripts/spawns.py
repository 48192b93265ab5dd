"""Whether a script starts its processes itself, as far as its text shows: no torch is loaded to look."""

import re
from pathlib import Path

__all__ = ["names_spawn"]

_NAMES = re.compile(rb"\b(spawn|start_processes)\s*\(")


def names_spawn(script: Path) -> bool:
    """Whether the text of a script calls what would spawn its processes; False if it cannot be read."""
    try:
        return bool(_NAMES.search(script.read_bytes()))
    except OSError:  # told where the script is run
        return False
