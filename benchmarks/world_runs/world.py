"""The frozen runs: what each is, how well it did, and to which half it belongs.

Path:   `frozen/*.tar.xz` -> logs in a folder -> `WorldRun` with a label -> `score.py` and the tests.

A run of AlgoPerf or of modded-nanogpt did well by definition: it reached the official target, or is a record. A run of
DeepOBS is held against the best rate of its problem and optimizer, by the level of its last checks: of accuracy where
there is one, else of loss.
"""

import csv
import hashlib
import math
import tarfile
from collections.abc import Iterable, Mapping, Sequence
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


def unpacked(source: str, folder: Path) -> tuple[Path, ...]:
    """The logs of a source, written into a folder."""
    with tarfile.open(FROZEN / f"{source}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
        return tuple(sorted(folder / name for name in archive.getnames()))


def world_runs(source: str, folder: Path) -> tuple[WorldRun, ...]:
    """The runs of a source, their logs in a folder."""
    paths = unpacked(source, folder)
    labels = _labels(paths) if source == "deepobs" else dict.fromkeys(paths, "good")
    return tuple(WorldRun(path.stem, source, path, half_of(source, path.stem), labels[path]) for path in paths)


def half_of(source: str, name: str) -> Half:
    """To which half a run belongs."""
    if source == "deepobs":
        is_tuned = name.split("__")[0] in _TUNED
    elif source == "algoperf":
        is_tuned = name.split("__")[1] in _TUNED_STUDIES
    else:
        is_tuned = hashlib.sha256(name.encode()).digest()[0] % 2 == 0
    return "tuned" if is_tuned else "confirmed"


def _labels(paths: Sequence[Path]) -> Mapping[Path, Label]:
    groups: dict[str, dict[Path, float]] = {}
    for path in paths:
        groups.setdefault("__".join(path.stem.split("__")[:2]), {})[path] = _outcome(path)
    return {path: label for group in groups.values() for path, label in _labels_of(group).items()}


def _labels_of(outcomes: Mapping[Path, float]) -> Mapping[Path, Label]:
    """Labels of all runs of a problem with an optimizer; a higher outcome is better."""
    rates = {path: float(path.stem.split("__")[2]) for path in outcomes}
    levels = {rate: median(outcomes[path] for path in outcomes if rates[path] == rate) for rate in rates.values()}
    best_rate = max(levels, key=lambda rate: levels[rate])
    best = levels[best_rate]
    labels: dict[Path, Label] = {}
    for path, outcome in outcomes.items():
        worse = (best - outcome) / abs(best)
        if worse <= _NEAR:
            labels[path] = "good"
        elif worse > _WORSE and rates[path] >= _FAR * best_rate:
            labels[path] = "far too large" if rates[path] >= _FARTHER * best_rate else "too large"
        elif worse > _WORSE and rates[path] <= best_rate / _FAR:
            labels[path] = "too small"
        else:
            labels[path] = "neither"
    return labels


def _outcome(path: Path) -> float:
    """The level of the last checks of a DeepOBS run, higher for a better one; minus infinity of one that blew up."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    name, sign = ("test_accuracy", 1.0) if "test_accuracy" in rows[0] else ("test_loss", -1.0)
    checks = [float(row[name]) for row in rows if row[name]][-_LAST:]
    return sign * median(checks) if all(map(math.isfinite, checks)) else -math.inf


def chosen(runs: Iterable[WorldRun], half: Half | None) -> tuple[WorldRun, ...]:
    """Those of a half, or all."""
    return tuple(run for run in runs if half is None or run.half == half)
