"""Lay the whole public logs of runs that did well into a folder, for `verdicts.py --logs`. They are not frozen here.

A run of AlgoPerf did well if it reached the validation target of its workload, which the repository holds as well; a
run of modded-nanogpt did well by definition, and is a log of it if it has figures.

    git clone --bare https://github.com/mlcommons/submissions_algorithms
    git clone --bare https://github.com/KellerJordan/modded-nanogpt
    .venv/bin/python benchmarks/world_runs/gather.py algoperf submissions_algorithms.git FOLDER
    .venv/bin/python benchmarks/world_runs/gather.py nanogpt modded-nanogpt.git FOLDER

Path:   git directories -> logs that did well -> FOLDER, one file a run.
"""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_LOWER_IS_BETTER = frozenset({"loss", "wer", "ppl"})
_TARGETS = ("scoring/workload_targets_v05.json", "scoring/workload_targets.json")
_FRAMEWORK = re.compile(r"_(?:jax|pytorch)$")
_FIGURES = re.compile(r"^step:\d+/\d+ val_loss:", re.MULTILINE)


def main(source: str, repository: Path, folder: Path) -> None:
    """Write the logs."""
    folder.mkdir(parents=True, exist_ok=True)
    found = _algoperf(repository) if source == "algoperf" else _nanogpt(repository)
    count = sum(bool((folder / name).write_text(text, encoding="utf-8")) for name, text in found)
    print(f"{count} runs in {folder}")


def _algoperf(repository: Path) -> Iterator[tuple[str, str]]:
    paths = [path for path in _paths(repository) if path.endswith("/measurements.csv")]
    targets: dict[str, Any] = {}
    for _, text in _files(repository, _TARGETS):
        targets |= json.loads(text)["workloads"]
    for path, text in _files(repository, paths):
        workload = path.split("/")[-3]
        target = targets.get(_FRAMEWORK.sub("", workload))
        if target is not None and _reached(text, target):
            yield "__".join(path.removeprefix("previous_leaderboards/").split("/")[:-1]) + ".csv", text


def _reached(text: str, target: Mapping[str, Any]) -> bool:
    metric, value = target["target_metric_name"], target["validation_target_value"]
    column = f"validation/{metric}"
    told = [float(cell) for row in csv.DictReader(io.StringIO(text)) if (cell := row.get(column))]
    return any(each <= value if metric in _LOWER_IS_BETTER else each >= value for each in told)


def _nanogpt(repository: Path) -> Iterator[tuple[str, str]]:
    paths = [path for path in _paths(repository) if path.startswith("records/") and path.endswith(".txt")]
    for path, text in _files(repository, paths):
        if _FIGURES.search(text):
            yield path.removeprefix("records/").replace("/", "__"), text


def _paths(repository: Path) -> list[str]:
    listing = ("ls-tree", "-r", "--name-only", "-z", "HEAD")
    return _git(repository, *listing).decode().split("\x00")


def _files(repository: Path, paths: "list[str] | tuple[str, ...]") -> Iterator[tuple[str, str]]:
    """The text of each file, all from one call; a file that the copy lacks is passed over."""
    answer = io.BytesIO(_git(repository, "cat-file", "--batch", told="".join(f"HEAD:{path}\n" for path in paths)))
    for path in paths:
        head = answer.readline().split()
        if head[-1] == b"missing":
            continue
        yield path, answer.read(int(head[-1])).decode("utf-8", "replace")
        answer.readline()


def _git(repository: Path, *arguments: str, told: str = "") -> bytes:
    command = ("git", "--git-dir", str(repository), *arguments)
    return subprocess.run(command, input=told.encode(), stdout=subprocess.PIPE, check=True).stdout


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
