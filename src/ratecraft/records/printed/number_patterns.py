"""Numbers as scripts print them, and what stands between a name and its number.

Path:   patterns -> `figures`, `bare_figures`.
Units:  as printed; `12.3%` and `1230/10000` are the fraction 0.123.

Every repetition is bounded, so that a line costs time in proportion to its length whatever is in it. Lines are searched
in lower case: ignoring case in the pattern would double the cost.
"""

import re
from typing import NamedTuple

GAP = r"(?![a-z0-9])['\"\])]{0,3}\s{0,80}(?:(?:[:=|│┃]|is|->|→)\s{0,80})?['\"]?"
_WRAPPED = r"(?:(?:torch\.)?tensor\(|(?:np|numpy)\.float\d+\(|(?:array\()?\[(?=[-+]?\d*\.\d*(?:e[-+]?\d+)?\])|array\()?"
_DIGITS = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d+(?!,\d)(?:\.\d*)?|\.\d+"
NUMBER = (
    rf"{_WRAPPED}(?P<value>[-+]?(?:(?:{_DIGITS})(?:e[-+]?\d+)?|inf(?:inity)?)|nan)"
    r"(?![\w@]|\.\d|\s{0,2}%\s{0,2}\|)(?:/(?P<of>\d+)(?![\w.]))?\s{0,2}(?P<percent>%)?"
)
_HISTORY = re.compile(
    r"(?<![a-z0-9])(?:best|lowest|highest|previous|prev|min(?:imum)?|max(?:imum)?)[\s_/.:(\-]{1,3}"
    r"(?:[a-z]{1,16}[\s_/.:(\-]{1,3})?$"
)
_COUNT = re.compile(r"\[\s{0,8}(\d{1,9})\s{0,2}/\s{0,2}(\d{1,9})\s{0,2}(?:\(|\])")
_MEAN = re.compile(r"\s{0,3}\(\s{0,8}([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|[-+]?inf)\s{0,2}\)")


_PAIR = re.compile(r"\d\s{0,3}\(\s{0,8}[-+]?(?:\d+\.\d*|\.\d+)(?:e[-+]?\d+)?\s{0,2}\)")


class Match(NamedTuple):
    """A figure with the place of its name."""

    start: int
    end: int
    name: str
    value: float


def value_of(match: re.Match[str]) -> float | None:
    """The value of a match of `NUMBER`; None for what counts no share.

    In a line that counts the batches of a pass, or has several such pairs, `Loss: 1.71 (1.62)` is the last batch's and
    the mean so far: the mean.
    """
    line, mean = match.string, _MEAN.match(match.string, match.end())
    if mean and not match["of"] and not match["percent"] and (_COUNT.search(line) or len(_PAIR.findall(line)) > 1):
        return float(mean[1])
    value = float(match["value"].replace(",", ""))
    if match["of"]:
        whole = float(match["of"])
        return value / whole if 0 <= value <= whole and whole > 0 else None
    return value / 100 if match["percent"] else value


def is_history(lower: str, start: int) -> bool:
    """Whether a name that begins here is said to be the best, or that of before."""
    return _HISTORY.search(lower, max(0, start - 24), start) is not None


def is_of_part(lower: str) -> bool:
    """Whether a line tells means of a pass that still has batches to come.

    Example:
        >>> is_of_part("test: [ 50/78]  loss: 1.71 (1.62)"), is_of_part("test: [ 78/78]  loss: 1.7 (1.6)")
        (True, False)
    """
    count = _COUNT.search(lower)
    return count is not None and int(count[1]) < int(count[2]) and _MEAN.search(lower, count.end()) is not None
