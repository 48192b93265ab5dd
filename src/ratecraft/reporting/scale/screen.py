"""A law over sizes as a screen and as JSON: the rate of the target, the law, the small runs, the cost, what to type.

Path:   `Scaled` + `Page` -> text; `Scaled` -> plain values.
Units:  rates as the optimizer receives them; costs in runs of the target; exponents are octaves of the rate per octave
        of size. The plot's axes are both logarithmic.
"""

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ratecraft.controllers.scale.answer import Scaled, SizeTried
from ratecraft.controllers.scale.rates import UNMEASURED_NOISE
from ratecraft.controllers.scale.settings import size_text
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.laws.scaling.scale_law import ScalePoint
from ratecraft.records.program import Program, command_words
from ratecraft.reporting.pictures.canvas import Canvas
from ratecraft.reporting.text.durations import duration_text
from ratecraft.reporting.text.numbers import finite, number_text
from ratecraft.reporting.text.page import Page, cells, pad, table, wrap
from ratecraft.reporting.text.sections import WIDEST, labelled
from ratecraft.translations.catalogue import rate_text, sentence

_TUNER = TunerSettings()
_LABELS = ("law", "runs", "cost", "next")
_ROWS = 9
_SYMBOLS = {True: ("●", "◆", "│"), False: ("o", "*", "|")}
_WIDEST = 72  # cells


@dataclass(frozen=True, slots=True)
class ScalePrice:
    """What a law over sizes will cost.

    Attributes:
        runs: Number of full runs of each small size, by its arguments as typed.
        target_runs: Their total cost, in runs of the target.
    """

    runs: Mapping[str, float]
    target_runs: float


def price_text(price: ScalePrice, page: Page) -> str:
    """The price in one sentence."""
    total = round(sum(price.runs.values()))
    return page.words("screen.scale.price", runs=total, sizes=len(price.runs), target=price.target_runs)


def price_json(price: ScalePrice) -> dict[str, Any]:
    """The same as one JSON object."""
    return {"schema": 1, "estimate": {"runs": dict(price.runs), "target_runs": price.target_runs}}


def scale_text(found: Scaled, program: Program, page: Page, *, plot: bool = True, study: str = "") -> str:
    """The end screen.

    Args:
        found: The law.
        program: The program that is run for the target.
        page: Language, width, colour and alphabet.
        plot: Draw it too.
        study: Name of the folder that holds it.
    """
    page = replace(page, width=min(page.width, WIDEST))
    names = {name: page.words(f"screen.scale.label.{name}") for name in _LABELS}
    label_width = max(map(cells, names.values())) + 2
    room = page.width - label_width

    def block(name: str, lines: Sequence[str]) -> list[str]:
        return labelled(names[name], lines, label_width, page) if lines else []

    drawn = list(_scale_plot(found, page)) if plot else []
    blocks = (
        _headline(found, page),
        block("law", [line for text in law_lines(found, page) for line in wrap(text, room)]),
        block("runs", _runs(found, page, room)),
        drawn,
        [
            *block("cost", wrap(cost_text(found, page), room)),
            *block("next", [next_command(found, program), *([f"ratecraft report {study}"] if study else [])]),
        ],
    )
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)


def target_text(found: Scaled) -> str:
    """The sizes of the target."""
    return ", ".join(f"{axis.axis.name} {size_text(axis.axis.target)}" for axis in found.axes)


def headline_text(found: Scaled, page: Page) -> str:
    """The rate of the target with its interval, or that there is no law."""
    if found.rate is None or found.interval is None:
        return page.words("screen.scale.no-law", target=target_text(found))
    low, high = found.interval
    return page.words("screen.scale.rate", target=target_text(found), rate=found.rate, low=low, high=high)


def _headline(found: Scaled, page: Page) -> list[str]:
    mood = "fair" if found.rate is None else "good"
    return [page.paint(line, mood) for line in wrap(headline_text(found, page), page.width)]


