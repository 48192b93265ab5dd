"""The figures of the guide's chapters: what is drawn from each frozen result, in every language.

Path:   `frozen/<name>.json`, `docs/guide/<language>/figures.toml` -> `drawing.Chart` ->
        `docs/guide/figures/<name>.<language>.svg`.
Units:  losses and rates as they were measured; a middle is a median over seeds, a spread their lowest and highest.

Numbers in titles and texts are computed here from the results, so a sentence cannot outlive its measurement.
"""

import json
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from drawing import Axis, Chart, Mark, spread

HERE = Path(__file__).parent
GUIDE = HERE.parents[1] / "docs" / "guide"
Values = Sequence[float | None]

__all__ = ["CHARTS", "Said", "frozen", "marks", "rates_axis", "said"]


@cache
def frozen(name: str) -> Mapping[str, Any]:
    """What an experiment came to."""
    return json.loads((HERE / "frozen" / f"{name}.json").read_text(encoding="utf-8"))


class Said:
    """The words of one figure in one language."""

    def __init__(self, name: str, language: str) -> None:
        """Read them."""
        self.language = language
        file = GUIDE / language / "figures.toml"
        self.words: Mapping[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))[name]

    def __call__(self, key: str, **values: object) -> str:
        """A sentence with its numbers."""
        return self.words[key].format(**values)


def said(value: float) -> str:
    """A number as it is written: a rate or a loss with at most three digits.

    Example:
        >>> said(0.0009765625), said(0.125), said(2.3099), said(8.0)
        ('9.8e-4', '0.125', '2.31', '8')
    """
    if value and abs(value) < 0.01:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return f"{value:.3g}"


def marks(places: Iterable[float], rows: Iterable[Values]) -> list[Mark]:
    """Points with their spread."""
    return [(place, *spread(row)) for place, row in zip(places, rows, strict=True)]


def best_of(places: Sequence[float], rows: Sequence[Values]) -> tuple[float, float]:
    """Where the median is lowest, and that median."""
    middle, place = min((spread(row)[0], place) for place, row in zip(places, rows, strict=True))
    return place, middle


def as_good(places: Sequence[float], rows: Sequence[Values]) -> tuple[float, float]:
    """From lowest to highest place whose median lies in the spread of the best, half a step of the grid wider."""
    _, most = min((spread(row)[0], spread(row)[2]) for row in rows)
    within = [place for place, row in zip(places, rows, strict=True) if spread(row)[0] <= most]
    half = math.sqrt(places[1] / places[0])
    return min(within) / half, max(within) * half


