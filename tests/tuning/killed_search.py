"""Kills searches with SIGKILL for `test_killed_search.py`: forked processes drive each, one after the other, until one
lives on.

Usage: python -m tests.tuning.killed_search FOLDER STUDIES SLOTS KIND METHOD

A process dies at the n-th of its ticks, as in `killed_study`. After every kill the record must begin as it was before.
Prints one line a search: the number of its kills.
"""

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from tests.conformance.arithmetic_run import Problem
from tests.tuning.killed_study import ticking
from tests.tuning.whole_study import open_record, study

from ratecraft.controllers.search.controller import Search
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Parameter, Space
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event
from ratecraft.records.metrics import Metric
from ratecraft.records.running import Executor
from ratecraft.records.storage.store import Record
from ratecraft.tuning.optuna_study import suggest

MOST_TICKS = 6000
MOST_KILLS = 6
HORIZON = 640  # rungs after 40 and 160 steps
TRIALS = 6


def searched(
    record: Record,
    method: Any,
    *,
    problem: Problem | None = None,
    slots: int = 1,
    kind: str = "replayed",
    executor: Executor | None = None,
) -> Answer:
    """Drive a search to its answer, from wherever its record stands."""
    rate = Parameter(name="rate", low=1e-4, high=1e-1, is_log=True)
    settings = SearchSettings(
        method=method,
        space=Space((rate,)),
        trials=TRIALS,
        metric=Metric("val_loss", "min"),
        branching="fork" if kind == "branched" else "replay",
    )
    search = Search(settings, suggest)
    return study(record, controller=search, problem=problem, slots=slots, kind=kind, executor=executor)


def drive_until_killed(path: Path, ticks: int, slots: int, kind: str, method: str) -> None:
    tick = ticking(ticks)
    with open_record(path) as record:
        record.claim()
        record._file._connection.set_progress_handler(tick, 1)
        problem = Problem(HORIZON, every=40, at_step=lambda step, rate, loss: tick())
        searched(record, method, problem=problem, slots=slots, kind=kind)


def kills_of(path: Path, random: np.random.Generator, slots: int, kind: str, method: str) -> int:
    """Drive one search to its end through kill after kill."""
    known: list[Event] = []
    for kills in range(MOST_KILLS + 1):
        ticks = int(random.integers(1, MOST_TICKS)) if kills < MOST_KILLS else -1
        child = os.fork()
        if child == 0:
            code = 1
            try:
                drive_until_killed(path, ticks, slots, kind, method)
                code = 0
            except Exception:  # noqa: BLE001 - a fork leaves here, whatever happened
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        if path.exists():
            known = kept(path, known)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return kills
        assert os.WTERMSIG(status) == signal.SIGKILL
    raise AssertionError("the last process was killed though nothing kills it")


def kept(path: Path, before: list[Event]) -> list[Event]:
    """The events of a record; all that were there before still are, in their order."""
    with Record.open(path, read_only=True) as record:
        events = list(record.events())
    assert events[: len(before)] == before
    return events


if __name__ == "__main__":
    folder, studies, slots, kind, method = Path(sys.argv[1]), *map(int, sys.argv[2:4]), *sys.argv[4:6]
    for number in range(studies):
        draw = np.random.default_rng((number, slots, len(method)))
        print(kills_of(folder / f"{number}.sqlite", draw, slots, kind, method), flush=True)
