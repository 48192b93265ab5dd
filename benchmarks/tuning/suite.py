"""The tasks of the benchmark: which half each belongs to, and where its rates lie.

Units:  octaves are log2(rate / the script's own rate).

The halves were fixed before any controller was scored. The design half is for looking at; the held-out half is scored
at most three times, each noted in `decisions.md`.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["OUTER", "SEEDS", "TASKS", "Task"]

SEEDS = (0, 1, 2, 3)
OUTER = range(-8, 9, 2)
"""Octaves tried everywhere, coarsely: what random search and a wide bracket may fall on."""


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        name: Of its script.
        half: For designing the tuner, or for judging it.
        core: The octave in the middle of the nine that are trained with every schedule and seed.
        loader: A `DataLoader` feeds it, which tells how often its data are seen.
        single_pass: They are seen once.
    """

    name: str
    half: Literal["design", "held-out"]
    core: int
    loader: bool = False
    single_pass: bool = False

    @property
    def octaves(self) -> range:
        """The nine octaves of the core."""
        return range(self.core - 4, self.core + 5)


TASKS = (
    Task("digits_mlp", "design", 3, loader=True),
    Task("mnist_cnn", "design", 4, loader=True),
    Task("source_gru", "design", 0, loader=True, single_pass=True),
    Task("diabetes_mlp", "design", -3),
    Task("topics_mlp", "design", 2),
    Task("diamonds_tiny", "design", 4),
    Task("source_transformer", "held-out", 4, loader=True, single_pass=True),
    Task("syllables_adagrad", "held-out", 8),
    Task("weather_conv", "held-out", -3),
    Task("digits_transformer", "held-out", 2),
    Task("flower_coordinates", "held-out", 1),
    Task("spelling_tiny", "held-out", 5, single_pass=True),
)