def law_lines(found: Scaled, page: Page) -> list[str]:
    """The exponents, with the published ones; or why there is no law."""
    if found.refused is not None:
        return [page.words(f"caution.{found.refused.code}.text", **found.refused.values)]
    lines = list[str]()
    law = found.law
    for axis, exponent in zip(found.axes, law.exponents if law else (), strict=True):
        values = {"name": axis.axis.name, "exponent": exponent.value, "sd": exponent.sd}
        lines.append(page.words("screen.scale.exponent", **values))
        if axis.prior.source:
            known = {"exponent": axis.prior.exponent.value, "sd": axis.prior.exponent.sd, "source": axis.prior.source}
            lines.append(page.words("screen.scale.prior", **known))
    lines.append(page.words("screen.scale.warm-up", warm_up=_TUNER.warm_up, decay=_TUNER.decay))
    if any(axis.kind == "steps" for axis in found.axes):
        lines.append(page.words("screen.scale.over-fits"))
    if any(size.noise is None for size in found.tried):
        lines.append(page.words("screen.scale.no-noise", share=UNMEASURED_NOISE))
    return lines


def _runs(found: Scaled, page: Page, room: int) -> list[str]:
    columns = [page.words(f"screen.scale.column.{name}") for name in ("best", "interval", "score", "missed")]
    rows = [(*(axis.axis.name for axis in found.axes), *columns)]
    rows += [(*map(size_text, size.sizes), *size_row(found, size, page)) for size in found.tried]
    lines = table(rows, text_columns=())
    while max(map(cells, lines)) > room and len(rows[0]) > len(found.axes) + 1:  # the rate is never left out
        rows = [row[:-1] for row in rows]
        lines = table(rows, text_columns=())
    return list(lines)


def size_row(found: Scaled, tried: SizeTried, page: Page) -> tuple[str, ...]:
    """For one size its best rate, interval and score, and how far off the law through the other sizes is."""
    point = tried.point
    if point is None:
        return (page.words("screen.scale.none"), "", "", "")
    interval = " – ".join(rate_text(found.rate_at(octave)) for octave in point.interval)
    scores = {octave: score for octave, score in tried.scores.items() if score is not None}
    best = min(scores, key=lambda octave: tried.compared[octave])
    missed = _missed(found, tried)
    off = "" if missed is None else f"{missed:+.2f}"
    score = f"{tried.metric.name} {number_text(scores[best])}"
    return (rate_text(found.rate_at(point.octave)), page.spell(interval), score, off)


def _missed(found: Scaled, tried: SizeTried) -> float | None:
    """How many octaves the law through the other sizes is off."""
    told = [size for size in found.tried if size.point is not None]
    if tried not in told or found.law is None or not found.law.left_out:
        return None
    return found.law.left_out[told.index(tried)].error


def cost_text(found: Scaled, page: Page) -> str:
    """The cost so far."""
    runs = round(sum(size.runs for size in found.tried))
    seconds = duration_text(sum(size.seconds for size in found.tried), page)
    return page.words("screen.scale.cost", runs=runs, target=found.cost, time=seconds)


def next_command(found: Scaled, program: Program) -> str:
    """The next command."""
    if found.rate is None:
        return shlex.join(command_words("find", program.words, (), program.arguments))
    rate = ("--rate", rate_text(found.rate))
    return shlex.join(command_words("tune", program.words, rate, program.arguments))


