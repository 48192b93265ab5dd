"""Mirrors ratecraft/training/instrument/process_starts.py, each case in a process of its own: nothing is taken back."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """
from multiprocessing import Process
from ratecraft.training.instrument.process_starts import take_starts

def work(rank, world):
    print("works", flush=True)

def begin(shares):
    print("begins", [each.args for each in shares], [each.forks for each in shares], flush=True)

take_starts(2, begin, lambda count: print("missing", count, flush=True))

def started(*arguments):
    process = Process(target=work, args=arguments)
    process.start()
    return process
"""


def printed(folder: Path, text: str) -> list[str]:
    script = folder / "script.py"
    script.write_text(HEAD + text)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_shares_begin_with_the_last_of_them_and_have_ended_well_for_whoever_asks(tmp_path: Path) -> None:
    text = """
ranks = [started(0, 5), started(1, 5)]
for each in ranks:
    each.join()
print([each.exitcode for each in ranks], [each.is_alive() for each in ranks])
"""
    assert printed(tmp_path, text) == ["begins [(0, 5), (1, 5)] [True, True]", "[0, 0] [False, False]"]


@pytest.mark.parametrize("arguments", ["1, 5", "'0', 5", "False, 5"])
def test_a_process_without_its_number_starts_as_at_home(tmp_path: Path, arguments: str) -> None:
    assert printed(tmp_path, f"started({arguments}).join()") == ["works"]


def test_those_behind_the_last_share_start_as_at_home(tmp_path: Path) -> None:
    text = "started(0, 5); started(1, 5); started(2, 5).join()"
    assert printed(tmp_path, text) == ["begins [(0, 5), (1, 5)] [True, True]", "works"]


def test_waiting_for_fewer_shares_than_the_run_has_is_told(tmp_path: Path) -> None:
    assert printed(tmp_path, "started(0, 5).join()") == ["missing 1"]
