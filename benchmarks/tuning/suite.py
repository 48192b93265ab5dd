"""The tasks of the benchmark, and the part that each belongs to.

Path:   task names -> a draw by a recorded seed -> the oracle, the tuner's scores.
Units:  octaves are log2(rate / the script's own rate).

*Design* is for looking at, *check* for scoring as often as one likes, *unseen* for scoring once. The twelve of the
first edition are in the design part, since all of them have been looked at; the others were drawn before anything was
scored, kind by kind.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["OUTER", "SEEDS", "TASKS", "Part", "Task", "drawn", "task_of"]

Part = Literal["design", "check", "unseen"]

SEEDS = (0, 1, 2, 3)
OUTER = range(-8, 9, 2)
"""Octaves tried everywhere, coarsely: what random search and a wide bracket may fall on."""
DRAW = 20261202
"""The seed by which new tasks were dealt out."""
SHARES: Mapping[str, tuple[int, int]] = {"plain": (5, 8), "trainer": (1, 1), "nothing": (0, 1)}
"""How many of each kind of new tasks are for design and for check; the others are unseen."""


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        name: Of its script.
        part: What it may be used for.
        half: Which half of the first edition it was in, whose figures are kept; empty for new tasks.
        core: The octave in the middle of the nine that are trained with every schedule and seed; None where the best of
            the coarse ones is to be it.
        loader: A `DataLoader` feeds it, which tells how often its data are seen.
        single_pass: They are seen once.
        own: Its schedule, where that is not a constant rate.
        trainer: It runs in the trainer of a library, and is trained with fewer rates, schedules and seeds.
        learns: There is something to be learned; else the right answer is that there is no information.
    """

    name: str
    part: Part
    half: Literal["design", "held-out", ""] = ""
    core: int | None = None
    loader: bool = False
    single_pass: bool = False
    own: bool = False
    trainer: bool = False
    learns: bool = True

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that it is trained with."""
        return SEEDS[:2] if self.trainer else SEEDS

    @property
    def octaves(self) -> range:
        """The nine octaves of the core where it was fixed beforehand, as in the first edition; else none."""
        return range(0) if self.core is None else range(self.core - 4, self.core + 5)

    @property
    def kind(self) -> str:
        """By which it is dealt out."""
        return "trainer" if self.trainer else "plain" if self.learns else "nothing"


def drawn(names: Sequence[str], shares: tuple[int, int], seed: int) -> Mapping[str, Part]:
    """Deal names out by a seed: so many for design, so many for check, the others unseen.

    Example:
        >>> sorted(drawn(["a", "b", "c"], (1, 1), 0).values())
        ['check', 'design', 'unseen']
    """
    order = sorted(names)
    random.Random(seed).shuffle(order)  # noqa: S311 - a draw that anyone can repeat, no secret
    design, check = shares
    parts: list[Part] = ["design"] * design + ["check"] * check + ["unseen"] * (len(order) - design - check)
    return dict(zip(order, parts, strict=True))


_FIRST = (
    Task("digits_mlp", "design", "design", 3, loader=True),
    Task("mnist_cnn", "design", "design", 4, loader=True),
    Task("source_gru", "design", "design", 0, loader=True, single_pass=True),
    Task("diabetes_mlp", "design", "design", -3),
    Task("topics_mlp", "design", "design", 2),
    Task("diamonds_tiny", "design", "design", 4),
    Task("source_transformer", "design", "held-out", 4, loader=True, single_pass=True),
    Task("syllables_adagrad", "design", "held-out", 8),
    Task("weather_conv", "design", "held-out", -3),
    Task("digits_transformer", "design", "held-out", 2),
    Task("flower_coordinates", "design", "held-out", 1),
    Task("spelling_tiny", "design", "held-out", 5, single_pass=True),
)
_NEW = (
    Task("cancer_dropout", "unseen"),
    Task("churn_nadam", "unseen"),
    Task("demand_radam", "unseen", own=True),
    Task("digits_deep_sgd", "unseen"),
    Task("digits_graph", "unseen"),
    Task("digits_vae", "unseen"),
    Task("flights_adamw", "unseen", loader=True, single_pass=True, own=True),
    Task("guesses_mlp", "unseen", learns=False),
    Task("hotels_lion", "unseen"),
    Task("lightning_digits", "unseen", loader=True, trainer=True),
    Task("lightning_hotels", "unseen", loader=True, trainer=True),
    Task("mnist_autoencoder", "unseen"),
    Task("mnist_muon", "unseen"),
    Task("mnist_noisy", "unseen", own=True),
    Task("movies_adagrad", "unseen"),
    Task("pages_transformer", "unseen", own=True),
    Task("pets_transformer", "unseen"),
    Task("photo_lamb", "unseen"),
    Task("pronounce_finetuned", "unseen"),
    Task("returns_transformer", "unseen", learns=False),
    Task("reviews_wordllama", "unseen"),
    Task("rings_lstm", "unseen", own=True),
    Task("sounds_sgd", "unseen", own=True, single_pass=True),
    Task("source_adafactor", "unseen", single_pass=True),
    Task("syllables_gru", "unseen", single_pass=True),
    Task("topics_sparse_adam", "unseen"),
    Task("trainer_reviews", "unseen", loader=True, own=True, trainer=True),
    Task("trainer_source", "unseen", loader=True, single_pass=True, own=True, trainer=True),
    Task("wages_adam", "unseen"),
)


def _dealt() -> tuple[Task, ...]:
    """The new tasks in the parts that they were drawn for."""
    parts: dict[str, Part] = {}
    for kind, shares in SHARES.items():
        parts |= drawn([task.name for task in _NEW if task.kind == kind], shares, DRAW)
    return tuple(replace(task, part=parts[task.name]) for task in _NEW)


TASKS = (*_FIRST, *_dealt())


def task_of(name: str) -> Task:
    """A task by its name."""
    return next(task for task in TASKS if task.name == name)
