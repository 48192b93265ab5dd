"""Folders of settings and caches, where denying a write does not change a training.

Path:   a write that a probe was denied -> told to the user, unless it is to one of these.
"""

from collections.abc import Mapping
from pathlib import Path

_VARIABLES = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


def is_settings(path: Path, environment: Mapping[str, str]) -> bool:
    """Whether a path lies in a hidden folder of the user's home, or where their system says that settings lie.

    Example:
        >>> home = {"HOME": "/home/me"}
        >>> is_settings(Path("/home/me/.config/wandb/settings"), home), is_settings(Path("/home/me/best.pt"), home)
        (True, False)
    """
    if any(environment.get(name) and path.is_relative_to(environment[name]) for name in _VARIABLES):
        return True
    home = environment.get("HOME")
    if not home or not path.is_relative_to(home) or path == Path(home):
        return False
    return path.relative_to(home).parts[0].startswith(".")
