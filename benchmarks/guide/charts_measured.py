"""The figures that other benchmarks measured: batch and rate, what a plan is worth, what a search costs.

Path:   as `charts.py`.
"""

import math
import statistics
from collections.abc import Callable

from charts import Said, frozen, rates_axis, said
from drawing import Axis, Chart, Mark

__all__ = ["CHARTS"]


def batch(of: Said) -> Chart:
    """The best rate against the batch."""
    data = frozen("batch")
    sizes, lines = (
        data["batches"],
        (
            ("spelling momentum", "b", "momentum"),
            ("digits momentum", "d", "other"),
            ("spelling adam", "c", "adam"),
            ("digits adam", "a", "adam2"),
        ),
    )
    base = sizes.index(32)
    powers = {name: power(sizes, [statistics.fmean(row) for row in data["best"][key]]) for key, _, name in lines}
    listed = ", ".join(f"{of(name)} {value:.2f}" for name, value in powers.items())
    x = Axis(14, 560, [(size, str(size)) for size in sizes], of("x"), logarithmic=True)
    y = Axis(0.35, 20, [(factor, f"×{factor:g}") for factor in (0.5, 1, 2, 4, 8, 16)], of("y"), logarithmic=True)
    chart = Chart(of("title"), of("text", list=listed), x, y, right=176)
    for name, exponent in (("linear", 1.0), ("root", 0.5)):
        chart.line("e", [(size, *[(size / 32) ** exponent] * 3) for size in sizes], dots=False, band=False)
        chart.say("e", of(name), sizes[-1], (sizes[-1] / 32) ** exponent, dy=0)
    for key, colour, name in lines:
        middle = statistics.fmean(data["best"][key][base])
        points = [factors(size, row, middle) for size, row in zip(sizes, data["best"][key], strict=True)]
        chart.line(colour, points)
        chart.say(colour, of(name), sizes[-1], points[-1][1], dy={"b": 12, "d": 24, "c": 18, "a": 2}[colour])
    return chart


def factors(size: float, octaves: list[float], base: float) -> Mark:
    """Mean, lowest and highest best rate, relative to the base."""
    return (size, *(2.0 ** (value - base) for value in (statistics.fmean(octaves), min(octaves), max(octaves))))


def power(sizes: list[int], octaves: list[float]) -> float:
    """The p of best rate ~ batch^p."""
    return statistics.linear_regression([math.log2(size) for size in sizes], octaves).slope


def plan(of: Said) -> Chart:
    """Best and usual rate of each task."""
    tasks = frozen("plan")["tasks"]
    inside = sum(each["low"] <= each["best"] <= each["high"] for each in tasks)
    above = sum(each["best"] > each["plan"] for each in tasks)
    listed = ", ".join(f"{each['task']} {said(each['best'])} / {said(each['plan'])}" for each in tasks)
    rows = [(float(len(tasks) - place), f"{each['task']}") for place, each in enumerate(tasks)]
    chart = Chart(
        of("title", inside=inside, above=above),
        of("text", list=listed),
        rates_axis(4e-5, 4, of("x")),
        Axis(0.3, len(tasks) + 0.7, rows, ""),
        height=340,
        left=150,
    )
    for (row, _), each in zip(rows, tasks, strict=True):
        chart.dot("a", each["plan"], row, each["low"], each["high"], hollow=True)
        chart.dot("b", each["best"], row, each["best"], each["best"])
    return chart


def cost(of: Said) -> Chart:
    """Regret by way, the runs beside it."""
    data = frozen("cost")
    runs = {name: of("runs", runs=f"{own['runs']:.3g}") for name, own in data.items()}
    listed = "; ".join(f"{name}: {own['regret'][0]:.1f} ({runs[name]})" for name, own in data.items())
    rows = [(float(len(data) - place), f"{name} · {own['runs']:.3g}") for place, (name, own) in enumerate(data.items())]
    ticks = [(value, f"{value:g}") for value in (-1, 0, 1, 2, 4, 6, 8, 10)]
    chart = Chart(
        of("title"),
        of("text", list=listed),
        Axis(-1.2, 10, ticks, of("x")),
        Axis(0.3, len(data) + 0.7, rows, ""),
        height=440,
        left=218,
    )
    chart.upright("e", 0)
    for (row, _), (name, own) in zip(rows, data.items(), strict=True):
        middle, low, high = own["regret"]
        chart.dot(
            "c" if name.startswith("ratecraft") else "b" if name.startswith("default") else "a", middle, row, low, high
        )
    return chart


def scale(of: Said) -> Chart:
    """The best rate against the width, the law through three of them, and what the fourth came to."""
    data = frozen("scale")
    law, losses = data["law"], [statistics.fmean(row) for row in data["losses"]]
    target, (low, high) = law["target"]["--width"], law["interval"]
    best = data["rates"][losses.index(min(losses))]
    points = [(each["sizes"]["--width"], each["rate"], each["sd"]) for each in law["points"]]
    listed = ", ".join(f"{width:g}: {said(rate)}" for width, rate, _ in points)
    told = {"rate": said(law["rate"]), "low": said(low), "high": said(high), "best": said(best), "list": listed}
    widths = [(width, f"{width:g}") for width in (*(point[0] for point in points), target)]
    x = Axis(points[0][0] * 0.85, target * 1.2, widths, of("x"), logarithmic=True)
    marks = [(width, *(rate * 2 ** (side * 1.645 * sd) for side in (0, -1, 1))) for width, rate, sd in points]
    ends = [value for mark in (*marks, (0, best, low, high)) for value in mark[1:]]
    ticks = [(rate, said(rate)) for rate in (1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1) if min(ends) / 1.3 < rate]
    y = Axis(
        min(ends) / 1.3,
        max(ends) * 1.3,
        [tick for tick in ticks if tick[0] < max(ends) * 1.3],
        of("y"),
        logarithmic=True,
    )
    chart = Chart(of("title", **told), of("text", **told), x, y, right=120)
    chart.line("a", [*marks, (target, law["rate"], low, high)])
    chart.say("a", of("law"), target, law["rate"])
    chart.line("b", [(target, best, best, best)])
    chart.say("b", of("best"), target, best, dy=18 if best < law["rate"] else -8)
    return chart


CHARTS: dict[str, Callable[[Said], Chart]] = {"batch": batch, "plan": plan, "cost": cost, "scale": scale}
