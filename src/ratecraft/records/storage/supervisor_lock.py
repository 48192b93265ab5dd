"""One supervisor a study: who holds it, and whether that process still lives.

Path:   the record's table `supervisor` <-> the process that drives the study.

A holder is known by its process id, the start of that process and the boot of the machine, so that neither a reused id
nor a reboot looks like a supervisor at work. Its token tells two claims of one process apart; every later write of a
claimed record checks it, so that a holder that was wrongly taken for dead (another machine, another container) can no
longer write.
"""

import os
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ratecraft.errors import StudyError
from ratecraft.records.storage.database import transaction

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SAME_START = 2.0  # seconds; the kernel states the boot time in whole seconds, and two readings of it can differ by one


@dataclass(frozen=True, slots=True)
class Holder:
    """The supervisor of a study: process, start of it in seconds after boot, the boot, and the token of the claim."""

    pid: int
    started: float
    boot: str
    token: str


def claim(connection: sqlite3.Connection, path: Path) -> Holder:
    """Make this process the supervisor; a holder that is dead is replaced.

    Raises:
        StudyError: Another supervisor is alive (`study-busy`).
    """
    pid = os.getpid()
    holder = Holder(pid, _started(pid), _boot(), secrets.token_hex(8))
    with transaction(connection, path):
        other = recorded_holder(connection)
        if other is not None and is_alive(other):
            raise StudyError("study-busy", study=path.parent.name, pid=other.pid)
        row = (1, holder.pid, holder.started, holder.boot, holder.token)
        connection.execute("INSERT OR REPLACE INTO supervisor VALUES (?, ?, ?, ?, ?)", row)
    return holder


def release(connection: sqlite3.Connection, path: Path, holder: Holder) -> None:
    """Give the study up, where it is still this holder's."""
    with transaction(connection, path):
        connection.execute("DELETE FROM supervisor WHERE token = ?", (holder.token,))


def recorded_holder(connection: sqlite3.Connection) -> Holder | None:
    """Who claimed the study last and did not give it up, alive or not."""
    row = connection.execute("SELECT pid, started, boot, token FROM supervisor").fetchone()
    return None if row is None else Holder(*row)


def is_alive(holder: Holder) -> bool:
    """Whether the holder's process runs. Of another boot it does not; a zombie does not."""
    import psutil  # 20 ms that only a claim needs

    if holder.boot != _boot():
        return False
    try:
        if psutil.Process(holder.pid).status() == psutil.STATUS_ZOMBIE:
            return False
        return abs(_started(holder.pid) - holder.started) <= _SAME_START
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True  # it is there and tells nothing: leave it the study


def _started(pid: int) -> float:
    """Seconds from boot to the start of a process: unlike a time of day, no clock that is set later moves it."""
    import psutil

    booted = psutil.boot_time()
    return psutil.Process(pid).create_time() - booted


def _boot() -> str:
    """An id of this boot of the machine; empty where the system has none."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
