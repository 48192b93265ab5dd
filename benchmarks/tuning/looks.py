"""Counts looks at the unseen part: each is a line that the script itself writes, before it shows anything.

Path:   a script that scores unseen tasks -> looks.jsonl, which is committed -> README, `make claims`.
"""

import datetime
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lines import append, read

__all__ = ["count", "looked"]

LOOKS = Path(__file__).with_name("looks.jsonl")


def looked(script: str, tasks: Sequence[str], path: Path = LOOKS) -> None:
    """Write down that these tasks are being scored."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    named = subprocess.run(command, capture_output=True, text=True, check=False)
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    append(path, {"date": date, "commit": named.stdout.strip(), "script": script, "tasks": list(tasks)})
    print(f"this is look {count(path)} at unseen tasks: it is written down in {path.name}", file=sys.stderr)


def count(path: Path = LOOKS) -> int:
    """How often unseen tasks were scored."""
    return len(read(path))
