"""The tasks of the tuning benchmark, shortened: their data, models and losses, in a form that faults can be put into.

Path:   benchmarks/tuning/tasks -> `Task` -> `training_run.py`.
Units:  rates are those of the peak under linear decay; norms are those of all gradients together.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tuning"))

import torch
from runner import module_of
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.optim import Optimizer

module_of("basics")
import data  # noqa: E402 - of the tuning benchmark, found since `module_of` has been called
import tabular  # noqa: E402

__all__ = ["TASKS", "Parts", "Task"]

Parts = tuple[Tensor, Tensor, Tensor, Tensor]
"""Inputs and targets that train, inputs and targets that validate."""


@dataclass(frozen=True)
class Task:
    """What is trained.

    Attributes:
        name: That of its script in the tuning benchmark.
        steps: Of a run.
        batch: Rows of a batch.
        rate: The best of rates a factor of 2 apart under linear decay, three seeds; `recording.py --rates` finds it.
        optimizer: Its name, as a log has it.
        make: Makes it from groups.
        parts: The data.
        classes: How many; 0 for a regression.
        norm: Median norm of a run at `rate`, for clips that bind.
        clip: At which the script clips; 0 where it does not.
    """

    name: str
    steps: int
    batch: int
    rate: float
    optimizer: str
    make: Callable[..., Optimizer]
    parts: Callable[[], Parts]
    classes: int = 0
    norm: float = 1.0
    clip: float = 0.0

    def build(self) -> nn.Module:
        """The model of the script, untrained."""
        return module_of(self.name).build()

    def loss(self, scores: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        """Cross-entropy over all answers, or the mean square."""
        if not self.classes:
            return mse_loss(scores, targets)
        return cross_entropy(
            scores.reshape(-1, scores.shape[-1]), targets.reshape(-1).long(), label_smoothing=smoothing
        )


def _pairs(load: Callable[[], tuple[Tensor, ...]], held: int) -> Parts:
    inputs, targets, inputs_held, targets_held = load()
    return inputs, targets, inputs_held[:held], targets_held[:held]


def _topics() -> Parts:
    train, held = data.topics()
    windows, others = train.unfold(0, 9, 1), held.unfold(0, 9, 16)
    return windows[:, :-1], windows[:, -1], others[:, :-1], others[:, -1]


def _source(length: int = 32) -> Parts:
    train, held = data.source()
    windows, others = train.unfold(0, length + 1, length), held[: 64 * (length + 1)].reshape(64, length + 1)
    return windows[:, :-1], windows[:, 1:], others[:, :-1], others[:, 1:]


_momentum = partial(torch.optim.SGD, momentum=0.9, fused=True)
_adam = partial(torch.optim.Adam, fused=True)
_adamw = partial(torch.optim.AdamW, fused=True)

TASKS = {
    task.name: task
    for task in (
        Task("digits_mlp", 600, 32, 0.08, "sgd", _momentum, partial(_pairs, data.digits, 500), 10, 0.33),
        Task("diabetes_mlp", 600, 32, 2e-4, "adam", _adam, partial(_pairs, data.diabetes, 150)),
        Task("topics_mlp", 600, 128, 0.16, "sgd", _momentum, _topics, 128),
        Task("diamonds_tiny", 1200, 16, 0.016, "adam", _adam, partial(_pairs, data.diamonds, 500)),
        Task("source_gru", 300, 16, 0.02, "rmsprop", torch.optim.RMSprop, _source, 128, clip=1.0),
        Task("source_rnn", 300, 16, 0.005, "rmsprop", torch.optim.RMSprop, partial(_source, 64), 128, clip=1.0),
        Task(
            "spelling_tiny", 800, 32, 0.1, "sgd", _momentum,
            partial(_pairs, data.spelling, 1000), 27, 0.7,
        ),
        Task(
            "weather_conv", 300, 64, 0.004, "rmsprop", torch.optim.RMSprop,
            partial(_pairs, data.weather, 500),
        ),
        Task("flower_coordinates", 600, 128, 0.008, "adam", _adam, partial(_pairs, data.flower, 500)),
        Task(
            "syllables_adagrad", 600, 128, 0.6, "adagrad", torch.optim.Adagrad,
            partial(_pairs, data.syllables, 1000), 6,
        ),
        Task(
            "digits_transformer", 300, 32, 0.008, "adamw", _adamw,
            partial(_pairs, data.digits, 500), 10,
        ),
        Task("flights_adamw", 600, 32, 0.002, "adamw", _adamw, partial(_pairs, tabular.flights, 1000)),
    )
}  # fmt: skip
