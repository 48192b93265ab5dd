"""Checks whether the user's files changed, by the sizes and times of a folder before and after.

Path:   the user's folder, before and after a probe -> a note of the study where something changed.
Units:  bytes, and nanoseconds since 1970.

For systems without Landlock, where a program that a script starts can write through a mirror's link unseen.
"""

import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ratecraft.training.sandbox.mirror import STUDIES, kept_whole

Fingerprint: TypeAlias = Mapping[str, tuple[int, int]]
"""Path relative to the folder -> (size, time of the last change)."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths relative to the folder, sorted."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def fingerprint(folder: Path, leave_out: Collection[Path] = ()) -> Fingerprint:
    """Size and time of every file that a mirror of the folder links; of folders linked as a whole only their own.

    Args:
        folder: The user's working folder.
        leave_out: Folders inside it that are not looked at; `.ratecraft` never is.
    """
    root = folder.resolve()
    left_out = {root / STUDIES, *(path.resolve() for path in leave_out)}
    found: dict[str, tuple[int, int]] = {}
    waiting = [root]
    while waiting:
        above = waiting.pop()
        for path in above.iterdir():
            if path in left_out:
                continue
            facts = path.lstat()
            if stat.S_ISDIR(facts.st_mode) and not kept_whole(path, counted=above != root):
                waiting.append(path)
            else:
                found[str(path.relative_to(root))] = (facts.st_size, facts.st_mtime_ns)
    return found


def changes(before: Fingerprint, after: Fingerprint) -> Changes:
    """What differs between two fingerprints.

    Example:
        >>> changes({"a": (1, 0), "b": (1, 0)}, {"b": (2, 5), "c": (1, 0)})
        Changes(added=('c',), removed=('a',), changed=('b',))
    """
    return Changes(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(path for path in before.keys() & after.keys() if before[path] != after[path])),
    )
