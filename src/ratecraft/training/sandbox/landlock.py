"""Landlock: the kernel stops this process and its children from writing outside of what is allowed.

Path:   a probe's worker calls it before the script runs; `writable.writable_folders` says where writing is allowed.
Source: Linux documentation, userspace-api/landlock; the numbers of its interface are the same on every processor.

Only rights that change files are handled: reading stays free. A denied write is a `PermissionError` in the script.
"""

import ctypes
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1  # flag of create_ruleset
_PATH_BENEATH = 1  # kind of rule
_NO_NEW_PRIVILEGES = 38  # prctl

_WRITE_FILE = 1 << 1
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))  # folders, files, sockets, pipes, devices, links
_REFER = 1 << 13  # move or link into another folder: version 2; before, always denied
_TRUNCATE = 1 << 14  # version 3
_RIGHTS_OF_FILES = _WRITE_FILE | _TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled", ctypes.c_uint64),)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("descriptor", ctypes.c_int32))


def has_landlock() -> bool:
    """Whether this kernel can deny writes to a process."""
    return sys.platform.startswith("linux") and _version(ctypes.CDLL(None, use_errno=True)) >= 1


def restrict_writes(allowed: Sequence[Path]) -> bool:
    """Deny this thread, and every process that it starts from now on, to change files outside `allowed`.

    It cannot be undone, needs no privilege, and leaves files that are open already as they are. Call it from the main
    thread before others are started.

    Args:
        allowed: Folders (with all below them) and files that may be written; what does not exist is passed over.

    Returns:
        False if the kernel has no Landlock; nothing was restricted then.
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    version = _version(library)
    if version < 1:
        return False
    rights = _rights_of(version)
    attributes = _Ruleset(rights)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    ruleset = _call(library, _CREATE_RULESET, ctypes.byref(attributes), size, ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for path in allowed:
            _allow(library, ruleset, path, rights)
        nothing = ctypes.c_ulong(0)
        if library.prctl(_NO_NEW_PRIVILEGES, ctypes.c_ulong(1), nothing, nothing, nothing) != 0:
            return False
        return _call(library, _RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)


def _call(library: ctypes.CDLL, number: int, *arguments: object) -> int:
    """A system call; negative where it failed."""
    return int(library.syscall(ctypes.c_long(number), *arguments))


def _version(library: ctypes.CDLL) -> int:
    """Version of the kernel's interface; below 1 where it has none."""
    return _call(library, _CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))


def _rights_of(version: int) -> int:
    """The writing rights that a kernel of this interface version knows; it refuses a ruleset with others."""
    return _WRITE_FILE | _REMOVE_AND_MAKE | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)


def _allow(library: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rule = _PathBeneath(rights if is_folder else rights & _RIGHTS_OF_FILES, descriptor)
        kind = ctypes.c_int(_PATH_BENEATH)
        if _call(library, _ADD_RULE, ctypes.c_int(ruleset), kind, ctypes.byref(rule), ctypes.c_uint32(0)) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    finally:
        os.close(descriptor)
