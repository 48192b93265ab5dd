"""The words of the picture: its scale, and the meaning of each sign.

Path:   `Picture` + `Page` -> the legend of the drawing and of the terminal's plot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ratecraft.reporting.pictures.picture import Picture
from ratecraft.reporting.text.numbers import count_text, number_text, numbers_text
from ratecraft.reporting.text.page import Page

Sign: TypeAlias = Literal["circle", "square", "line", "bar", "arrow", "cross", "beyond", "none"]
MOST = 1.1
"""The missed share at the upper rim: slightly above the untrained model's."""
_SHARES = (0.0, 0.01, 0.05, 0.2, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One sign with its words; the sign `none` is for a remark."""

    sign: Sign
    role: str
    words: str
    is_hollow: bool = False


def shares() -> tuple[tuple[float, str], ...]:
    """The ticks of the vertical axis: missed shares, each with its text."""
    return tuple((share, f"{share:.0%}") for share in _SHARES)


def legend_of(picture: Picture, page: Page) -> tuple[Entry, ...]:
    """An entry for every sign in the picture."""
    return tuple(_entries(picture, page))


def _entries(picture: Picture, page: Page) -> Iterator[Entry]:
    for length in picture.lengths:
        is_last = length is picture.lengths[-1]
        words = _with_warm_up("length", length.steps, length.warm_up, page)
        yield Entry("circle", "late" if is_last else "early", words, is_hollow=not is_last)
    if picture.predicted:
        yield Entry("line", "chosen", _with_warm_up("foreseen", picture.horizon, picture.warm_up, page))
    scores = numbers_text([run.dot.score for run in picture.full])
    for run, score in zip(picture.full, scores, strict=True):
        said = page.words("screen.ending.blown-up") if run.dot.score is None else page.spell(score)
        is_own = run.kind == "own"
        words = page.words(f"screen.picture.{run.kind}", rate=run.dot.rate, score=said)
        yield Entry("square", "own" if is_own else "chosen", words, is_hollow=is_own)
    if picture.interval is not None:
        (low, high), most = picture.interval, picture.tolerance
        words = page.words("screen.picture.interval", low=low, high=high)
        words += "" if most is None else page.words("screen.picture.tolerance", most=f"{most:.1%}")
        yield Entry("bar", "chosen", words)
    if picture.moved is not None:
        factor, times = number_text(picture.moved.factor, 2), number_text(picture.moved.times, 2)
        yield Entry("arrow", "ink", page.words("screen.picture.moved", factor=factor, times=times))
    if any(dot.missed is None for dot in picture.dots):
        yield Entry("cross", "high", page.words("screen.picture.lost"))
    if any(dot.missed is not None and dot.missed > MOST for dot in picture.dots):
        yield Entry("beyond", "early", page.words("screen.picture.rim"))
    if picture.is_contradicted:
        yield Entry("none", "ink", page.words("screen.picture.contradicted"))


def _with_warm_up(code: str, steps: int, warm_up: int, page: Page) -> str:
    said = page.words(f"screen.picture.{code}", steps=count_text(steps))
    return said + page.words("screen.picture.warm-up", steps=count_text(warm_up)) if warm_up else said
