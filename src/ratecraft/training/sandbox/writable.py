"""Where a probe may write: its mirror, its results, temporary files, devices and caches of frameworks.

Path:   the worker -> `landlock.restrict_writes` and `first_write.CopyOnFirstWrite`, which hold to the same list.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_CACHE_VARIABLES = (
    "HF_HOME",
    "HUGGINGFACE_HUB_CACHE",
    "KERAS_HOME",
    "MPLCONFIGDIR",
    "NUMBA_CACHE_DIR",
    "TORCHINDUCTOR_CACHE_DIR",
    "TORCH_EXTENSIONS_DIR",
    "TORCH_HOME",
    "TRITON_CACHE_DIR",
    "XDG_CACHE_HOME",
)
_CACHES_AT_HOME = (".cache", ".config/matplotlib", ".keras", ".nv", ".triton")


def cache_folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders in which frameworks keep what they can make or load again.

    Example:
        >>> [str(folder) for folder in cache_folders({"HOME": "/home/me", "TORCH_HOME": "/data/torch"})][:2]
        ['/data/torch', '/home/me/.cache']
    """
    home = environment.get("HOME")
    return (*named_caches(environment), *(Path(home, name) for name in _CACHES_AT_HOME if home))


def named_caches(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Caches named by a variable, which may be anywhere."""
    return tuple(Path(environment[name]) for name in _CACHE_VARIABLES if environment.get(name))


def writable_folders(
    source: Path, scratch: Path, environment: Mapping[str, str], others: Sequence[Path] = ()
) -> tuple[Path, ...]:
    """Every folder in which a probe may change files.

    A folder that holds `source` itself would open the user's files, and is left out: where the user works inside the
    temporary folder, point `TMPDIR` into the mirror.

    Args:
        source: The user's working folder.
        scratch: The probe's mirror of it.
        environment: The probe's environment.
        others: Further folders: of the outcome, or allowed by the user.

    Example:
        >>> folders = writable_folders(Path("/tmp/me"), Path("/tmp/me/.ratecraft/1"), {"TMPDIR": "/tmp"})
        >>> Path("/tmp") in folders, Path("/tmp/me/.ratecraft/1") in folders
        (False, True)
    """
    temporary = Path(environment.get("TMPDIR") or tempfile.gettempdir())
    candidates = (scratch, *others, temporary, Path("/dev"), *cache_folders(environment))
    home = os.path.realpath(source)
    real = dict.fromkeys(os.path.realpath(folder) for folder in candidates)
    return tuple(Path(folder) for folder in real if os.path.commonpath((home, folder)) != folder)
