"""Runs the tests of the file that is mutated now: its own, then those of its room, and what is held of every file."""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """The exit code of pytest: 0 where the mutant survives."""
    asked = ["git", "diff", "--name-only", "--", "src"]
    changed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    (source,) = map(Path, changed.split())
    room = Path("tests", source.parts[2])
    own = sorted(room.rglob(f"test_{source.stem}.py"))
    for paths in ([*own, source], [room], [Path("tests/test_architecture.py")]):
        words = [sys.executable, "-m", "pytest", "--quiet", "--exitfirst", *map(str, paths)]
        code = subprocess.run(words, check=False).returncode
        if code not in (0, 5):  # 5: there are no tests
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
