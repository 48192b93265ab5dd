"""Tunes on a real disk that is nearly full, and gives it a little more room after each end, until the study is done.

Usage: unshare --map-root-user --mount python -m tests.end_to_end.small_disk DISK COPY

DISK becomes a file system of its own, in memory, which only this process and its children see; what is on it in the
end is copied to COPY. Prints a JSON list: exit code and stderr of every command.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.command import Workplace
from tests.end_to_end.killing import study_place

SIZE = 8 << 20  # bytes of the disk
FIRST, MORE = 20 << 10, 60 << 10  # that are free at first, and so many more after each end
MOST = 40  # commands


def main(disk: Path, copy: Path) -> None:
    mount = ("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs")
    subprocess.run([*mount, str(disk)], check=True)
    place = study_place(disk)
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free - FIRST))
    ends: list[tuple[int, str]] = []
    for _ in range(MOST):
        typed = place.type("tune", "digits.py")
        ends.append((typed.code, typed.err))
        if typed.code == 0 or not room_is_made(ballast):
            break
    ballast.unlink()
    assert Workplace(disk).processes() == []
    shutil.copytree(disk, copy)
    print(json.dumps(ends))


def room_is_made(ballast: Path) -> bool:
    left = ballast.stat().st_size - MORE
    if left >= 0:
        os.truncate(ballast, left)
    return left >= 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
