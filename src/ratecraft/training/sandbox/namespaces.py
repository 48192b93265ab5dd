"""The few system calls that give a process its own mount namespace and overlays, without privileges.

Path:   `covering` -> the kernel.
Source: Linux manual pages user_namespaces(7), mount_namespaces(7), setns(2), mount_setattr(2); kernel documentation,
        overlayfs.

The process keeps its user and group. Mounts of the namespace end with its last process.
"""

import ctypes
import errno
import os
from collections.abc import Sequence
from pathlib import Path

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18
_MOUNT_SETATTR = 442  # the number of the call, the same on every processor; Linux 5.12
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_READ_ONLY = 1


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("users", ctypes.c_uint64),
    )


def enter_namespace() -> None:
    """Give this process, which has one thread, mounts of its own and the right to change them.

    Raises:
        OSError: The system forbids it, or the process has several threads (EINVAL).
    """
    user, group = os.getuid(), os.getgid()
    _check(_library().unshare(ctypes.c_int(_NEW_MOUNTS | _NEW_USERS)), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path("/proc/self", name).write_text(text)
    _mount("none", "/", "none", _RECURSIVE | _PRIVATE)


def join_namespace(process: int) -> None:
    """Give this process, which has one thread, the mounts of another one that has entered a namespace.

    Raises:
        OSError: The system forbids it, or there is no such process.
    """
    before, handle = _mounts(), os.pidfd_open(process)
    try:
        _check(_library().setns(ctypes.c_int(handle), ctypes.c_int(_NEW_MOUNTS | _NEW_USERS)), "setns")
    finally:
        os.close(handle)
    if _mounts() == before:  # what it changed would be changed at home
        raise OSError(errno.ESRCH, os.strerror(errno.ESRCH), "setns")


def bind(source: str | Path, target: str | Path, *, recursive: bool = False) -> None:
    """Show a folder at a second place; with the mounts below it where that is asked for."""
    _mount(str(source), str(target), "none", _BIND | (_RECURSIVE if recursive else 0))


def overlay(root: str | Path, lowers: Sequence[str | Path], upper: Path, work: Path) -> None:
    """Show folders on top of each other at `root`; the first of `lowers` is on top, and changes go to `upper`."""
    names = ":".join(_escaped(str(lower)).replace(":", "\\:") for lower in lowers)
    options = f"lowerdir={names},upperdir={_escaped(str(upper))},workdir={_escaped(str(work))},userxattr"
    _mount("overlay", str(root), "overlay", 0, options)


def empty(target: str | Path) -> None:
    """Show an empty folder in place of another one; it holds 1 MiB at most."""
    _mount("tmpfs", str(target), "tmpfs", 0, "size=1m,mode=755")


def set_read_only(path: str | Path, *, recursive: bool = False) -> None:
    """Deny changes below a mount point: EROFS."""
    _set_attributes(path, _Attributes(set=_READ_ONLY), recursive)


def clear_read_only(path: str | Path, *, recursive: bool = False) -> None:
    """Allow what `set_read_only` denied in this namespace."""
    _set_attributes(path, _Attributes(clear=_READ_ONLY), recursive)


def _set_attributes(path: str | Path, attributes: _Attributes, recursive: bool) -> None:
    flags = ctypes.c_uint(_AT_RECURSIVE if recursive else 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    name = os.fsencode(path)
    result = _library().syscall(
        ctypes.c_long(_MOUNT_SETATTR), ctypes.c_int(_AT_FDCWD), name, flags, ctypes.byref(attributes), size
    )
    _check(int(result), f"mount_setattr {path}")


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    result = _library().mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode(),
        ctypes.c_ulong(flags),
        os.fsencode(options) if options else None,
    )
    _check(result, f"mount {target}")


def _mounts() -> str:
    """Which namespace the mounts of this process are of."""
    return str(Path("/proc/self/ns/mnt").readlink())


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace(",", "\\,")


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
