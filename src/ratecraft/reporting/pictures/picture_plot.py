"""The picture on a terminal: the same valleys, full runs, interval and arrow as in the report.

Path:   `Answer` -> `Picture` -> `Plot` -> lines of text (`plot.draw`).
Units:  the vertical axis is the square root of the missed share, as in the drawing.
"""

import math

from ratecraft.records.answer import Answer
from ratecraft.reporting.pictures.picture import Dot, Picture, picture_of
from ratecraft.reporting.pictures.picture_words import Entry, legend_of, shares
from ratecraft.reporting.pictures.plot import Plot, PlottedCurve, plot_of
from ratecraft.reporting.text.page import Page
from ratecraft.reporting.verdict import chosen_text

_OWN, _TUNED = ("□", "Y"), ("■", "T")


def answer_plot(answer: Answer, page: Page) -> Plot | None:
    """The picture of an answer; without a common scale, its scores with the untrained model's."""
    picture = picture_of(answer)
    return plot_of(answer, page) if picture is None else _plot(picture, page)


def _plot(picture: Picture, page: Page) -> Plot:
    said = legend_of(picture, page)
    circles, squares = _of("circle", said), _of("square", said)
    lengths = [
        PlottedCurve(entry.words, tuple(map(_place, length.dots)))
        for length, entry in zip(picture.lengths, circles, strict=True)
    ]
    foreseen = [
        PlottedCurve(entry.words, tuple((rate, _height(missed)) for rate, missed in picture.predicted), True, True)
        for entry in _of("line", said)
    ]
    full = [
        PlottedCurve(entry.words, (_place(run.dot),), symbol=_TUNED if run.kind == "tuned" else _OWN)
        for run, entry in zip(picture.full, squares, strict=True)
    ]
    return Plot(
        title=page.words("screen.picture.axis"),
        curves=(*lengths, *foreseen, *full),
        chosen=picture.chosen,
        chosen_text=chosen_text(picture.chosen, page, is_kept=picture.is_kept),
        own=picture.own,
        interval=picture.interval,
        interval_text=_words("bar", said),
        moved=(picture.moved.start, picture.moved.end) if picture.moved else None,
        moved_text=_words("arrow", said),
        without_score=page.words("screen.picture.lost"),
        beyond_text=page.words("screen.picture.rim"),
        ticks=tuple((_height(share), text) for share, text in shares()),
        remark=_words("none", said),
    )


def _of(sign: str, said: tuple[Entry, ...]) -> list[Entry]:
    return [entry for entry in said if entry.sign == sign]


def _words(sign: str, said: tuple[Entry, ...]) -> str:
    return next((entry.words for entry in _of(sign, said)), "")


def _place(dot: Dot) -> tuple[float, float | None]:
    return dot.rate, None if dot.missed is None else _height(dot.missed)


def _height(missed: float) -> float:
    return math.sqrt(max(missed, 0.0))
