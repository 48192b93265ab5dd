"""A study whose process is killed at any instant, again and again, comes to what an unbroken one comes to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conformance.arithmetic_run import ArithmeticRun, Problem
from tests.tuning.ladder import HORIZON, final_of, trunk_of
from tests.tuning.performing import finishes_of
from tests.tuning.whole_study import KINDS, Came, came_of, open_record, study

from ratecraft.records.cost import Costs, costs
from ratecraft.records.events import Finished, Started
from ratecraft.records.job import Job
from ratecraft.records.running import Listener
from ratecraft.records.storage.store import Record
from ratecraft.tuning.branching import BranchingExecutor

STUDIES = 6


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """How jobs come to their runs."""
    return request.param


@pytest.fixture(scope="module")
def unbroken(kind: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Came, Costs]:
    with open_record(tmp_path_factory.mktemp("unbroken") / "record.sqlite") as record:
        study(record, kind=kind)
        return came_of(record), costs(record.events(), HORIZON, record.series.reached())


@pytest.fixture(
    scope="module", params=[pytest.param(1, marks=pytest.mark.soak, id="one slot"), pytest.param(3, id="three slots")]
)
def killed(request: pytest.FixtureRequest, kind: str, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The records of studies that were killed several times each."""
    folder = tmp_path_factory.mktemp("killed")
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-m", "tests.tuning.killed_study", str(folder), str(STUDIES), str(request.param), kind],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    kills = [int(line) for line in result.stdout.split()]
    assert sum(kills) >= 2 * STUDIES
    return sorted(folder.glob("*.sqlite"))


def test_a_killed_study_comes_to_the_same_jobs_outcomes_and_answer(
    killed: list[Path], unbroken: tuple[Came, Costs]
) -> None:
    for path in killed:
        with Record.open(path, read_only=True) as record:
            assert came_of(record) == unbroken[0]


def test_each_logical_step_is_counted_once_and_repeated_ones_beside(
    killed: list[Path], unbroken: tuple[Came, Costs]
) -> None:
    recomputed = 0
    for path in killed:
        with Record.open(path, read_only=True) as record:
            spent = costs(record.events(), HORIZON, record.series.reached())
        assert (spent.runs, spent.baseline_runs) == (unbroken[1].runs, unbroken[1].baseline_runs)
        assert spent.by_phase == unbroken[1].by_phase
        recomputed += spent.recomputed_steps
    assert recomputed > 0


def test_an_attempt_has_a_number_of_its_own_and_the_last_one_ends_the_job(killed: list[Path]) -> None:
    for path in killed:
        with Record.open(path, read_only=True) as record:
            events = list(record.events())
        for event in events:
            if isinstance(event, Finished) and event.attempt:
                attempts = [
                    each.attempt for each in events if isinstance(each, Started) and each.job == event.outcome.job
                ]
                assert attempts == list(range(1, event.attempt + 1))


def test_series_of_a_killed_study_are_those_of_its_outcomes(killed: list[Path]) -> None:
    for path in killed:
        with Record.open(path, read_only=True) as record:
            for event in record.events():
                if isinstance(event, Finished):
                    losses = tuple(record.series.of(event.outcome.job, "loss"))
                    assert losses[: len(event.outcome.losses)] == event.outcome.losses


def test_a_trunk_that_is_trained_once_more_is_a_run_of_its_own_job_and_not_of_the_one_that_leaves_it() -> None:
    left: list[tuple[int, Job]] = []

    class Seen(ArithmeticRun):
        def branch(self, listener: Listener) -> ArithmeticRun:
            left.append((self.step, listener.job))
            return super().branch(listener)

    short = trunk_of(0.002, 24)
    long = trunk_of(0.002, 48, short)
    final = final_of(long, 0.002, 0.001)
    executor = BranchingExecutor(lambda job, attempt, listener: Seen(Problem(), 0, listener), 1, most_paused=0)
    found = finishes_of(executor, (short,), (short, long), (short, long, final))
    assert found[-1].outcome.recomputed == 48
    assert all(job.start == step for step, job in left)
    assert [job for _, job in left][-3:] == [short, long, final]
