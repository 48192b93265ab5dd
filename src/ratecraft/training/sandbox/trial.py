"""Tests an overlay in a process of its own: `python -m ratecraft.training.sandbox.trial`.

Path:   `choosing` -> a request in JSON -> its own namespace and a fork's -> why there is no overlay, on its output.

A trial mount alone proves little: it may succeed where no file can be copied up, or no branch can follow.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ratecraft.training.sandbox.covering import enter, enter_branch
from ratecraft.training.sandbox.uppers import copy_upper, new_upper
from ratecraft.training.sandbox.view import Layer, Overlaid

_SECONDS = 30.0
_SMALL = 1 << 20  # bytes of a file that is copied up for the trial


def overlay_trials(roots: Sequence[Path], scratch: Path, folders: Sequence[Path]) -> str:
    """Why there is no overlay over folders; empty if it works.

    Args:
        roots: The folders, none below another one.
        scratch: Where their changes would go: a folder outside of the roots.
        folders: Folders at or below the roots in which files are to be changed.

    Returns:
        A slug: `not-linux`, `no-namespace`, `scratch` (no extended attributes, or not writable), `mount-denied`,
        `copy-up-denied` (a file cannot be changed in it), or `branch-denied`.
    """
    if not sys.platform.startswith("linux"):
        return "not-linux"
    request = {"roots": list(map(str, roots)), "scratch": str(scratch), "folders": list(map(str, folders))}
    try:
        done = subprocess.run(  # noqa: S603 - a list, no shell; our own module
            [sys.executable, "-P", "-m", __name__],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return "no-namespace"
    return done.stdout.strip() if done.returncode == 0 else "no-namespace"


def tried(roots: Sequence[str], scratch: Path, folders: Sequence[str]) -> str:
    """Enter a view, change files in it, fork, and change files in the fork's; why that fails, else nothing."""
    try:
        os.setxattr(scratch, "user.overlay.trial", b"y")
        view = _view(roots, scratch)
    except OSError:
        return "scratch"
    stage = "no-namespace"
    try:
        before = _state(folders)
        os.chdir("/")
        enter(view, folders[0])
        stage = "copy-up-denied"
        for folder in folders:
            _change(Path(folder))
        stage = "branch-denied"
        child = os.fork()
        if child == 0:
            os._exit(_branch(view, scratch, folders))
        if os.waitpid(child, 0)[1] != 0:
            return stage
    except OSError as error:
        return "mount-denied" if stage == "no-namespace" and "mount" in str(error.filename) else stage
    return "" if _state(folders) != before else "mount-denied"


def _view(roots: Sequence[str], scratch: Path) -> Overlaid:
    layers: list[Layer] = []
    for number, root in enumerate(roots):
        pristine, place = scratch / f"pristine-{number}", scratch / f"place-{number}"
        pristine.mkdir()
        new_upper(place / "upper", Path(root))
        (place / "work").mkdir()
        layers.append(Layer(root, str(pristine), str(place)))
    return Overlaid(tuple(layers), str(scratch))


def _branch(view: Overlaid, scratch: Path, folders: Sequence[str]) -> int:
    layers: list[Layer] = []
    for number, layer in enumerate(view.layers):
        own = Layer(layer.root, layer.pristine, str(scratch / f"branch-{number}"))
        copy_upper(layer.upper, own.upper)
        own.work.mkdir()
        layers.append(own)
    try:
        enter_branch(Overlaid(tuple(layers), str(scratch)))
        for folder in folders:
            _change(Path(folder))
    except OSError:
        return 1
    return 0


def _change(folder: Path) -> None:
    """Make a file and a folder, and write to a file that is there."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        Path(made, "file").write_text("x", encoding="utf-8")
    there = _small_file(folder)
    if there is not None:
        with there.open("r+b") as file:
            first = file.read(1)
            file.seek(0)
            file.write(first)


def _small_file(folder: Path) -> Path | None:
    """A file of the folder that may be written to."""
    with os.scandir(folder) as entries:
        for entry in entries:
            is_file = entry.is_file(follow_symlinks=False) and os.access(entry.path, os.W_OK)
            if is_file and 0 < entry.stat().st_size <= _SMALL:
                return Path(entry.path)
    return None


def _state(folders: Sequence[str]) -> list[int]:
    """Devices of the folders: an overlay has its own."""
    return [Path(folder).stat().st_dev for folder in folders]


def _main() -> None:
    request = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="trial-", dir=request["scratch"]) as scratch:
        child = os.fork()
        if child == 0:
            sys.stdout.write(tried(request["roots"], Path(scratch), request["folders"]))
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)
        for work in Path(scratch).glob("*/work/*"):
            work.chmod(0o700)
            shutil.rmtree(work)


if __name__ == "__main__":
    _main()
