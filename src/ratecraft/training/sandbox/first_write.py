"""Copy on first write: before a link in a scratch mirror is written to, it becomes a file of its own.

Path:   `write_events` -> the link at the written path is replaced by a copy -> the script's write, in the mirror.

A link to a whole folder becomes a real folder of links when something in it is about to change. Writes to places
outside the mirror are denied as Landlock denies them, so that a script meets the same rule where the kernel has none.
"""

import errno
import os
import shutil
import stat
import threading
from collections.abc import Sequence
from pathlib import Path

_MOST_LINKS = 40  # on one path, as the kernel has it


class CopyOnFirstWrite:
    """A `WriteGuard` for a probe in its mirror.

    Args:
        scratch: The mirror, as `mirror` returned it.
        allowed: Where else writing is allowed (`writable.writable_folders`).
    """

    def __init__(self, scratch: Path, allowed: Sequence[Path]) -> None:
        self._scratch = scratch.resolve()
        self._allowed = (self._scratch, *(folder.resolve() for folder in allowed))

    def contents(self, path: Path, *, truncates: bool) -> None:
        """Make the file behind the path the mirror's own; an empty one where its contents are thrown away at once.

        Raises:
            PermissionError: The file lies where a probe may not write.
        """
        self._permit(self._walk(path, to_the_end=True, truncates=truncates), path)

    def name(self, path: Path) -> None:
        """Make the folder of the name the mirror's own.

        Raises:
            PermissionError: It lies where a probe may not write.
        """
        self._permit(self._walk(path, to_the_end=False), path)

    def move(self, source: Path, target: Path) -> None:
        """Make the folders of both names the mirror's own; a link to an original moves as a link.

        Raises:
            PermissionError: One of them lies where a probe may not write.
        """
        self.name(source)
        self.name(target)

    def folder(self, path: Path) -> None:
        """Make the folder itself the mirror's own: relative paths, or a loop over its entries, start there."""
        self._walk(path, to_the_end=True)

    def _permit(self, place: Path, path: Path) -> None:
        if not any(place.is_relative_to(folder) for folder in self._allowed):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def _walk(self, path: Path, *, to_the_end: bool, truncates: bool = False) -> Path:
        """Follow the path as the kernel does, turning links to originals into the mirror's own; where it ends."""
        here, rest = Path("/"), list(reversed(path.parts[1:]))
        followed = 0
        while rest:
            part = rest.pop()
            if part == "..":
                here = here.parent
                continue
            step = here / part
            if not rest and not to_the_end:
                return step
            if step.is_symlink() and here.is_relative_to(self._scratch):
                self._own(step, truncates=truncates and not rest)
            if not step.is_symlink():
                here = step
                continue
            followed += 1
            if followed > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
            target = step.readlink()
            here = Path("/") if target.is_absolute() else here
            rest.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))
        return here

    def _own(self, link: Path, *, truncates: bool) -> None:
        """Replace a link that leads out of the mirror; links within it and links to devices stay."""
        # One link at a time: a link of the script's own may lead to a link to an original.
        leads_to = Path(os.path.normpath(link.parent / link.readlink()))
        original = Path(os.path.realpath(link))
        if leads_to.is_relative_to(self._scratch) or original.is_relative_to(self._scratch):
            return
        part = link.with_name(f"{link.name}.{os.getpid()}-{threading.get_ident()}.part")
        if original.is_dir():
            part.mkdir()
            for entry in original.iterdir():
                (part / entry.name).symlink_to(entry)
            link.unlink()
            part.rename(link)
        elif original.is_file():
            if truncates:
                part.touch(stat.S_IMODE(original.stat().st_mode), exist_ok=False)
            else:
                shutil.copy2(original, part)
            part.replace(link)
        elif not original.exists():
            link.unlink()  # it leads nowhere: writing to it would make the file outside
