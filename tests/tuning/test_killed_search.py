"""A search whose process is killed at any instant, again and again, keeps all that was recorded and comes to its end.

Synchronous methods come to what an unbroken search comes to, however many slots there are; with one slot all do. Those
that choose by what has ended so far may choose otherwise with several, and finish their trials.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conformance.arithmetic_run import Problem
from tests.tuning.killed_search import HORIZON, TRIALS, searched
from tests.tuning.whole_study import KINDS, came_of, open_record

from ratecraft.controllers.search.methods import METHODS
from ratecraft.records.storage.store import Record

SYNCHRONOUS = ("grid", "random", "sobol", "hyperband")
ROOT = Path(__file__).parents[2]


def held(folder: Path, method: str, kind: str, slots: int, studies: int) -> int:
    """Kill searches of a method and hold each against an unbroken one.

    Returns:
        How many kills there were.
    """
    killing = subprocess.run(
        [sys.executable, "-m", "tests.tuning.killed_search", str(folder), str(studies), str(slots), kind, method],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert killing.returncode == 0, killing.stderr
    with open_record(folder / "unbroken.sqlite") as record:
        searched(record, method, problem=Problem(HORIZON, every=40), slots=slots, kind=kind)
        unbroken = came_of(record)
    for number in range(studies):
        with Record.open(folder / f"{number}.sqlite", read_only=True) as record:
            came = came_of(record)
        assert came.answer is not None
        assert came.answer.search is not None
        assert len(came.answer.search.trials) == TRIALS
        if slots == 1 or method in SYNCHRONOUS:
            assert came == unbroken
    return sum(map(int, killing.stdout.split()))


@pytest.mark.parametrize(
    ("method", "kind", "slots"), [("random", "replayed", 2), ("asha", "branched", 1), ("hyperband", "replayed", 2)]
)
def test_a_killed_search_loses_nothing(method: str, kind: str, slots: int, tmp_path: Path) -> None:
    assert held(tmp_path, method, kind, slots, studies=1) > 0


@pytest.mark.soak
def test_fifty_kills_and_more_over_all_methods_and_executors_lose_nothing(tmp_path: Path) -> None:
    kills = 0
    for method in METHODS:
        for kind in KINDS:
            for slots in (1, 2):
                folder = tmp_path / f"{method}-{kind}-{slots}"
                folder.mkdir()
                kills += held(folder, method, kind, slots, studies=2)
    assert kills >= 50
