"""A plan's rate on runs that others tuned and published: language models of Step Law, eight problems of DeepOBS.

    python benchmarks/plan.py --public    # a minute: the tables of benchmarks/README.md

Path:   step_law.csv, world_runs/frozen/deepobs.tar.xz -> what a rate costs beside the best one of its grid.
Units:  octaves are log2(rate / the best rate); regret is a share of the best loss, or of the best accuracy.

`step_law.csv` holds figures of 1,911 runs, measured by Li et al. 2025 (arXiv 2503.04715; github.com/step-law/steplaw,
data/dense_lr_bs_loss.csv; the repository names no licence, so nothing but the numbers is taken): parameters without
embeddings, tokens, sequences of 2,048 tokens a step, peak rate, smoothed final training loss.
"""

import csv
import math
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np

HERE = Path(__file__).parent
sys.path.append(str(HERE / "world_runs"))

from world import logs_of, outcome_of  # noqa: E402 - found where it lies

from ratecraft.laws.scaling.language_model import SEQUENCE, LanguageModel, best_rate  # noqa: E402
from ratecraft.recipes.planning import plan_of  # noqa: E402
from ratecraft.recipes.run_description import RunDescription  # noqa: E402

Cell: TypeAlias = tuple[float, float]
"""Parameters and tokens."""
Law: TypeAlias = Callable[[float, float, float], float]
"""A rate by parameters, tokens and tokens a step."""


@dataclass(frozen=True)
class Slice:
    """The runs of one size, one number of tokens and one batch.

    Attributes:
        cell: Size and tokens.
        sequences: A step.
        losses: By rate, rising.
    """

    cell: Cell
    sequences: float
    losses: Mapping[float, float]

    @property
    def least(self) -> float:
        """The lowest loss."""
        return min(self.losses.values())

    def regret(self, rate: float) -> float:
        """What a rate costs, between the rates of the grid; beyond them that of the nearest.

        Example:
            >>> Slice((1.0, 1.0), 1.0, {1.0: 2.0, 4.0: 2.2}).regret(2.0)
            0.050000000000000044
        """
        octaves = [math.log2(each) for each in self.losses]
        return float(np.interp(math.log2(rate), octaves, list(self.losses.values()))) / self.least - 1

    @property
    def best_octave(self) -> float:
        """Of the rate: the lowest point of the parabola through the best rate and its neighbours."""
        octaves, losses = [math.log2(each) for each in self.losses], list(self.losses.values())
        at = losses.index(min(losses))
        if not 0 < at < len(losses) - 1:
            return octaves[at]
        near = slice(at - 1, at + 2)
        square, line, _ = np.polyfit(octaves[near], losses[near], 2)
        return float(np.clip(-line / (2 * square), octaves[at - 1], octaves[at + 1]))


