"""The table of all rivals: regret against cost, with intervals, per task, and a picture.

    python benchmarks/tuning/table.py                     # the design half
    python benchmarks/tuning/table.py --half held-out --picture benchmarks/tuning/regret.svg

Path:   results.jsonl, frozen oracle -> regret of each line -> Markdown tables, an SVG or PNG picture.
Units:  regret in % of the loss and in seed standard deviations (sd) of the reference; cost in runs.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from frozen import is_complete, load
from lines import read
from rivals import RESULTS
from scoring import Reference, Regret, bootstrap, failed, reference_of, regret_of
from suite import TASKS

__all__ = ["Row", "behind", "row_of"]

KEPT = Path(__file__).with_name("frozen") / "results.jsonl.gz"
"""The lines that the tables of the README are made of."""
OURS = "ratecraft"
"""What the others are held against."""


@dataclass(frozen=True)
class Row:
    """One rival over all tasks and seeds.

    Attributes:
        rival: Its name.
        runs: What it costs, the mean.
        median: Regret in %, with its interval.
        median_sd: Regret in seed standard deviations, with its interval.
        p95: The 95th percentile of both.
        failures: Failures among so many runs.
        by_task: Median regret in % of each task.
        by_seed: Regret in seed standard deviations of each task and seed.
    """

    rival: str
    runs: float
    median: tuple[float, float, float]
    median_sd: tuple[float, float, float]
    p95: tuple[float, float]
    failures: tuple[float, int]
    by_task: Mapping[str, float]
    by_seed: Mapping[tuple[str, int], float]


def row_of(rival: str, lines: Iterable[Mapping[str, Any]], references: Mapping[str, Reference]) -> Row:
    """The row of a rival. Draws of one task and seed count as one: their median, and their share of failures."""
    drawn: dict[tuple[str, int], list[Regret]] = {}
    costs: list[float] = []
    for line in lines:
        loss = math.inf if line["loss"] is None else line["loss"]
        regret = regret_of(loss, line["seed"], references[line["task"]])
        drawn.setdefault((line["task"], line["seed"]), []).append(regret)
        costs.append(line["runs"])
    shares = {key: 100 * statistics.median(each.share for each in regrets) for key, regrets in drawn.items()}
    sds = {key: statistics.median(each.in_sd for each in regrets) for key, regrets in drawn.items()}
    every = [each for regrets in drawn.values() for each in regrets]
    return Row(
        rival,
        statistics.mean(costs),
        (statistics.median(shares.values()), *bootstrap(shares, statistics.median)),
        (statistics.median(sds.values()), *bootstrap(sds, statistics.median)),
        (100 * quantile([each.share for each in every]), quantile([each.in_sd for each in every])),
        (sum(map(failed, every)) / len(every), len(every)),
        {task: statistics.median(shares[key] for key in shares if key[0] == task) for task, _ in sorted(shares)},
        sds,
    )


def behind(row: Row, other: Row) -> tuple[float, float, float] | None:
    """By how many seed standard deviations a rival is behind another, task by task and seed by seed: the median.

    With its interval; None where they share no task and seed.
    """
    pairs = {key: (row.by_seed[key], other.by_seed[key]) for key in row.by_seed if key in other.by_seed}
    away = {key: 0.0 if mine == theirs else mine - theirs for key, (mine, theirs) in pairs.items()}
    return (statistics.median(away.values()), *bootstrap(away, statistics.median)) if away else None


def quantile(values: Sequence[float], share: float = 0.95) -> float:
    """The nearest value at a share of the sorted ones: infinite ones are allowed."""
    return float(np.quantile(values, share, method="nearest"))


def overall(rows: Sequence[Row]) -> str:
    """The table over all tasks, cheapest first: medians, each with the interval that holds 90 % of the draws."""
    lines = [
        "| rival | runs | regret, % (90 %) | regret, sd (90 %) | behind ratecraft, sd | p95, % | p95, sd | failures |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ours = next((row for row in rows if row.rival == OURS), None)
    for row in rows:
        paired = behind(row, ours) if ours and row is not ours else None
        away = f"{paired[0]:+.2f} ({paired[1]:+.2f} … {paired[2]:+.2f})" if paired else ""
        share, in_sd = (f"{each[0]:+.2f} ({each[1]:+.2f} … {each[2]:+.2f})" for each in (row.median, row.median_sd))
        tail = f"{row.p95[0]:+.1f} | {row.p95[1]:+.1f} | {100 * row.failures[0]:.0f} % of {row.failures[1]}"
        lines.append(f"| {row.rival} | {row.runs:.2f} | {share} | {in_sd} | {away} | {tail} |")
    return "\n".join(lines)


def per_task(rows: Sequence[Row]) -> str:
    """The table of medians by task, in % of the loss."""
    tasks = sorted({task for row in rows for task in row.by_task})
    lines = [f"| rival | {' | '.join(tasks)} |", f"|---|{'---|' * len(tasks)}"]
    for row in rows:
        cells = [f"{row.by_task[task]:+.1f}" if task in row.by_task else "" for task in tasks]
        lines.append(f"| {row.rival} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(rows: Sequence[Row], path: Path) -> None:
    """The picture: median regret in seed standard deviations against cost, with intervals."""
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams |= {"svg.hashsalt": "ratecraft", "svg.fonttype": "none"}
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.12, top=0.97)
    labels: list[tuple[str, float, float, str]] = []
    for row in rows:
        middle, low, high = (min(each, 30.0) for each in row.median_sd)
        ours = row.rival.startswith(OURS)
        colour = "#c2410c" if ours else "#9ca3af" if row.rival.startswith("default") else "#1d4ed8"
        axes.plot([row.runs, row.runs], [low, high], color=colour, alpha=0.35, linewidth=1)
        axes.plot(row.runs, middle, "o", color=colour, markersize=7 if ours else 5)
        labels.append((row.rival, row.runs, middle, colour))
    axes.set_xscale("log", base=2)
    axes.set_xticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
    axes.set_xlim(0.9, 28)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_yticks([-1, 0, 1, 3, 10, 30], ["−1", "0", "1", "3", "10", "30"])
    axes.axhline(0, color="#d1d5db", linewidth=1)
    axes.set_ylim(-1.6, 40)
    taken: list[tuple[float, float]] = []
    for text, runs, middle, colour in sorted(labels, key=lambda label: -label[2]):
        x, y = axes.transData.transform((runs, middle))
        at = y
        while any(abs(x - other) < 110 and abs(at - height) < 9 for other, height in taken):
            at -= 1
        taken.append((x, at))
        axes.annotate(text, (runs, middle), (5, at - y + 2), textcoords="offset pixels", fontsize=6.5, color=colour)
    axes.set(xlabel="cost, full runs", ylabel="median regret, seed standard deviations")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Print the tables of a half, draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("design", "held-out"), default="design")
    parser.add_argument(
        "--results", type=Path, default=RESULTS if RESULTS.exists() else KEPT, help="lines of rivals.py"
    )
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    tasks = [each.name for each in TASKS if each.half == arguments.half and is_complete(each.name)]
    references = {task: reference_of(load(task)) for task in tasks}
    by_rival: dict[str, list[Mapping[str, Any]]] = {}
    for line in read(arguments.results):
        if line["task"] in references:
            by_rival.setdefault(line["rival"], []).append(line)
    order: Callable[[Row], tuple[float, str]] = lambda row: (round(row.runs, 2), row.rival)  # noqa: E731
    rows = sorted((row_of(rival, lines, references) for rival, lines in by_rival.items()), key=order)
    print(overall(rows), per_task(rows), sep="\n\n")
    print("\n| task | reference loss, mean | seed-sd, % |\n|---|---|---|")
    for task, reference in references.items():
        mean = statistics.mean(reference.losses.values())
        print(f"| {task} | {mean:.4g} | {100 * reference.sd / mean:.1f} |")
    if arguments.picture:
        draw(rows, arguments.picture)


if __name__ == "__main__":
    main()