def rates_axis(low: float, high: float, label: str) -> Axis:
    """Powers of ten between two rates."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    ticks = [
        (10.0**power, f"{10.0**power:g}" if -3 <= power <= 3 else f"1e{power}") for power in range(first, last + 1)
    ]
    return Axis(low, high, ticks, label, logarithmic=True)


def levels(values: Sequence[float], label: str, *, logarithmic: bool = False) -> Axis:
    """An axis from its lowest to its highest tick."""
    return Axis(min(values), max(values), [(value, f"{value:g}") for value in values], label, logarithmic)


LOSSES = (0.05, 0.1, 0.2, 0.5, 1, 2)


def loss_axis(label: str, low: float = 0.03, high: float = 3.0) -> Axis:
    """Of losses that differ by factors."""
    return Axis(low, high, [(value, f"{value:g}") for value in LOSSES if low <= value <= high], label, logarithmic=True)


def valley(of: Said) -> Chart:
    """The loss at the end against the rate."""
    data = frozen("valley")
    rates, losses = data["rates"], data["losses"]
    best, loss = best_of(rates, losses)
    low_loss, high_loss = (said(spread(losses[rates.index(best) + octaves])[0]) for octaves in (-4, 2))
    words = of("text", best=said(best), loss=said(loss), low_loss=low_loss, high_loss=high_loss)
    chart = Chart(of("title"), words, rates_axis(2e-4, 2.5, of("x")), loss_axis(of("y")))
    chart.shade("c", *as_good(rates, losses))
    chart.line("a", marks(rates, losses))
    chart.upright("c", best, of("best", best=said(best)))
    return chart


def courses(of: Said) -> Chart:
    """The training loss over the steps at three rates."""
    data = frozen("valley")
    best, _ = best_of(data["rates"], data["losses"])
    places = {name: data["rates"].index(best) + octaves for name, octaves in (("low", -6), ("best", 0), ("high", 2))}
    rates = {name: said(data["rates"][place]) for name, place in places.items()}
    ends = {name: spread([own[-1] for own in data["courses"][place]])[0] for name, place in places.items()}
    words = of("text", **rates, low_loss=said(ends["low"]), loss=said(ends["best"]), high_loss=said(ends["high"]))
    x, y = levels([0, 200, 400, 600, 800], of("x")), levels([0, 0.5, 1, 1.5, 2, 2.5], of("y"))
    chart = Chart(of("title"), words, x, y)
    for name, colour, dy in (("low", "b", 16), ("best", "a", -8), ("high", "d", -8)):
        rows = [list(row) for row in zip(*data["courses"][places[name]], strict=True)]
        chart.line(colour, marks(data["checks"], rows), dots=False)
        chart.say(colour, of(name, **rates), 790, ends[name], anchor="end", dx=0, dy=dy)
    return chart


def longer(of: Said) -> Chart:
    """What more steps do for a rate that is too small."""
    data = frozen("longer")
    middles = [[spread(own)[0] for own in row] for row in data["losses"]]
    x = Axis(0.9, 13, [(times, of("times", times=times)) for times in data["times"]], of("x"), logarithmic=True)
    chart = Chart(of("title"), of("text", best=said(middles[0][0]), slow=said(middles[2][-1])), x, loss_axis(of("y")))
    for rate, row, middle, colour in zip(data["rates"], data["losses"], middles, "cabd", strict=True):
        chart.line(colour, marks(data["times"], row))
        chart.say(colour, said(rate), data["times"][-1], middle[-1], dy=14 if rate == data["rates"][0] else 4)
    return chart


def truth() -> tuple[float, tuple[float, float], float]:
    """Of whole runs: the best rate, those as good, and the first at which they fail."""
    data = frozen("valley")
    rates, losses = data["rates"], data["losses"]
    best, _ = best_of(rates, losses)
    edge = min(rate for rate, row in zip(rates, losses, strict=True) if rate > best and spread(row)[0] > 1.5)
    return best, as_good(rates, losses), edge


def finder(of: Said) -> Chart:
    """The curve of the range test."""
    data = frozen("finder")
    best, _, edge = truth()
    rows = [list(row) for row in zip(*data["losses"], strict=True)]
    chart = Chart(
        of("title"),
        of("text", best=said(best), edge=said(edge)),
        rates_axis(1e-5, 10, of("x")),
        levels([1, 1.5, 2, 2.5, 3, 3.5, 4], of("y")),
    )
    chart.line("a", marks(data["rates"], rows), dots=False)
    chart.upright("c", best, of("best", best=said(best)))
    chart.upright("b", edge)
    chart.say("b", of("edge"), edge, 3.75, dx=6)
    return chart


def finder_rules(of: Said) -> Chart:
    """What the rules read off, seed by seed."""
    data, (best, good, edge) = frozen("finder"), truth()
    rules = ("valley", "minimum_tenth", "steepest")
    ends = {rule: [each for each in data["found"][rule] if each is not None] for rule in rules}
    spans = {rule: f"{said(min(own))} – {said(max(own))}" for rule, own in ends.items()}
    rows = [(4.0, of("valley")), (3.0, of("minimum_tenth")), (2.0, of("steepest")), (1.0, of("runs"))]
    words = of("text", **spans, low=said(good[0]), high=said(good[1]))
    least = min(min(own) for own in ends.values())
    title = of("title", below=f"{best / least:.0f}")
    chart = Chart(title, words, rates_axis(0.005, 10, of("x")), Axis(0.4, 4.7, rows, ""), height=250, left=150)
    chart.shade("c", *good)
    for rule, (row, _) in zip(rules, rows, strict=False):
        for at in ends[rule]:
            chart.tick("a", at, row)
    chart.dot("c", best, 1.0, best, best)
    chart.upright("b", edge)
    chart.say("b", of("edge"), edge, 0.62, dx=6)
    return chart


def annealed(of: Said) -> Chart:
    """Short runs beside the whole run."""
    data = frozen("annealed")
    keys, rates = ("high", "cooled", "full"), data["rates"]
    found = {key: said(best_of(rates, data[key])[0]) for key in keys}
    probe, steps = data["steps"]
    words = of("text", probe=probe, steps=steps, **found)
    chart = Chart(of("title"), words, rates_axis(4e-4, 0.15, of("x")), levels([1.8, 2.2, 2.6, 3, 3.4], of("y")))
    for key, colour, place, dy in (("high", "b", 4, -22), ("cooled", "a", 4, 26), ("full", "c", 4, 18)):
        chart.line(colour, marks(rates, data[key]))
        chart.say(colour, of(key), rates[place], spread(data[key][place])[0], anchor="middle", dx=0, dy=dy)
    return chart


def of_schedules(of: Said, name: str, ticks: Sequence[float]) -> Chart:
    """Every schedule at its own best rate."""
    data, shapes = frozen("schedules")[name], Said("shapes", of.language)
    found = {key: best_of(data["rates"], rows) for key, rows in data["losses"].items()}
    spans = {key: spread(data["losses"][key][data["rates"].index(rate)]) for key, (rate, _) in found.items()}
    ranked = sorted(found, key=lambda key: found[key][1])
    best, worst = found[ranked[0]][1], found[ranked[-1]][1]
    listed = ", ".join(f"{shapes(key)} {said(found[key][1])}" for key in ranked)
    rows = [(float(len(ranked) - place), shapes(key)) for place, key in enumerate(ranked)]
    chart = Chart(
        of("title", worst=f"{100 * (worst / best - 1):.0f} %"),
        of("text", list=listed),
        levels(ticks, of("x")),
        Axis(0.3, len(ranked) + 0.6, rows, ""),
        left=156,
        right=86,
    )
    for (row, _), key in zip(rows, ranked, strict=True):
        middle, low, high = spans[key]
        chart.dot("c" if row == len(ranked) else "a", middle, row, low, high)
        chart.say("ink", f"@ {said(found[key][0])}", ticks[-1], row, dx=8)
    return chart


def adam_schedule(of: Said) -> Chart:
    """Constant beside a decay, at each rate."""
    data = frozen("schedules")["text"]
    (flat, high), (decayed, low) = (best_of(data["rates"], data["losses"][key]) for key in ("constant", "linear"))
    chart = Chart(
        of("title", gain=f"{100 * (1 - low / high):.1f} %"),
        of("text", constant=said(high), constant_rate=said(flat), linear=said(low), linear_rate=said(decayed)),
        rates_axis(8e-4, 0.3, of("x")),
        levels([1.7, 2.0, 2.3, 2.6], of("y")),
    )
    for key, colour, place, dy in (("constant", "b", 5, -34), ("linear", "c", 4, 22)):
        chart.line(colour, marks(data["rates"], data["losses"][key]))
        chart.say(
            colour, of(key), data["rates"][place], spread(data["losses"][key][place])[0], anchor="middle", dx=0, dy=dy
        )
    return chart


def optimizers(of: Said) -> Chart:
    """The valley of each optimizer."""
    data = frozen("optimizers")
    best = {name: best_of(own["rates"], own["losses"]) for name, own in data.items()}
    apart = max(rate for rate, _ in best.values()) / min(rate for rate, _ in best.values())
    listed = ", ".join(f"{name} {said(loss)} @ {said(rate)}" for name, (rate, loss) in best.items())
    chart = Chart(
        of("title", apart=f"{apart:.0f}"),
        of("text", list=listed),
        rates_axis(5e-5, 10, of("x")),
        loss_axis(of("y"), 0.03),
    )
    # Where each has a side of its valley to itself: a point of its line, and where the word stands beside it.
    labelled = {
        "SGD": (9, "start", -8, -9),
        "momentum": (9, "middle", -2, -9),
        "RMSprop": (0, "start", 8, 2),
        "Adam": (10, "start", 4, -8),
        "AdamW": (10, "start", 7, 8),
        "Adagrad": (1, "start", 8, 2),
    }
    for (name, own), colour in zip(data.items(), "abcdef", strict=True):
        points = marks(own["rates"], own["losses"])
        chart.line(colour, points, band=False)
        place, anchor, dx, dy = labelled[name]
        at, middle, _, _ = points[place]
        chart.say(colour, name, at, middle, anchor=anchor, dx=dx, dy=dy)
    return chart


CHARTS: dict[str, Callable[[Said], Chart]] = {
    "valley": valley,
    "courses": courses,
    "longer": longer,
    "finder": finder,
    "finder-rules": finder_rules,
    "annealed": annealed,
    "schedules-digits": lambda of: of_schedules(of, "digits", [0.03, 0.05, 0.07, 0.09, 0.11, 0.13, 0.15]),
    "schedules-text": lambda of: of_schedules(of, "text", [1.8, 1.9, 2.0, 2.1]),
    "adam-schedule": adam_schedule,
    "optimizers": optimizers,
}
"""By name; those of `charts_of_trouble.py` and `charts_measured.py` beside them."""
