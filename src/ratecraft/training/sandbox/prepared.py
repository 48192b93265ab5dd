"""Keeps what a script prepared before its first step, mainly downloads and caches, for later runs.

Path:   the first run's uppers -> `link_finished` (in its process, at its first step) -> `settle` (in the supervisor,
        after its end) -> a read-only layer of every later run.

Never what the run wrote or changed later: a script that resumes from a checkpoint must not resume from
the end of the run before. And never an output folder: many scripts stop, or choose another name, where theirs exists.
"""

import json
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from ratecraft.training.sandbox.uppers import walk
from ratecraft.training.sandbox.view import Layer, Overlaid

Listing: TypeAlias = Mapping[str, tuple[int, int, int]]
"""Path below a root -> number of the file, bytes, time of the last change in nanoseconds."""

_LISTING = "listing.json"


def link_finished(view: Overlaid) -> None:
    """Link every file that was written so far, and is not open for writing, where it outlives the run.

    Args:
        view: View of this process; nothing is done where it names no place for them.

    Raises:
        OSError: The disk is full.
    """
    if not view.prepared:
        return
    part, listings = Path(f"{view.prepared}.part"), dict[str, dict[str, tuple[int, int, int]]]()
    shutil.rmtree(part, ignore_errors=True)
    unfinished = _open_for_writing()
    for layer in view.layers:
        number = Path(layer.place).name
        found = _listing(layer.upper)
        kept = {name: facts for name, facts in found.items() if str(Path(layer.root, name)) not in unfinished}
        for name in kept:
            target = part / number / name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(layer.upper / name, target, follow_symlinks=False)
        listings[number] = kept
    part.mkdir(exist_ok=True)
    (part / _LISTING).write_text(json.dumps(listings), encoding="utf-8")
    part.rename(view.prepared)


def settle(preparing: Path, prepared: Path, layers: Sequence[Layer], caches: Sequence[Path]) -> None:
    """Drop from the linked files those that the run changed later, and its output folders; the rest becomes a layer.

    Args:
        preparing: What `link_finished` linked.
        prepared: Where the layer is to be; nothing is there yet.
        layers: Layers of the run, whose process is gone.
        caches: Folders that no run has for its own, so that in them each file counts for itself.
    """
    listings: dict[str, Listing] = json.loads((preparing / _LISTING).read_text(encoding="utf-8"))
    part = prepared.with_name(f"{prepared.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    for layer in layers:
        number, root = Path(layer.place).name, Path(layer.root)
        before = {name: tuple(facts) for name, facts in listings.get(number, {}).items()}
        kept = finished_files(
            before,
            _listing(layer.upper),
            made=frozenset(_made_folders(layer.upper, root)),
            caches=tuple(str(cache.relative_to(root)) for cache in caches if cache.is_relative_to(root)),
        )
        for name in kept:
            target = part / number / name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(preparing / number / name, target, follow_symlinks=False)
    part.mkdir(parents=True, exist_ok=True)
    part.rename(prepared)
    shutil.rmtree(preparing)


def finished_files(
    before: Mapping[str, tuple[int, ...]],
    after: Mapping[str, tuple[int, ...]],
    made: Collection[str],
    caches: Iterable[str],
) -> tuple[str, ...]:
    """The files that later runs may find.

    Args:
        before: What there was before the first step.
        after: What there was at the end.
        made: Folders that the run made.
        caches: Folders in which each file counts for itself.

    Example:
        >>> before = {"data/a.bin": (1, 9, 5), "out/config.json": (2, 9, 5), "log.csv": (3, 1, 5)}
        >>> after = before | {"out/best.pt": (4, 9, 8), "log.csv": (3, 7, 8)}
        >>> finished_files(before, after, made={"data", "out"}, caches=())
        ('data/a.bin',)
    """
    cached = tuple(f"{cache}/" for cache in caches)
    later = [name for name, facts in after.items() if before.get(name) != facts]
    outputs = {top for name in later if not name.startswith(cached) and (top := _highest(name, made))}
    inside = tuple(f"{folder}/" for folder in outputs)
    return tuple(name for name, facts in before.items() if after.get(name) == facts and not name.startswith(inside))


def _highest(name: str, made: Collection[str]) -> str:
    """The highest folder above a file that the run made; empty where it made none."""
    above = (str(folder) for folder in reversed(Path(name).parents) if str(folder) in made)
    return next(above, "")


def _listing(upper: Path) -> dict[str, tuple[int, int, int]]:
    found: dict[str, tuple[int, int, int]] = {}
    for entry in walk(upper):
        facts = entry.lstat()
        if stat.S_ISREG(facts.st_mode) or stat.S_ISLNK(facts.st_mode):
            found[str(entry.relative_to(upper))] = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
    return found


def _made_folders(upper: Path, root: Path) -> Iterable[str]:
    for entry in walk(upper):
        name = entry.relative_to(upper)
        if not entry.is_symlink() and entry.is_dir() and not (root / name).is_dir():
            yield str(name)


def _open_for_writing() -> frozenset[str]:
    """The files that this process may still write to."""
    found: set[str] = set()
    for descriptor in tuple(Path("/proc/self/fd").iterdir()):
        try:
            mode = Path("/proc/self/fdinfo", descriptor.name).read_text(encoding="ascii").split("flags:")[1].split()[0]
            if int(mode, 8) & os.O_ACCMODE != os.O_RDONLY:
                found.add(str(descriptor.readlink()))
        except (OSError, IndexError):
            continue
    return frozenset(found)
