"""The processors and memory that a container or a scheduler allows this process (control groups).

Path:   `/proc/self/cgroup`, `/sys/fs/cgroup` -> a `Share` -> how many jobs fit side by side; `ratecraft doctor`.
Units:  bytes; processors.
Source: Linux documentation, admin-guide/cgroup-v2 and cgroup-v1 (`cpu.max`, `cpu.cfs_quota_us`, `memory.max`…).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROOT, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_NO_LIMIT = 1 << 60  # version 1 writes "none" as the largest multiple of a page
_STALE = ("total_inactive_file", "inactive_file")  # version 1 with all groups below, version 2


@dataclass(frozen=True, slots=True)
class Share:
    """The share that is granted; infinite if there is no limit.

    Attributes:
        cores: Processors; may be a fraction.
        memory: In all.
        free: What is left of it. File contents that the kernel would drop count as free.
    """

    cores: float = math.inf
    memory: float = math.inf
    free: float = math.inf


def granted(root: Path = _ROOT, own: Path = _OWN) -> Share:
    """The smallest limits among this process's groups and all groups around them, of both versions of control groups.

    Args:
        root: Where control groups are mounted.
        own: File that names the groups of this process.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as place:
        ...     _ = Path(place, "cpu.max").write_text("150000 100000")
        ...     granted(Path(place)).cores
        1.5
    """
    shares = [_share(folder) for folder in _folders(root, own)]
    return Share(
        min((share.cores for share in shares), default=math.inf),
        min((share.memory for share in shares), default=math.inf),
        min((share.free for share in shares), default=math.inf),
    )


def _folders(root: Path, own: Path) -> Iterator[Path]:
    """Folders of the groups of this process. One that a container does not see is passed over, its root is not."""
    yield root
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, name = rest.partition(":")
        path = Path(name.lstrip("/"))
        for mounted in (root / controller for controller in controllers.split(",")):
            yield from (mounted / file for file in (path, *path.parents))


def _share(folder: Path) -> Share:
    limit = _number(folder, "memory.max", "memory.limit_in_bytes")
    held = _number(folder, "memory.current", "memory.usage_in_bytes")
    if limit is None or limit >= _NO_LIMIT:
        return Share(_cores(folder))
    return Share(_cores(folder), limit, math.inf if held is None else max(0, limit - held + _stale(folder)))


def _cores(folder: Path) -> float:
    words = _words(folder, "cpu.max", 2)
    quota = int(words[0]) if words and words[0].isdecimal() else _number(folder, "cpu.cfs_quota_us")
    period = int(words[1]) if words else _number(folder, "cpu.cfs_period_us")
    return quota / period if quota and period else math.inf


def _words(folder: Path, name: str, count: int) -> tuple[str, ...]:
    """The words of a file; none where it is not there or has others."""
    try:
        words = (folder / name).read_text(encoding="utf-8").split()
    except OSError:
        return ()
    return tuple(words) if len(words) == count else ()


def _number(folder: Path, *names: str) -> int | None:
    """The number in the first of the files that holds one."""
    found = [words[0] for name in names if (words := _words(folder, name, 1))]
    return int(found[0]) if found and found[0].isdecimal() else None


def _stale(folder: Path) -> int:
    """Bytes of files that were read and not looked at since."""
    try:
        lines = (folder / "memory.stat").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    told = dict(line.split(maxsplit=1) for line in lines if " " in line)
    return next((int(told[name]) for name in _STALE if name in told), 0)
