"""Figures in printed text: `Epoch 3: val loss 0.123` says that `val_loss` is 0.123.

Path:   lines that a script prints (`records.printed.lines`) -> named figures -> `records.metrics` chooses the compared
        one.
Units:  as printed; `12.3%` and `1230/10000` are the fraction 0.123.
Source: docs/reference/hosting.md, "Printed figures".
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from ratecraft.records.metrics import normal_name
from ratecraft.records.printed.bare_figures import bare_matches, may_be_figure
from ratecraft.records.printed.number_patterns import GAP, NUMBER, Match, is_history, is_of_part, value_of


class TextFigure(NamedTuple):
    """One figure of a line.

    Attributes:
        name: Normal name (`records.metrics.normal_name`), e.g. `val_loss`.
        value: The number; may be NaN or infinite.
        from_bar: The line is a progress bar, whose figures may be those of the evaluation before.
    """

    name: str
    value: float
    from_bar: bool


_WORD = (
    r"(?:loss|nll|cost|ppl|perplexity|bpb|bpc|mse|rmse|mae|s?mape|acc(?:uracy)?|error|err|f1|auc|auroc|wer|cer|bleu|m?iou"
    r"|dice|psnr|ssim|precision|recall|r2|mcc|kappa|ndcg|mrr|map(?:50(?:[_-]95)?)?|fid|pinball|crps)(?:@\d+)?"
)
_SPLIT = r"(?:val(?!u)(?:id(?:ation)?)?|eval(?:uation)?|dev|test|held[-_ ]?out)"
_FILL = r"[\s_/.:\-]{0,4}(?:(?:set|avg|average|mean|total|epoch|step)[\s_/.:\-]{0,4})?"
NAME = rf"{_SPLIT}{_FILL}(?:\w{{1,20}}?[\s_/.\-])?{_WORD}|{_WORD}[\s_/(]{{1,3}}{_SPLIT}"
# `val 0.12` alone is a figure, `val: 10000` the size of a data set.
_BARE = r"val(?=[ :=]{1,4}(?:\d*\.\d|nan|inf))"
_FREE = re.compile(rf"(?<![a-z])(?P<name>{NAME}|{_BARE}){GAP}{NUMBER}")
_BESIDE_LOSS = re.compile(r"(?<![\w/])loss[ :=]{1,4}[\d.].*?(?<![\w/])train(?:ing)?[ :=]{1,4}\d")
_BAR = re.compile(r"it/s|s/it|\d%\s*\||\[\d+:\d\d(?::\d\d)?[<,]")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

_normal = lru_cache(maxsize=256)(normal_name)


def figures_in(line: str, wanted: str = "", *, evaluated: bool = False) -> tuple[TextFigure, ...]:
    """The figures of one line, in the order in which they stand.

    Found are the figures of an evaluation by their usual names and, where `wanted` is given, also the figure of that
    name in any spelling; it comes back under `normal_name(wanted)`. A single wanted word that is part of a longer usual
    name (`loss` in `val_loss`) is not meant.

    Args:
        line: One printed line, without its end.
        wanted: The name that the user gave.
        evaluated: The line was printed after an evaluation: a name need not say so (`bare_figures`).

    Example:
        >>> [tuple(figure) for figure in figures_in("step 250: train loss 2.0, val loss 0.123")]
        [('val_loss', 0.123, False)]
        >>> figures_in("Accuracy: 64.9%, Avg loss: 0.123", wanted="avg_loss")[0].value
        0.123
    """
    text = uncoloured(line)
    lower = text.lower()
    if len(lower) != len(text):  # a few letters become two; positions must be those of the text
        text = lower
    found: list[Match] = []
    says_data = "val" in lower or "test" in lower or "dev" in lower or "held" in lower
    if says_data:
        found.extend(_matches(_FREE, text, lower))
    if wanted:
        found.extend(_wanted_matches(text, lower, _normal(wanted), found))
    if evaluated or says_data:
        found.extend(bare_matches(text, lower, tuple(found), evaluated=evaluated))
    if not found:
        return ()
    found.sort()
    from_bar = _BAR.search(lower) is not None or is_of_part(lower)
    return tuple(TextFigure(match.name, match.value, from_bar) for match in found)


def is_score(name: str, line: str) -> bool:
    """Whether a bare `val` is a score: the line has a `loss` of its own, and a bare `train` beside the `val`.

    Args:
        name: As `figures_in` tells it.
        line: In which it stands.

    Example:
        >>> is_score("val", "Epoch: 3, Loss: 1.20, Train: 0.91, Val: 0.88"), is_score("val", "train 1.20, val 1.31")
        (True, False)
    """
    return name == "val" and _BESIDE_LOSS.search(line.lower()) is not None


def uncoloured(line: str) -> str:
    """The line without the codes for colours."""
    return _COLOUR.sub("", line) if "\x1b" in line else line


@lru_cache(maxsize=256)
def name_as_figure(name: str, wanted: str = "", *, evaluated: bool = False) -> str:
    """The name by which a metric of this name is a figure; empty if it is none. As for a printed one.

    Example:
        >>> name_as_figure("val/loss"), name_as_figure("accuracy"), name_as_figure("accuracy", evaluated=True)
        ('val_loss', '', 'accuracy')
    """
    normal = normal_name(name)
    if wanted and normal == normal_name(wanted):
        return normal
    found = figures_in(f"{name}: 0.5", wanted)
    if found:
        return found[0].name
    return normal if normal and evaluated and may_be_figure(normal) else ""


@lru_cache(maxsize=256)
def is_usual(name: str) -> bool:
    """Whether a figure of this normal name is found without being asked for.

    Example:
        >>> is_usual("val_loss"), is_usual("accuracy")
        (True, False)
    """
    return any(figure.name == name for figure in figures_in(f"{name}: 0.5"))


def _matches(pattern: re.Pattern[str], text: str, lower: str) -> Iterator[Match]:
    """Each figure with the place of its name."""
    for match in pattern.finditer(lower):
        start, end = match.span("name")
        value = value_of(match)
        if value is not None and not is_history(lower, start):
            yield Match(start, end, _normal(text[start:end]), value)


def _wanted_matches(text: str, lower: str, name: str, usual: list[Match]) -> list[Match]:
    if name.partition("_")[0] not in lower:
        return []
    taken = tuple(match for match in usual if match.name == name or "_" not in name)
    return [
        match._replace(name=name)
        for match in _matches(_pattern_of(name), text, lower)
        if not any(found.start <= match.start < found.end for found in taken)
    ]


@cache
def _pattern_of(name: str) -> re.Pattern[str]:
    """A pattern for one normal name, in which any separators stand between its words."""
    words = r"[\W_]{0,4}".join(re.escape(word) for word in name.split("_"))
    return re.compile(rf"(?<![\w/])(?<!\w[.\-])(?<!train )(?P<name>{words}){GAP}{NUMBER}")
