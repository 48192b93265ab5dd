"""The frozen runs: what each is, how well it did, and to which half it belongs.

Path:   `frozen/*.tar.xz` -> logs in a folder -> `WorldRun` with a label -> `verdicts.py` and the tests.

A run of AlgoPerf or of modded-nanogpt did well by definition: it reached the official target, or is a record. A run of
DeepOBS is held against the best rate of its problem and optimizer, by the level of its last checks: of accuracy where
there is one, else of loss.
"""

import hashlib
import math
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal, TypeAlias

FROZEN = Path(__file__).parent / "frozen"
SOURCES = ("algoperf", "nanogpt", "deepobs")

Label: TypeAlias = Literal["good", "too large", "far too large", "too small", "neither"]
Half: TypeAlias = Literal["tuned", "confirmed"]
"""Rules may be changed by what is seen of the first; the second only says whether that holds. Of DeepOBS whole
problems belong to a half, of AlgoPerf whole studies, which differ by their seed."""

_NEAR, _WORSE = 0.02, 0.05  # of the best
_FAR, _FARTHER = 3.5, 50.0  # times the best rate
_LAST = 3  # checks whose level is a run's outcome
_TUNED = frozenset({"cifar100_allcnnc", "fmnist_2c2d", "mnist_vae", "svhn_wrn164"})
_TUNED_STUDIES = frozenset({"study_0", "study_2", "study_4"})


@dataclass(frozen=True, slots=True)
class WorldRun:
    """One run.

    Attributes:
        name: Of its log.
        source: Whose it is.
        path: The log.
        half: To tune on, or to confirm.
        label: How well it did; a run of which nothing more is known than that it did well is `good`.
    """

    name: str
    source: str
    path: Path
    half: Half
    label: Label


def logs_of(source: str) -> Mapping[str, str]:
    """The logs of a source, by the names of their files."""
    with tarfile.open(FROZEN / f"{source}.tar.xz") as archive:
        files = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: file.read().decode() for name, file in files if file is not None}


def world_runs(source: str, folder: Path, every: int = 1) -> tuple[WorldRun, ...]:
    """The runs of a source, or every so many of them, their logs written into a folder."""
    logs = logs_of(source)
    labels = _labels(logs) if source == "deepobs" else dict.fromkeys(logs, "good")
    folder.mkdir(exist_ok=True)
    runs: list[WorldRun] = []
    for name in sorted(logs)[::every]:
        path = folder / name
        path.write_text(logs[name], encoding="utf-8")
        runs.append(WorldRun(path.stem, source, path, half_of(source, path.stem), labels[name]))
    return tuple(runs)


def half_of(source: str, name: str) -> Half:
    """To which half a run belongs."""
    if source == "deepobs":
        is_tuned = name.split("__")[0] in _TUNED
    elif source == "algoperf":
        is_tuned = name.split("__")[2] in _TUNED_STUDIES
    else:
        is_tuned = hashlib.sha256(name.encode()).digest()[0] % 2 == 0
    return "tuned" if is_tuned else "confirmed"


def _labels(logs: Mapping[str, str]) -> Mapping[str, Label]:
    groups: dict[str, dict[str, float]] = {}
    for name, text in logs.items():
        groups.setdefault("__".join(name.split("__")[:2]), {})[name] = outcome_of(text)
    return {name: label for group in groups.values() for name, label in _labels_of(group).items()}


def _labels_of(outcomes: Mapping[str, float]) -> Mapping[str, Label]:
    """Labels of all runs of a problem with an optimizer; a higher outcome is better."""
    rates = {name: float(name.split("__")[2]) for name in outcomes}
    levels = {rate: median(outcomes[name] for name in outcomes if rates[name] == rate) for rate in rates.values()}
    best_rate = max(levels, key=lambda rate: levels[rate])
    best = levels[best_rate]
    labels: dict[str, Label] = {}
    for name, outcome in outcomes.items():
        worse = (best - outcome) / abs(best)
        if worse <= _NEAR:
            labels[name] = "good"
        elif worse > _WORSE and rates[name] >= _FAR * best_rate:
            labels[name] = "far too large" if rates[name] >= _FARTHER * best_rate else "too large"
        elif worse > _WORSE and rates[name] <= best_rate / _FAR:
            labels[name] = "too small"
        else:
            labels[name] = "neither"
    return labels


def outcome_of(text: str) -> float:
    """The level of the last checks of a DeepOBS run, higher for a better one; minus infinity of one that blew up."""
    header, *rows = text.splitlines()
    columns = header.split(",")
    name, sign = ("test_accuracy", 1.0) if "test_accuracy" in columns else ("test_loss", -1.0)
    place = columns.index(name)
    checks = [float(cell) for row in rows[-40:] if (cell := row.split(",")[place])][-_LAST:]
    return sign * median(checks) if all(map(math.isfinite, checks)) else -math.inf


def chosen(runs: Iterable[WorldRun], half: Half | None) -> tuple[WorldRun, ...]:
    """Those of a half, or all."""
    return tuple(run for run in runs if half is None or run.half == half)
