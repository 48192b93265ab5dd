"""Chooses how runs are kept from the user's files: overlays if a trial shows that they work, else mirrors.

Path:   the working folder and the environment -> a trial in a process of its own -> a `Sandbox` for the whole study.
"""

import contextlib
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from ratecraft.errors import InvalidInput
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.sandbox.claims import claim, give_up, own_folder, sweep
from ratecraft.training.sandbox.mirror import remove_mirror
from ratecraft.training.sandbox.mirrors import MirrorSandbox
from ratecraft.training.sandbox.overlays import OverlaySandbox
from ratecraft.training.sandbox.place import Sandbox
from ratecraft.training.sandbox.roots import is_users_own, mounts_of, roots_of
from ratecraft.training.sandbox.trial import overlay_trials
from ratecraft.training.sandbox.writable import named_caches

_MOUNTS = Path("/proc/self/mountinfo")
_OF = "study"  # file in a store: whose it is


@contextmanager
def chosen_sandbox(
    directory: Path,
    study: StudyFolder,
    environment: Mapping[str, str],
    *,
    hidden: Sequence[Path] = (),
) -> Generator[Sandbox]:
    """The sandbox of a study, for as long as its supervisor is at work.

    What its first run prepared stays where the study was stopped, so that it continues it.

    Args:
        directory: The user's working folder.
        study: The study.
        environment: The user's.
        hidden: Files and folders that runs do not see, absolute.
    """
    home, reason = directory.resolve(), "no-root"
    folders = _folders(home, environment)
    for changes in places_for_changes(environment):
        found = _proven(home, folders, changes)
        if isinstance(found, str):
            reason = found
            continue
        with _store(changes, study) as store:
            yield OverlaySandbox(home, study, found, store, tuple(hidden))
        return
    yield MirrorSandbox(directory, study, tuple(hidden), reason)


def overlay_problem(directory: Path, environment: Mapping[str, str]) -> str:
    """Why a study of this folder would get no overlay, as a slug; empty if it would."""
    home, reason = directory.resolve(), "no-root"
    folders = _folders(home, environment)
    for changes in places_for_changes(environment):
        found = _proven(home, folders, changes)
        if not isinstance(found, str):
            return ""
        reason = found
    return reason


def places_for_changes(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Folders that changes may go to, in the order in which they are tried.

    First the one that the user names by `RATECRAFT_SCRATCH`, then those that outlive a restart.

    Example:
        >>> str(places_for_changes({"XDG_RUNTIME_DIR": "/run/user/1000", "RATECRAFT_SCRATCH": "/dev"})[0])
        '/dev'
    """
    named = (environment.get("RATECRAFT_SCRATCH"), "/var/tmp", environment.get("XDG_RUNTIME_DIR"))  # noqa: S108
    return tuple(Path(os.path.realpath(folder)) for folder in named if folder and Path(folder).is_dir())


def _folders(home: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where scripts write: the working folder first."""
    others = (environment.get("HOME"), environment.get("TMPDIR") or "/tmp", *named_caches(environment))  # noqa: S108
    real = (Path(os.path.realpath(other)) for other in others if other)
    return (home, *dict.fromkeys(path for path in real if path != home and _is_writable(path)))


def _is_writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _proven(home: Path, folders: Sequence[Path], changes: Path) -> tuple[Path, ...] | str:
    """The roots that overlays work for, the working folder's among them; or why there are none.

    Where the highest roots do not, narrower ones are tried: the parent of the working folder, and the folder itself.
    """
    if sys.platform != "linux":
        return "not-linux"
    mounts = mounts_of(_MOUNTS.read_text(encoding="utf-8")) if _MOUNTS.exists() else ()
    reason = "no-root"
    for choice in (
        roots_of(folders, mounts, is_users_own),
        roots_of((home,), mounts, is_users_own),
        roots_of((home.parent,), mounts, lambda folder: False),
        roots_of((home,), mounts, lambda folder: False),
    ):
        inside = any(changes.is_relative_to(root) or root.is_relative_to(changes / _STORES) for root in choice)
        if inside or not any(home.is_relative_to(root) for root in choice):
            continue
        tried = [folder for folder in folders if any(folder.is_relative_to(root) for root in choice)]
        try:
            reason = overlay_trials(choice, own_folder(changes, _STORES), tried)
        except (InvalidInput, OSError):
            return "scratch"
        if not reason:
            return choice
        if reason in _FINAL:
            break
    return reason


_STORES = "ratecraft-scratch"
_FINAL = ("not-linux", "no-namespace", "scratch", "mount-denied")
"""Reasons that are the same for every root."""


@contextmanager
def _store(changes: Path, study: StudyFolder) -> Generator[Path]:
    """The study's own folder for changes; those of studies that are gone are removed."""
    home = own_folder(changes, _STORES)
    sweep(home, wanted=_has_study)
    held = claim(home, sha256(str(study.path).encode()).hexdigest()[:16])
    (held.path / _OF).write_text(str(study.path), encoding="utf-8")
    remove_mirror(held.path / "runs")  # of a supervisor that was killed
    try:
        yield held.path
        give_up(held.path)
    finally:
        with contextlib.suppress(OSError):  # a process that is still ending may write there
            remove_mirror(held.path / "runs")
        held.release()


def _has_study(place: Path) -> bool:
    """Whether the study of a store is there still: it may go on."""
    try:
        return Path((place / _OF).read_text(encoding="utf-8")).is_dir()
    except OSError:
        return False
