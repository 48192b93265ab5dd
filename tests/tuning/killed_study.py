"""Kills studies with SIGKILL for `test_kills.py`: forked processes drive each, one after the other, until one lives on.

Usage: python -m tests.tuning.killed_study FOLDER STUDIES SLOTS KIND

A process dies at the n-th of its ticks, n drawn anew: a tick is a training step or an instruction of SQLite, so
that a kill may hit a write half-way. Prints one line a study: the number of its kills.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.conformance.arithmetic_run import Problem
from tests.tuning.whole_study import open_record, study

MOST_TICKS = 2500  # a study that nobody kills has about 4300
MOST_KILLS = 6


def ticking(ticks: int) -> Callable[[], None]:
    """Kills this process when it was called so many times."""
    left = ticks

    def tick() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return tick


def drive_until_killed(path: Path, ticks: int, slots: int, kind: str) -> None:
    tick = ticking(ticks)
    with open_record(path) as record:
        record.claim()
        record._file._connection.set_progress_handler(tick, 1)
        study(record, problem=Problem(at_step=lambda step, rate, loss: tick()), slots=slots, kind=kind)


def kills_of(path: Path, random: np.random.Generator, slots: int, kind: str) -> int:
    """Drive one study to its end through kill after kill."""
    for kills in range(MOST_KILLS + 1):
        ticks = int(random.integers(1, MOST_TICKS)) if kills < MOST_KILLS else -1
        child = os.fork()
        if child == 0:
            code = 1
            try:
                drive_until_killed(path, ticks, slots, kind)
                code = 0
            except Exception:  # noqa: BLE001 - a fork leaves here, whatever happened
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return kills
        assert os.WTERMSIG(status) == signal.SIGKILL
    raise AssertionError("the last process was killed though nothing kills it")


if __name__ == "__main__":
    folder, studies, slots, kind = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    for number in range(studies):
        random = np.random.default_rng((number, slots))
        print(kills_of(folder / f"{number}.sqlite", random, slots, kind), flush=True)
