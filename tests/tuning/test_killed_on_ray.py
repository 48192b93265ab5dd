"""A study on a cluster of which anything is killed, again and again, loses nothing and comes to its end.

Synchronous methods come to what one comes to that nobody disturbs, on this machine; those that choose by what has ended
so far keep all that they had chosen, and finish their trials.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conformance.arithmetic_run import Problem
from tests.end_to_end.command import Workplace
from tests.end_to_end.killing import study_place
from tests.tuning.killed_on_ray import VICTIMS, Killer
from tests.tuning.killed_search import HORIZON, TRIALS, searched
from tests.tuning.ray_nodes import two_nodes
from tests.tuning.test_killed_search import SYNCHRONOUS
from tests.tuning.whole_study import came_of, open_record

from ratecraft.controllers.search.methods import METHODS
from ratecraft.records.events import Finished
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder

pytestmark = [pytest.mark.soak, pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")]

KILLS = 8  # of every method
ROOT = Path(__file__).parents[2]
VARIABLES = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with two_nodes(**VARIABLES) as nodes:
        yield nodes


def held(cluster: Any, path: Path, method: str, kills: int) -> Counter[str]:
    """Kill what belongs to a search of a method, so often at most, and hold it against an undisturbed one."""

    def begin(ticks: int) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.tuning.killed_on_ray", str(path), cluster.address, method, str(ticks)]
        piped: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **VARIABLES}, **piped)

    random = np.random.default_rng((METHODS.index(method), int(path.stem)))
    found = Killer(cluster, random, VARIABLES).kills_of(begin, path, kills)
    with open_record(path.with_name(f"near-{path.name}")) as record:
        searched(record, method, problem=Problem(HORIZON, every=40))
        near = came_of(record)
    with Record.open(path, read_only=True) as record:
        far = came_of(record)
        last = {each.outcome.job: each.attempt for each in record.events() if isinstance(each, Finished)}
    if method in SYNCHRONOUS:
        assert far == near
    assert far.answer is not None
    assert far.answer.search is not None
    assert len(far.answer.search.trials) == TRIALS
    assert all(each.score is not None for each in far.answer.search.trials)
    away = [job for job, each in far.jobs.items() if each.evaluate is not None and not each.in_place]
    assert not list(path.with_suffix("").glob("arriving-*"))
    logs = {each.name for each in path.with_suffix("").rglob("*.log")}
    assert logs == {f"{job}-{last[job]}.log" for job in away}
    return found


def test_fifty_kills_and_more_over_all_methods_lose_nothing(cluster: Any, tmp_path: Path) -> None:
    kills, studies = Counter[str](), 0
    for method in METHODS:
        begun = kills.total()
        while (left := begun + KILLS - kills.total()) > 0:
            studies += 1
            kills += held(cluster, tmp_path / f"{studies}.sqlite", method, left)
        print(f"{method}: {studies} studies so far, kills {dict(kills)}", flush=True)
    assert kills.total() >= 50
    assert set(kills) == set(VICTIMS)


@pytest.mark.parametrize(
    "words",
    [
        ("tune", "digits.py"),
        ("search", "digits.py", "--method", "hyperband", "--rate", "1e-3..1", "--trials", "6"),
        ("search", "digits.py", "--method", "asha", "--rate", "1e-3..1", "--trials", "6"),
    ],
    ids=["tune", "hyperband", "asha"],
)
def test_a_command_goes_on_whatever_is_killed(words: tuple[str, ...], cluster: Any, tmp_path: Path) -> None:
    near, far = (Workplace(study_place(tmp_path / name).folder, whole=True) for name in ("near", "far"))
    on_ray = ("--executor", "ray", "--address", cluster.address, "--workers", "2")
    record = StudyFolder(far.folder / "study").record
    killer = Killer(cluster, np.random.default_rng(len(words[-1])), VARIABLES)
    kills = killer.kills_of(lambda ticks: far.start(*words, "--study", "study", *on_ray), record, 5)
    print(*words, dict(kills), flush=True)
    assert kills.total() > 0
    there = far.study("study")
    if "asha" not in words:
        assert near.type(*words, "--study", "study").code == 0
        here = near.study("study")
        assert there.told == here.told
        assert there.answer.rate == here.answer.rate
    if "tune" not in words:
        assert there.answer.search is not None
        assert {each.number for each in there.answer.search.trials} == {*range(6)}
