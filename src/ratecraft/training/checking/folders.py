"""Checks the folders that a study uses: write access, free space, file system, and overlays.

Path:   working folder, temporary folder -> checks.
Units:  GiB in what is told.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ratecraft.records.check import Check
from ratecraft.records.storage.file_systems import file_system, is_network
from ratecraft.training.checking.machine import gibibytes
from ratecraft.training.sandbox.choosing import overlay_problem

_NO_OVERLAY = {
    "no-namespace": "overlay-namespace",
    "mount-denied": "overlay-namespace",
    "scratch": "overlay-scratch",
}
_LITTLE = 2 << 30  # checkpoints of the final run and scratch folders of probes come to as much


def room(folder: Path) -> Check:
    """Whether studies can be kept in the working folder."""
    free = gibibytes(shutil.disk_usage(folder).free)
    values = {"folder": str(folder), "free": free}
    if not _takes_files(folder):
        return Check("folder-read-only", "folder", "missing", values, essential=True)
    if free < gibibytes(_LITTLE):
        return Check("folder-full", "folder", "limited", values)
    return Check("folder", "folder", values=values)


def scratch_room(folder: Path | None = None) -> Check:
    """Room in the folder for temporary files."""
    try:
        scratch = Path(tempfile.gettempdir()) if folder is None else folder
    except FileNotFoundError as error:  # tells all places that were tried
        return Check("scratch-none", "scratch", "missing", {"reason": error.strerror}, essential=True)
    free = gibibytes(shutil.disk_usage(scratch).free)
    values = {"folder": str(scratch), "free": free}
    if free < gibibytes(_LITTLE):
        return Check("scratch-full", "scratch", "limited", values)
    return Check("scratch", "scratch", values=values)


def file_system_of(folder: Path) -> Check:
    """What holds the working folder: records on a network are slower and need another journal."""
    kind = file_system(folder)
    values = {"kind": kind or "?"}
    if is_network(kind):
        return Check("file-system-network", "file-system", "limited", values)
    return Check("file-system", "file-system", values=values)


def overlay(folder: Path, environment: Mapping[str, str]) -> Check:
    """Whether jobs see the user's files under their own names, in an overlay; else in a mirror, and why."""
    reason = overlay_problem(folder, environment)
    if not reason:
        return Check("overlay", "overlay")
    return Check(_NO_OVERLAY.get(reason, "overlay-none"), "overlay", "limited", {"reason": reason})


def _takes_files(folder: Path) -> bool:
    """Whether a file can be made: a file system that is mounted read-only is told by nothing else."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".ratecraft-", dir=folder)
    except OSError:
        return False
    os.close(descriptor)
    Path(name).unlink()
    return True