@cache
def slices() -> tuple[Slice, ...]:
    """All that have rates enough."""
    found: dict[tuple[float, float, float], dict[float, float]] = {}
    with (HERE / "step_law.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            place = (float(row["parameters"]), float(row["tokens"]), float(row["sequences"]))
            losses, rate = found.setdefault(place, {}), float(row["rate"])
            losses[rate] = min(float(row["loss"]), losses.get(rate, math.inf))
    return tuple(
        Slice((size, tokens), sequences, dict(sorted(losses.items())))
        for (size, tokens, sequences), losses in sorted(found.items())
        if len(losses) >= 5
    )


def fitted(known: Sequence[Slice]) -> Law:
    """The power law through the best rates of some slices: least absolute deviations, nearly, in octaves."""
    rows = np.array([(1.0, *map(math.log2, (*each.cell, each.sequences * SEQUENCE))) for each in known])
    octaves, weights = np.array([each.best_octave for each in known]), np.ones(len(known))
    powers = np.zeros(rows.shape[1])
    for _ in range(20):
        powers = np.linalg.lstsq(rows * weights[:, None], octaves * weights, rcond=None)[0]
        weights = 1 / np.sqrt(np.maximum(np.abs(octaves - rows @ powers), 0.3))
    return lambda size, tokens, batch: float(
        2 ** (powers @ (1.0, math.log2(size), math.log2(tokens), math.log2(batch)))
    )


@cache
def without(cell: Cell) -> Law:
    """The law of the plan's form, fitted with one pair of size and tokens left out."""
    return fitted([each for each in slices() if each.cell != cell])


def ours(size: float, tokens: float, batch: float) -> float:
    """Of the plan as it ships."""
    return best_rate(LanguageModel(size, tokens, batch))


_GPT3 = ((1.25e8, 6e-4), (3.5e8, 3e-4), (7.6e8, 2.5e-4), (1.3e9, 2e-4))


def gpt3(size: float, _tokens: float, _batch: float) -> float:
    """Between the rows of Table 2.1 of Brown et al. 2020, which the plan took before."""
    sizes, rates = zip(*_GPT3, strict=True)
    return float(2 ** np.interp(math.log2(size), np.log2(sizes), np.log2(rates)))


LAWS: Mapping[str, Law] = {
    "the plan's, as it ships": ours,
    "constant 1e-3": lambda _size, _tokens, _batch: 1e-3,
    "constant 2e-3, the best one": lambda _size, _tokens, _batch: 2e-3,
    "Step Law (Li et al. 2025)": lambda size, tokens, _batch: 1.79 * size**-0.713 * tokens**0.307,
    "DeepSeek (Bi et al. 2024)": lambda size, tokens, _batch: 0.3118 * (6 * size * tokens) ** -0.125,
    "Porian et al. 2024": lambda size, _tokens, _batch: 3.7 * size**-0.36,
    "Kaplan et al. 2020": lambda size, _tokens, _batch: 0.003239 - 0.0001395 * math.log(size),
    "GPT-3 (Brown et al. 2020)": gpt3,
}
"""Published laws as they are. Those that know no batch are for the best one."""


def at_best_batch() -> tuple[Slice, ...]:
    """Of each pair of size and tokens the slice with the lowest loss."""
    cells = dict.fromkeys(each.cell for each in slices())
    return tuple(min((each for each in slices() if each.cell == cell), key=lambda each: each.least) for cell in cells)


def of_step_law() -> Iterator[str]:
    """A row a law: regret in per cent at the best batches, and at all."""
    yield "| law | best batch: mean | worst | all batches: mean | worst | worse than 1e-3 in |"
    yield "|---|---|---|---|---|---|"
    laws: dict[str, Callable[[Slice], float]] = {
        "the plan's form, scored cell left out": lambda each: without(each.cell)(*each.cell, each.sequences * SEQUENCE)
    }
    laws |= {name: lambda each, law=law: law(*each.cell, each.sequences * SEQUENCE) for name, law in LAWS.items()}
    for name, rate_of in laws.items():
        best, every = ([100 * each.regret(rate_of(each)) for each in among] for among in (at_best_batch(), slices()))
        worse = sum(each.regret(rate_of(each)) > each.regret(1e-3) + 1e-9 for each in at_best_batch())
        numbers = (statistics.fmean(best), max(best), statistics.fmean(every), max(every))
        cells = " | ".join(f"{number:.3f}" for number in numbers)
        yield f"| {name} | {cells} | {worse} / {len(best)} |"


OTHERS: tuple[tuple[float, float, float, float], ...] = (
    (46006272, 127991808, 32768, 1.953e-3),
    (109051904, 127991808, 32768, 9.77e-4),
    (368050176, 127991808, 65536, 6.91e-4),
    (872415232, 127991808, 65536, 4.88e-4),
    (2944401408, 127991808, 32768, 2.44e-4),
    (46006272, 255983616, 65536, 1.953e-3),
    (109051904, 255983616, 65536, 1.381e-3),
    (368050176, 255983616, 65536, 9.77e-4),
    (872415232, 255983616, 65536, 4.88e-4),
    (2944401408, 255983616, 65536, 3.45e-4),
    (46006272, 511967232, 65536, 2.762e-3),
    (109051904, 511967232, 131072, 1.953e-3),
    (368050176, 511967232, 131072, 9.77e-4),
    (872415232, 511967232, 131072, 6.91e-4),
    (46006272, 1023934464, 131072, 3.906e-3),
    (109051904, 1023934464, 131072, 1.953e-3),
    (368050176, 1023934464, 131072, 9.77e-4),
    (872415232, 1023934464, 131072, 6.91e-4),
)
"""Parameters, tokens, tokens a step and best rate of 18 grids of another author, on another model and other data (Lucas
Lingle, "Scaling laws for optimal LR and batch size", substack, 2025); nothing was fitted to them."""


def of_others() -> Iterator[str]:
    """A row a law: how far from the best rates of the other author."""
    yield "| law | octaves off, median size | mean, signed | worst |"
    yield "|---|---|---|---|"
    for name, law in LAWS.items():
        off = [math.log2(law(size, tokens, batch) / rate) for size, tokens, batch, rate in OTHERS]
        worst = max(off, key=abs)
        yield f"| {name} | {statistics.median(map(abs, off)):.2f} | {statistics.fmean(off):+.2f} | {worst:+.2f} |"


@dataclass(frozen=True)
class Problem:
    """A problem of DeepOBS.

    Attributes:
        task: As one would tell the plan; None where none fits.
        batch: Samples a step.
        epochs: Passes over the data; the quadratic has none.
    """

    task: str | None
    batch: int
    epochs: int | None


PROBLEMS: Mapping[str, Problem] = {
    "quadratic_deep": Problem(None, 128, None),
    "mnist_vae": Problem(None, 64, 50),
    "fmnist_vae": Problem(None, 64, 100),
    "fmnist_2c2d": Problem("plain-images", 128, 100),
    "cifar10_3c3d": Problem("plain-images", 128, 100),
    "cifar100_allcnnc": Problem("plain-images", 256, 350),
    "svhn_wrn164": Problem("images", 128, 160),
    "tolstoi_char_rnn": Problem("recurrent", 50, 200),
}
"""Batches and epochs are those of the runs; 2c2d, 3c3d and All-CNN-C have no normalisation layers."""

OPTIMIZERS: Mapping[str, tuple[str, float, float]] = {
    "GradientDescent": ("sgd", 1e-3, 1e-2),
    "Momentum": ("momentum", 1e-3, 1e-2),
    "Adam": ("adam", 1e-3, 1e-3),
}
"""Recipe, and the default rates of PyTorch and of Keras, which have one for SGD with and without momentum."""


@cache
def levels() -> Mapping[tuple[str, str], Mapping[float, float]]:
    """How well each rate did, the higher the better, by problem and optimizer; medians over seeds."""
    found: dict[tuple[str, str], dict[float, list[float]]] = {}
    for name, text in logs_of("deepobs").items():
        problem, optimizer, rate, _ = name.removesuffix(".csv").split("__")
        found.setdefault((problem, optimizer), {}).setdefault(float(rate), []).append(outcome_of(text))
    return {
        place: {rate: statistics.median(of_seeds) for rate, of_seeds in sorted(rates.items())}
        for place, rates in found.items()
    }


def loss_at(rates: Mapping[float, float], rate: float) -> float:
    """What a rate costs beside the best of the grid: that of the nearest rate of the grid, a share of the best level.

    Example:
        >>> round(loss_at({0.1: 0.9, 0.2: 0.81}, 0.19), 3)
        0.1
    """
    best = max(rates.values())
    nearest = min(rates, key=lambda each: abs(math.log(each / rate)))
    return (best - rates[nearest]) / abs(best)


def of_deepobs() -> Iterator[str]:
    """A row a cell, and what comes out in all."""
    yield "| problem | optimizer | best rate | plan | PyTorch | Keras | cost of plan | PyTorch | Keras |"
    yield "|---|---|---|---|---|---|---|---|---|"
    counts = {"PyTorch": [0, 0], "Keras": [0, 0]}
    for problem, known in PROBLEMS.items():
        for name, (recipe, torch, keras) in OPTIMIZERS.items():
            rates = levels()[problem, name]
            given = RunDescription(
                recipe, task=known.task, batch_size=known.batch, passes=known.epochs, schedule="constant"
            )
            plan = plan_of(given).rate
            best = max(rates, key=lambda each: rates[each])
            costs = [loss_at(rates, each) for each in (plan, torch, keras)]
            for library, cost in zip(counts, costs[1:], strict=True):
                counts[library][0] += costs[0] < cost - 1e-3
                counts[library][1] += costs[0] > cost + 1e-3
            shown = " | ".join(f"{100 * cost:.1f} %" if math.isfinite(cost) else "no number" for cost in costs)
            yield f"| {problem} | {name} | {best:.2g} | {plan:.2g} | {torch:g} | {keras:g} | {shown} |"
    yield ""
    for library, (better, worse) in counts.items():
        yield f"The plan is better than {library}'s default in {better} of 24 cells, worse in {worse}, else alike."


def main() -> None:
    """All tables."""
    for heading, lines in (("Step Law", of_step_law()), ("Lingle", of_others()), ("DeepOBS", of_deepobs())):
        print(f"\n{heading}\n")
        print("\n".join(lines))
