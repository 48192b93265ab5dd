"""Writes in an overlay: reports those that are denied, and fixes those that overlays do not support.

Path:   `write_events` -> the supervisor hears of a write outside of all roots -> the kernel denies it (EROFS).
Source: kernel documentation, overlayfs: without privilege a folder of home's cannot be renamed (EXDEV); and a file of
        another group cannot be copied up (EOVERFLOW), though it is writable at home. Both become the run's own first.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ratecraft.training.sandbox.roots import is_users_own
from ratecraft.training.sandbox.uppers import is_opaque
from ratecraft.training.sandbox.view import Layer, Overlaid

_NO_FILES = (Path("/dev"), Path("/proc"), Path("/sys"))


class OverlayWrites:
    """A `WriteGuard` for a run in an overlay.

    Args:
        view: View of this process.
        denied: Told the path of every write that the kernel is about to deny.
    """

    def __init__(self, view: Overlaid, denied: Callable[[Path], None]) -> None:
        self._view, self._denied = view, denied
        self._allowed = (*_NO_FILES, Path(view.store), *(Path(folder) for folder, _ in view.writable))

    def contents(self, path: Path, *, truncates: bool) -> None:
        """Tell of a file that may not be written; make one of another group's the run's own."""
        real = Path(os.path.realpath(path))
        if self._permits(real) and real.is_file() and not is_users_own(real):
            _replace(real, truncates=truncates)

    def name(self, path: Path) -> None:
        """Tell of a name that may not be made or removed."""
        if not (path.is_dir() and not path.is_symlink()):  # `makedirs(..., exist_ok=True)` expects its own error
            self._permits(Path(os.path.realpath(path.parent)) / path.name)

    def move(self, source: Path, target: Path) -> None:
        """Tell of names that may not be changed; make a folder of home's the run's own, so that it can move."""
        self.name(target)
        real = Path(os.path.realpath(source.parent)) / source.name
        if self._permits(real) and real.is_dir() and not real.is_symlink() and self._is_of_home(real):
            own = real.with_name(f".{real.name}.{os.getpid()}")
            shutil.copytree(real, own, symlinks=True)
            shutil.rmtree(real)
            own.rename(real)

    def folder(self, path: Path) -> None:
        """Nothing to do: changes of its entries are reported one by one."""

    def _permits(self, real: Path) -> bool:
        if self._view.holds(real) or any(real.is_relative_to(folder) for folder in self._allowed):
            return True
        self._denied(real)
        return False

    def _is_of_home(self, folder: Path) -> bool:
        layer = next((layer for layer in self._view.layers if folder.is_relative_to(layer.root)), None)
        return layer is not None and _is_below(folder.relative_to(layer.root), layer)


def _is_below(name: Path, layer: Layer) -> bool:
    """Whether a lower layer has a folder of this name that is shown."""
    if is_opaque(layer.upper / name):
        return False
    return any(Path(lower, name).is_dir() for lower in filter(None, (layer.pristine, layer.prepared)))


def _replace(path: Path, *, truncates: bool) -> None:
    """Put a file of the run's own in the place of one that it may write to, if only at home."""
    if not os.access(path, os.W_OK):
        return
    own = path.with_name(f".{path.name}.{os.getpid()}")
    if truncates:
        own.touch()
    else:
        shutil.copyfile(path, own)
    own.chmod(path.stat().st_mode & 0o777)
    own.replace(path)
