"""The figures of the chapters on optimizers' memory and on runs in trouble.

Path:   as `charts.py`.
"""

from collections.abc import Callable, Sequence

from charts import Said, best_of, frozen, levels, marks, rates_axis, said
from drawing import SIZE, WIDTH, Axis, Chart, element, spread
from shapes import SHAPES

from ratecraft.schedules.language.text import parse_set

__all__ = ["CHARTS"]


def shapes(of: Said) -> Chart:
    """Nine small curves."""
    wide, deep, steps = WIDTH / 3, 104, 200
    chart = Chart(of("title"), of("text"), levels([0, 1], ""), levels([0, 1], ""), height=3 * deep + 8)
    for place, (key, expression) in enumerate(SHAPES.items()):
        left, top, room = place % 3 * wide + 14, place // 3 * deep + 26, wide - 34
        curve = parse_set(expression).bind(steps).rate.curve(steps)
        points = (
            f"{left + at / (steps - 1) * room:.1f} {top + (1 - float(curve[at])) * 56:.1f}" for at in range(steps)
        )
        look = {"fill": "none", "stroke": "currentColor"}
        chart.parts += [
            element("path", d=f"M{'L'.join(points)}", class_="a", stroke_width=2, stroke_linejoin="round", **look),
            element("path", d=f"M{left:.1f} {top + 58}h{room:.1f}", class_="ink", stroke_opacity=".4", **look),
        ]
        chart.words("ink", of(key), left, top - 10, "start")
    return chart


def octaves_axis(rates: Sequence[float], label: str) -> Axis:
    """Every second of rates a factor of two apart."""
    return Axis(rates[0] / 1.2, rates[-1] * 1.2, [(rate, f"{rate:g}") for rate in rates[::2]], label, logarithmic=True)


def adagrad(of: Said) -> Chart:
    """The effective rate over the steps."""
    data = frozen("adagrad")
    left = {kind: f"{100 * spread(data[kind]['factors'][-1])[0]:.0f} %" for kind in ("Adagrad", "RMSprop")}
    words = of("text", adagrad=left["Adagrad"], rmsprop=left["RMSprop"])
    x = Axis(10, 1800, [(step, str(step)) for step in (10, 30, 100, 300, 1000)], of("x"), logarithmic=True)
    y = Axis(0.05, 1.2, [(share, f"{share:g}") for share in (0.05, 0.1, 0.2, 0.5, 1)], of("y"), logarithmic=True)
    chart = Chart(of("title", adagrad=left["Adagrad"]), words, x, y)
    for kind, colour in (("Adagrad", "b"), ("RMSprop", "a")):
        chart.line(colour, marks(data["steps"], data[kind]["factors"]), dots=False)
        chart.say(colour, kind, 1000, spread(data[kind]["factors"][-1])[0], dx=6)
    return chart


def decay(of: Said) -> Chart:
    """The last loss against the rate, by weight decay."""
    data = frozen("decay")
    rates, at = data["rates"], 1
    best = [spread(row)[0] for rows in data["best"].values() for row in rows[:3]]
    listed = ", ".join(f"{float(key):g}: {said(spread(rows[at])[0])}" for key, rows in data["last"].items())
    words = of("text", list=listed, best_low=said(min(best)), best_high=said(max(best)))
    x, y = rates_axis(1e-4, 0.0085, of("x")), levels([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], of("y"))
    chart = Chart(of("title"), words, x, y, right=90)
    for key, colour, dy in (("0.0", "e", -8), ("0.01", "b", 8), ("0.1", "d", 10), ("1.0", "a", 4), ("10.0", "c", 4)):
        chart.line(colour, marks(rates, data["last"][key]), band=key in ("0.01", "1.0", "10.0"))
        chart.say(colour, of("line", decay=f"{float(key):g}"), rates[-1], spread(data["last"][key][-1])[0], dy=dy)
    return chart


def not_learning(of: Said) -> Chart:
    """A table: causes across, remedies down."""
    data = frozen("not-learning")
    causes, remedies = data["causes"], data["remedies"]
    left, top, deep = 116, 30, 34
    wide = (WIDTH - left - 6) / len(remedies)
    shares = [[spread(cell)[0] for cell in row] for row in data["right"]]
    said_of = [
        [f"{of(remedy)} {100 * share:.0f} %" for remedy, share in zip(remedies, row, strict=True)] for row in shares
    ]
    listed = "; ".join(f"{of(cause)}: {', '.join(row)}" for cause, row in zip(causes, said_of, strict=True))
    chart = Chart(
        of("title"),
        of("text", list=listed),
        levels([0, 1], ""),
        levels([0, 1], ""),
        height=top + deep * len(causes) + 8,
    )
    for column, remedy in enumerate(remedies):
        chart.words("ink", of(remedy), left + (column + 0.5) * wide, top - 10, "middle")
    for row, cause in enumerate(causes):
        chart.words("ink", of(cause), 4, top + row * deep + deep / 2 + SIZE / 4, "start")
        for column, share in enumerate(shares[row]):
            chart.cell(
                left + column * wide, top + row * deep, wide, deep, f"{100 * share:.0f} %", max(0.0, share - 0.1)
            )
    return chart