def scale_json(found: Scaled, program: Program, study: str = "") -> dict[str, Any]:
    """The whole result as one JSON object: keys and codes in English, full precision."""
    law = None if found.refused else found.law
    refused = found.refused
    return {
        "schema": 1,
        "study": study,
        "rate": found.rate,
        "interval": found.interval,
        "warm_up_share": _TUNER.warm_up,
        "no_law": None
        if refused is None
        else {
            "code": refused.code,
            "values": dict(refused.values),
            "text": sentence(f"caution.{refused.code}.text", "en", refused.values),
        },
        "target": {axis.axis.name: axis.axis.target for axis in found.axes},
        "axes": [
            {
                "argument": axis.axis.name,
                "kind": axis.kind,
                "sizes": axis.axis.sizes,
                "prior": {
                    "exponent": axis.prior.exponent.value,
                    "sd": axis.prior.exponent.sd,
                    "source": axis.prior.source or None,
                },
                "exponent": law.exponents[at].value if law else None,
                "sd": law.exponents[at].sd if law else None,
            }
            for at, axis in enumerate(found.axes)
        ],
        "points": [_point(found, size) for size in found.tried],
        "cost": {
            "target_runs": found.cost,
            "runs": sum(size.runs for size in found.tried),
            "seconds": sum(size.seconds for size in found.tried),
        },
        "next": next_command(found, program),
    }


def _point(found: Scaled, tried: SizeTried) -> dict[str, Any]:
    point = tried.point
    return {
        "sizes": {axis.axis.name: size for axis, size in zip(found.axes, tried.sizes, strict=True)},
        "study": tried.study,
        "metric": {"name": tried.metric.name, "direction": tried.metric.direction},
        "rate": None if point is None else found.rate_at(point.octave),
        "sd": None if point is None else point.sd,
        "missed": _missed(found, tried),
        "trials": [
            {"rate": found.rate_at(octave), "score": None if score is None else finite(score)}
            for octave, score in sorted(tried.scores.items())
        ],
        "runs": tried.runs,
        "cost": tried.cost,
    }


def _scale_plot(found: Scaled, page: Page) -> Iterator[str]:
    """The picture of a law along one size; empty if there are several, or fewer than two best rates."""
    points = [point for size in found.tried if (point := size.point)]
    if len(found.axes) == 1 and len(points) > 1:
        yield from _drawn(found, points, page)


def _drawn(found: Scaled, points: Sequence[ScalePoint], page: Page) -> Iterator[str]:
    ahead, axis = found.forecast, found.axes[0].axis
    best, chosen, _ = _SYMBOLS[page.unicode]
    marks = [(point.sizes[0], point.interval[0], point.octave, point.interval[1], best) for point in points]
    if ahead is not None:
        marks.append((axis.target, ahead.low, ahead.octave, ahead.high, chosen))
    low, high = min(mark[1] for mark in marks), max(mark[3] for mark in marks)
    first, last = (math.log2(end(mark[0] for mark in marks)) for end in (min, max))
    labels = {0: rate_text(found.rate_at(high)), _ROWS - 1: rate_text(found.rate_at(low))}
    gutter = max(map(cells, labels.values()))
    canvas = Canvas(min(page.width, _WIDEST) - gutter - 2, _ROWS, page.unicode)

    def place(size: float, octave: float) -> tuple[float, float]:
        return (math.log2(size) - first) / (last - first), (high - octave) / (high - low)

    if found.law is not None and ahead is not None:
        ends = (2**first, 2**last)
        canvas.line(*(place(size, found.law.at((size,)).octave) for size in ends))
    for size, below, octave, above, symbol in marks:
        _spanned(canvas, place(size, above), place(size, below), page)
        canvas.symbol(*place(size, octave), symbol)
    yield from canvas.framed(labels, gutter)
    ends = (size_text(round(2**first, 6)), size_text(round(2**last, 6)))
    name = pad(axis.name, (canvas.width + cells(axis.name)) // 2 - cells(ends[0]), "right")
    yield pad("", gutter + 2) + ends[0] + pad(name, canvas.width - cells(ends[0]) - cells(ends[1])) + ends[1]


def _spanned(canvas: Canvas, top: tuple[float, float], end: tuple[float, float], page: Page) -> None:
    """The interval of a rate, as a bar."""
    rows = _ROWS - 1
    for row in range(round(top[1] * rows), round(end[1] * rows) + 1):
        canvas.symbol(top[0], row / rows, _SYMBOLS[page.unicode][2])
