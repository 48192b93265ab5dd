"""Train three small real tasks at a grid of rates and lengths, once, and freeze the scores as tables.

The tests of the tuner replay whole studies on them without training (`tests/controllers/tables/`); nothing else writes
these files. Two minutes on one core::

    .venv/bin/python benchmarks/frozen_tables.py
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.datasets import load_diabetes, load_digits
from torch import Tensor, nn

from ratecraft.controllers.probing.rungs import rungs_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.schedules.trees.nodes import Schedule

TABLES = Path(__file__).parents[1] / "tests" / "controllers" / "tables"
SEEDS = range(3)


@dataclass(frozen=True)
class Task:
    """A small real task: its data, how often they are seen, its model and optimizer, and the rate it comes with."""

    name: str
    horizon: int
    batch: int
    own_rate: float
    octaves: range
    data: Callable[[], tuple[Tensor, Tensor, Tensor, Tensor]]
    model: Callable[[], nn.Module]
    optimizer: Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]
    loss: Callable[[Tensor, Tensor], Tensor]


def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """1,297 images of 8 × 8 to train on, 500 to validate."""
    images, labels = load_digits(return_X_y=True)
    return split(torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels), 500)


def diabetes() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """292 rows to train on, 150 to validate; targets standardised."""
    rows, targets = load_diabetes(return_X_y=True)
    targets = (targets - targets.mean()) / targets.std()
    inputs = torch.tensor(rows / rows.std(axis=0), dtype=torch.float32)
    return split(inputs, torch.tensor(targets, dtype=torch.float32)[:, None], 150)


def text() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The next byte after eight of scikit-learn's own source: as many examples as the run sees, each once."""
    root = Path(sklearn.__file__).parent
    source = b"".join(path.read_bytes() for path in sorted(root.glob("linear_model/*.py")))
    codes = torch.tensor(np.frombuffer(source, dtype=np.uint8).astype(np.int64).clip(0, 127))
    windows = codes.unfold(0, 9, 1)[::3][: 1200 * 64 + 4000]
    return split(windows[:, :8], windows[:, 8], 4000)


def split(inputs: Tensor, targets: Tensor, held_out: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training and validation parts, in a fixed random order."""
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(0))
    inputs, targets = inputs[order], targets[order]
    return inputs[held_out:], targets[held_out:], inputs[:held_out], targets[:held_out]


TASKS = (
    Task(
        "digits-mlp-momentum", 800, 32, 0.01, range(-6, 9), digits,
        lambda: nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)),
        lambda parameters: torch.optim.SGD(parameters, lr=0.0, momentum=0.9),
        nn.functional.cross_entropy,
    ),
    Task(
        "text-mlp-adam", 1200, 64, 0.001, range(-6, 9), text,
        lambda: nn.Sequential(nn.Embedding(128, 12), nn.Flatten(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 128)),
        lambda parameters: torch.optim.Adam(parameters, lr=0.0),
        nn.functional.cross_entropy,
    ),
    Task(
        "diabetes-mlp-adam", 1600, 32, 0.001, range(-8, 9), diabetes,
        lambda: nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)),
        lambda parameters: torch.optim.Adam(parameters, lr=0.0),
        nn.functional.mse_loss,
    ),
)  # fmt: skip


def train(task: Task, seed: int, schedule: Schedule, stop: int) -> float | None:
    """Validation loss after `stop` steps; None where it blew up."""
    inputs, targets, held_inputs, held_targets = task.data()
    torch.manual_seed(seed)
    model = task.model()
    optimizer = task.optimizer(model.parameters())
    order: list[int] = []
    for rate in schedule.curve(stop).tolist():
        if len(order) < task.batch:
            order = torch.randperm(len(inputs)).tolist()
        chosen, order = order[: task.batch], order[task.batch :]
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = task.loss(model(inputs[chosen]), targets[chosen])
        if not math.isfinite(loss.item()) or loss.item() > 1000:
            return None
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        score = task.loss(model(held_inputs), held_targets).item()
    return score if math.isfinite(score) and score < 1000 else None


def schedule_of(task: Task, octave: int, trunk: int, stop: int) -> Schedule:
    """Warm-up, constant, linear to 0: of probes and of full runs alike."""
    rate, warm = task.own_rate * 2.0**octave, task.horizon // 128
    return rate * warmup(warm) >> constant(rate, trunk - warm) >> linear(rate, 0.0, stop - trunk)


def table_of(task: Task) -> dict[str, object]:
    """Scores by seed, length and octave, and the task as it comes: its own rate, constant."""
    lengths = [(rung.trunk, rung.stop) for rung in rungs_of(task.horizon, TunerSettings())]
    lengths.append((int(0.4 * task.horizon), task.horizon))
    scores = [
        {
            str(stop): {
                str(octave): rounded(train(task, seed, schedule_of(task, octave, trunk, stop), stop))
                for octave in task.octaves
            }
            for trunk, stop in lengths
        }
        for seed in SEEDS
    ]
    own = constant(task.own_rate)
    return {
        "task": task.name,
        "horizon": task.horizon,
        "own_rate": task.own_rate,
        "batch": task.batch,
        "samples": len(task.data()[0]),
        "baseline": [rounded(train(task, seed, own, task.horizon)) for seed in SEEDS],
        "scores": scores,
    }


def rounded(score: float | None) -> float | None:
    """Six significant digits: more would only be this machine's."""
    return None if score is None else float(f"{score:.6g}")


def main() -> None:
    """Write every table."""
    torch.set_num_threads(1)
    TABLES.mkdir(exist_ok=True)
    for task in TASKS:
        table = table_of(task)
        (TABLES / f"{task.name}.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        print(task.name, "baseline", table["baseline"])


if __name__ == "__main__":
    main()
