"""A run under the hooks of the oracle computes what its script computes alone, and so does one that leaves another."""

import os
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import torch
from branches import tree
from runner import TASKS, Branch, run, script_of

STEPS = 160
RATE = 0.04


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    before, threads = list(sys.path), torch.get_num_threads()
    yield script_of("digits_mlp")
    sys.path[:] = before
    torch.set_num_threads(threads)


def printed(schedule: str) -> list[float]:
    """The validation losses of the script run by itself."""
    arguments = ["--rate", str(RATE), "--schedule", schedule, "--steps", str(STEPS), "--seed", "3"]
    command = [sys.executable, str(TASKS / "digits_mlp.py"), *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return [float(line.split("val_loss:")[1].split()[0]) for line in done.stdout.splitlines()]


@pytest.mark.soak
def test_a_branch_of_a_tree_is_the_run_that_the_script_makes_alone(script: ModuleType) -> None:
    arguments = ["--steps", str(STEPS), "--seed", "3"]
    runs = {record["name"]: record for record in run(script, tree("full", RATE, STEPS), arguments)}
    figures = [float(f"{value:.6g}") for _, value in runs["linear"]["figures"]]
    assert figures == printed("linear")[-len(figures) :]
    assert len(figures) < len(runs["constant"]["figures"])
    assert set(runs) >= {"constant", "cosine", "linear", "probe-32", "probe-8"}


def test_a_probe_is_scored_at_its_stop_and_then_learns_nothing_more(script: ModuleType) -> None:
    probe = Branch("probe", lambda step: RATE, at=20, stop=30, frozen=5)
    arguments = ["--steps", str(STEPS), "--seed", "3"]
    records = list(run(script, Branch("trunk", lambda step: RATE, stop=21, branches=(probe,)), arguments))
    assert [record["name"] for record in records] == ["probe", "trunk"]
    assert [step for step, _ in records[0]["figures"]] == [30]
    assert (len(records[0]["losses"]), len(records[0]["frozen"])) == (10, 5)


def test_a_run_without_a_number_ends(script: ModuleType) -> None:
    (record,) = run(script, Branch("wild", lambda step: 1e30), ["--steps", str(STEPS), "--seed", "3"])
    assert record["ended"]
    assert record["steps"] < 40
    assert record["blown_at"] is not None
