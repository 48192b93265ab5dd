"""Becomes a program that is not hosted: `python -m ratecraft.training.programs.worker LIFELINE FOLDERS -- WORDS`.

Path:   supervisor -> this process, which ties its group to the supervisor's life, denies itself to write outside the
        folders of the trial, and becomes the program.

No shell reads the words. Nothing of this process stays: its number, its output and its group are the program's.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ratecraft.training.processes.lifeline import NO_LIFELINE, hold_on
from ratecraft.training.sandbox.landlock import restrict_writes

NOT_FOUND = 127
"""The exit code where there is no such program, as a shell has it."""


def become(lifeline: int, folders: Sequence[str], words: Sequence[str]) -> None:
    """Become the program; returns only where that is impossible, after saying why on stderr.

    Args:
        lifeline: Descriptor of a pipe that closes when the supervisor dies.
        folders: Where the program may write.
        words: Program and arguments.
    """
    held = hold_on(lifeline)
    if held != NO_LIFELINE:
        os.set_inheritable(held, True)  # the group holds on as long as the program has it open
    restrict_writes([Path(folder) for folder in folders])
    try:
        os.execvp(words[0], list(words))  # noqa: S606 - no shell is what is wanted; the program is the user's own
    except OSError as error:
        sys.stderr.write(f"{words[0]}: {error.strerror}\n")


if __name__ == "__main__":
    become(int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[4:])
    sys.exit(NOT_FOUND)
