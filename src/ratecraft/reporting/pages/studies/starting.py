"""Starts and stops studies from the site, if allowed: a known verb, a script of the folder, no shell.

Path:   JSON of a request -> `command_of` (pure) -> a process of its own; a study's lock -> SIGINT to its supervisor.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from ratecraft.errors import InvalidInput
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import HOME, StudyFolder
from ratecraft.records.storage.supervisor_lock import Holder, is_alive

VERBS: Final = ("tune", "find")
_MOST_SCRIPTS: Final = 200
_MOST_ARGUMENTS: Final = 64
_LONGEST: Final = 1000
_LOG: Final = "ui.log"
_LAST_BYTES: Final = 4000


def scripts_of(directory: Path) -> tuple[str, ...]:
    """The scripts of a working folder that may be chosen: its own, and those one folder below."""
    found = [*directory.glob("*.py"), *directory.glob("[!.]*/*.py")]
    return tuple(sorted(path.relative_to(directory).as_posix() for path in found if path.is_file()))[:_MOST_SCRIPTS]


def command_of(asked: Mapping[str, object], scripts: Sequence[str]) -> list[str]:
    """The words of the command that a request asks for.

    Args:
        asked: `verb`, `script` and `arguments`, unchecked.
        scripts: The scripts that may be chosen.

    Raises:
        InvalidInput: An unknown verb or script (`page-start`), or arguments that are not a list of short texts.

    Example:
        >>> command_of({"verb": "find", "script": "train.py", "arguments": ["--epochs", "3"]}, ["train.py"])[3:]
        ['find', 'train.py', '--', '--epochs', '3']
    """
    verb, script, arguments = asked.get("verb"), asked.get("script"), asked.get("arguments", [])
    if verb not in VERBS:
        raise InvalidInput("page-start", what="verb", given=_short(verb), allowed=", ".join(VERBS))
    if script not in scripts:
        raise InvalidInput("page-start", what="script", given=_short(script), allowed=", ".join(scripts[:20]) or "–")
    words = cast("list[object]", arguments) if isinstance(arguments, list) else [None]
    if len(words) > _MOST_ARGUMENTS or not all(isinstance(word, str) and len(word) <= _LONGEST for word in words):
        allowed = f"≤ {_MOST_ARGUMENTS} × ≤ {_LONGEST}"
        raise InvalidInput("page-start", what="arguments", given=_short(asked.get("arguments")), allowed=allowed)
    own = ["--", *map(str, words)] if words else []
    return [sys.executable, "-m", "ratecraft.cli.main", str(verb), str(script), *own]


def start(command: Sequence[str], directory: Path) -> "subprocess.Popen[bytes]":
    """Start the command, with its output kept beside the folder's studies; it outlives the site.

    Args:
        command: The words of the command (`command_of`).
        directory: The working folder.
    """
    log_file = directory / HOME / _LOG
    log_file.parent.mkdir(exist_ok=True)
    with log_file.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - each word is a word; no shell reads them
            list(command), cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def printed(directory: Path) -> str:
    """The last output of studies started from here; empty if there is none.

    Args:
        directory: The working folder.
    """
    try:
        with (directory / HOME / _LOG).open("rb") as log:
            log.seek(max(log.seek(0, os.SEEK_END) - _LAST_BYTES, 0))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""


def stop(folder: StudyFolder) -> bool:
    """Ask the study's supervisor to stop and keep its results, as Ctrl-C does; False if none is running.

    Args:
        folder: The study's folder.

    Raises:
        StudyError: Its record cannot be read.
    """
    with Record.open(folder.record, read_only=True) as record:
        holder = record.supervisor()
    return holder is not None and _interrupt(holder)


def _interrupt(holder: Holder) -> bool:
    """Send SIGINT to exactly this process: the descriptor keeps its id from being reused while it is checked again."""
    if not hasattr(os, "pidfd_open"):
        os.kill(holder.pid, signal.SIGINT)
        return True
    try:
        process = os.pidfd_open(holder.pid)
    except ProcessLookupError:
        return False
    try:
        if not is_alive(holder):
            return False
        signal.pidfd_send_signal(process, signal.SIGINT)
    except ProcessLookupError:
        return False
    finally:
        os.close(process)
    return True


def _short(value: object) -> str:
    return repr(value)[:80]