def two_valleys(of: Said) -> Chart:
    """With and without clipping."""
    data = frozen("clipping")
    rates = data["rates"]
    (free_rate, free), (clipped_rate, clipped) = (best_of(rates, data[key]) for key in ("free", "clipped"))
    numbers = {
        "free": said(free),
        "free_rate": said(free_rate),
        "clipped": said(clipped),
        "clipped_rate": said(clipped_rate),
    }
    chart = Chart(
        of("title", factor=f"{clipped_rate / free_rate:g}"),
        of("text", **numbers),
        octaves_axis(rates, of("x")),
        levels([2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4], of("y")),
    )
    for key, colour, dx, dy in (("free", "b", -8, 0), ("clipped", "c", 12, 6)):
        chart.line(colour, marks(rates, data[key]))
        middle = spread(data[key][4])[0]
        chart.say(colour, of(key), rates[4], middle, anchor="end" if key == "free" else "start", dx=dx, dy=dy)
    return chart


def spikes(of: Said) -> Chart:
    """The training loss near the edge."""
    data = frozen("clipping")
    course, steps = data["course"], data["steps"]
    late = {key: max(max(own[3:]) for own in course[key]) for key in ("free", "clipped")}
    rate = said(course["rate"])
    words = of("text", rate=rate, peak=said(late["free"]), held=said(late["clipped"]))
    y = levels([2, 3, 5, 10, 20, 50, 100], of("y"), logarithmic=True)
    chart = Chart(of("title", rate=rate), words, levels([0, 100, 200, 300, 400], of("x")), y)
    for key, colour, dy in (("free", "b", -48), ("clipped", "c", -12)):
        rows = [list(row) for row in zip(*course[key], strict=True)]
        chart.line(colour, marks(steps, rows), dots=False)
        chart.say(colour, of(key), 200, spread(rows[len(rows) // 2])[0], anchor="middle", dx=0, dy=dy)
    return chart


def warm_up(of: Said) -> Chart:
    """The valley by length of the warm-up."""
    data = frozen("warm-up")
    rates = data["rates"]
    best = {key: best_of(rates, rows) for key, rows in data["losses"].items()}
    listed = ", ".join(f"{of(key)} {said(loss)} @ {said(rate)}" for key, (rate, loss) in best.items())
    y = levels([2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4], of("y"))
    chart = Chart(of("title"), of("text", list=listed), octaves_axis(rates, of("x")), y)
    for (key, rows), colour, dy in zip(data["losses"].items(), "bac", (68, 86, -12), strict=True):
        chart.line(colour, marks(rates, rows))
        chart.say(colour, of(key), rates[0], spread(rows[0])[0], dx=8, dy=dy)
    return chart


def lowest(rows: Sequence[Sequence[float]]) -> list[float]:
    """The lowest of each seed."""
    return [min(own) for own in rows]


def overfit(of: Said) -> Chart:
    """The validation loss over the steps."""
    data = frozen("overfit")
    rates, steps, shown = data["rates"], data["steps"], (0, 2, 4)
    at = {place: [min(zip(own, steps, strict=True))[1] for own in data["held"][place]] for place in shown}
    listed = ", ".join(
        f"{said(rates[place])}: {said(spread(lowest(data['held'][place]))[0])} @ {said(spread(at[place])[0])}"
        for place in shown
    )
    x = Axis(10, 4000, [(step, f"{step:,}") for step in (10, 30, 100, 300, 1000, 3000)], of("x"), logarithmic=True)
    chart = Chart(of("title"), of("text", list=listed), x, levels([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], of("y")))
    for place, colour, step, dx in ((0, "c", 14, 40), (2, "a", 24, 30), (4, "b", 52, 8)):
        rows = [list(row) for row in zip(*data["held"][place], strict=True)]
        chart.line(colour, marks(steps, rows), dots=False)
        middle = spread(rows[step])[0]
        chart.say(colour, said(rates[place]), steps[step], middle, dx=dx, dy=-10 if place == 4 else -4)
    return chart


def overfit_rates(of: Said) -> Chart:
    """The lowest and the last loss against the rate."""
    data = frozen("overfit")
    best = [lowest(rows) for rows in data["held"]]
    last = [[own[-1] for own in rows] for rows in data["held"]]
    ends = {"best": [spread(row)[0] for row in best], "last": [spread(row)[0] for row in last]}
    words = of(
        "text",
        low=said(min(ends["best"])),
        high=said(max(ends["best"])),
        last_low=said(min(ends["last"])),
        last_high=said(max(ends["last"])),
    )
    chart = Chart(
        of("title"), words, rates_axis(5e-5, 0.02, of("x")), levels([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], of("y"))
    )
    chart.line("b", marks(data["rates"], last))
    chart.line("c", marks(data["rates"], best))
    chart.say("b", of("last"), data["rates"][2], ends["last"][2], anchor="end", dx=-8, dy=-6)
    chart.say("c", of("best"), data["rates"][2], ends["best"][2], anchor="middle", dx=0, dy=-14)
    return chart


CHARTS: dict[str, Callable[[Said], Chart]] = {
    "shapes": shapes,
    "adagrad": adagrad,
    "decay": decay,
    "not-learning": not_learning,
    "clipping": two_valleys,
    "spikes": spikes,
    "warm-up": warm_up,
    "overfit": overfit,
    "overfit-rates": overfit_rates,
}
