"""The files of `benchmarks/tuning` are scripts beside one another: they are found where they lie."""

import sys
from importlib.util import find_spec
from pathlib import Path

NEEDED = ("optuna", "scipy", "sklearn", "torch")

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "tuning"))
collect_ignore_glob = [] if all(map(find_spec, NEEDED)) else ["test_*.py"]
