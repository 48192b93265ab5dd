"""Mirrors benchmarks/strangers: what the page says of programs of public repositories is what their results say."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("names", [["repositories"], ["repositories_again"], ["repositories", "repositories_again"]])
def test_the_tables_of_public_repositories_are_those_of_their_results(names: list[str]) -> None:
    results = [str(BENCHMARKS / "strangers" / f"{name}.jsonl") for name in names]
    command = [sys.executable, str(BENCHMARKS / "strangers" / "measure.py"), "--repositories", "--table"]
    told = subprocess.run([*command, "--results", *results], capture_output=True, text=True, check=True).stdout.strip()
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    assert (told if len(names) == 1 else told.splitlines()[-1]) in page
