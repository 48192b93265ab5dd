"""The shape of a line, its text with `#` for each number, tells what each of its numbers is.

Path:   `text` cuts the numbers out of a line -> the shape that is left -> what they are.
Source: the printed styles of nanoGPT, timm, Keras, tqdm, Lightning, the Hugging Face Trainer, mmengine and the examples
        of PyTorch (docs/reference/logs.md).
"""

import re
from functools import lru_cache
from typing import NamedTuple

from ratecraft.importers.names import Meaning, meaning_of


class Shape(NamedTuple):
    """What the numbers of a shape are, each by its place among them; -1 if there is none.

    Attributes:
        figures: Name as printed, its place, and what it is divided by: 100 for one in percent, else 1.
        facts: Normal name of a fact and its place.
        step: Place of the step, of the run or of its epoch.
        of_steps: Place of what it is counted to.
        epoch: Place of the epoch.
        bar: The step is that of a progress bar.
        counts_samples: The step counts samples.
        may_evaluate: The line speaks of validation or test.
        style: Who prints such lines.
    """

    figures: tuple[tuple[str, int, float], ...] = ()
    facts: tuple[tuple[str, int], ...] = ()
    step: int = -1
    of_steps: int = -1
    epoch: int = -1
    bar: bool = False
    counts_samples: bool = False
    may_evaluate: bool = False
    style: str = "text"


_BAR_GLYPHS = re.compile(r"[▏▎▍▌▋▊▉█━╸╺─]+|(?<=\[)=*>?\.*(?=\])|(?<=%\|)[\s>=-]*(?=\|)")
_BLANKS = re.compile(r"\s+")

# A name is up to four words before a number; `_best_suffix` finds how many of them belong to it.
_WORD = r"[A-Za-z_][\w@./%+\-]*"
_PAIR = re.compile(
    rf"(?<![#/\w])(?P<name>{_WORD}(?: {_WORD}){{0,3}})(?P<gap>['\")\]]{{0,2}} ?(?:(?:[:=|│┃]|->|→) ?)?"
    r"(?:(?:torch\.)?tensor\(|(?:np|numpy)\.float\d*\()?['\"(\[]{0,2} ?)#(?![A-Za-z])"
)
_GLUE = frozenset({"is", "to", "of", "at", "was"})

# From such a word on, figures are those of training or of an evaluation: `Test: [10/40] Loss 2.1`.
_MARKER = re.compile(
    r"(?i)(?<![a-z_])(?P<split>train|training|test|val|valid|validation|eval|evaluation|dev)"
    r"(?:[ _-](?:set|epoch|results?|metrics|step))?(?: ?[:\[(|\])]| - )|^\W*(?P<star>\*) acc@"
)
_SPLITS = {
    **dict.fromkeys(("train", "training"), ""),
    "test": "test",
    **dict.fromkeys(("val", "valid", "validation", "eval", "evaluation", "dev"), "val"),
}
_EPOCH = re.compile(
    r"(?i)(?<![a-z_])(?:ep(?:och)?(?:\((?:train|val|test)\))?|train:?(?= ?# \[ ?#/#))"
    r"['\"]?[ :=]{0,3}[\[(]?['\"]?(?P<epoch>#)"
    r"(?P<of> ?/ ?#)?(?:\]?[ :,|-]{0,3}[\[(]? ?(?P<step>#) ?/ ?#(?!\w))?"
)
_HEADING = re.compile(r"(?i)^\W*(?:\w+ )?epoch\b[^#]{0,4}#[^#]{0,3}#?\W*$")
_BAR = re.compile(r"\| ?(?P<tqdm>#)/# ?\[|(?P<endless>#)it \[|^ ?(?P<keras>#)/# (?=\D*#(?:[mun]?s|h|:)|\[)")
# Two tutorials of PyTorch: `[1,  2000] loss: 2.173`, and `loss: 2.301  [   64/60000]`, which counts samples.
_PLACE = re.compile(r"(?i)^\W{0,2}\[ ?(?P<epoch>#), ?(?P<step>#) ?\],? ?loss|^loss: # \[ ?(?P<sample>#)/#\]$")
_SAMPLES = re.compile(r"(?i)train epoch: # \[ ?#/#|^loss: # \[ ?#/#\]$")
_PART = re.compile(r"\[ ?(?P<step>#) ?/ ?#(?: ?\( ?#%\))?\]")
_OF = re.compile(r" ?(?:/|of) ?#")
_MAY_EVALUATE = re.compile(r"(?i)val|test|dev|held")
_STYLES = (
    ("nanogpt", re.compile(r"^iter #: loss #|^step #: train loss #, val loss #")),
    ("timm", re.compile(r"(?:^|\s)Train: # \[ ?#/#")),
    ("keras", re.compile(r"^ ?#/# .*#[mun]?s/(?:step|epoch)")),
    ("transformers", re.compile(r"^\{'\w*loss': .*'epoch': ")),
    ("tqdm", re.compile(r"#(?:it/s|s/it)|#%\|.*\[")),
)

_Pair = tuple[Meaning, str, int]
"""Meaning of a name, the name as printed, and where in the shape its number stands."""


@lru_cache(maxsize=4096)
def shape_of(skeleton: str) -> Shape | None:
    """The shape of a line; None if it says nothing of a run.

    Args:
        skeleton: The line with `#` in place of each number, and no other `#`.

    Example:
        >>> shape = shape_of("Train: # [  #/# (  #%)]  Loss: # (#)  LR: #")
        >>> shape.figures, shape.epoch, shape.step, shape.of_steps
        ((('Loss', 4, 1.0), ('LR', 6, 1.0)), 0, 1, 2)
    """
    return _plain_shape(_BLANKS.sub(" ", _BAR_GLYPHS.sub("", skeleton)).strip())


@lru_cache(maxsize=1024)
def _plain_shape(text: str) -> Shape | None:
    """As `shape_of`, once bars and blanks, which differ from line to line, are gone."""
    pairs = [_best_suffix(match) for match in _PAIR.finditer(text)]
    known = [pair for pair in pairs if pair[0].known]
    facts = tuple((meaning.name, _place(text, at)) for meaning, _, at in known if meaning.kind == "fact")
    if "Namespace(" in text:  # a printed configuration: its rate is not a rate of a step
        return Shape(facts=facts) if facts else None
    shape = _position(text, known)
    placed = shape.step >= 0 or shape.epoch >= 0
    clear = [pair for pair in pairs if pair[0].known or ((known or placed) and _is_clear(text, pair))]
    shape = shape._replace(
        figures=_figures(text, clear),
        facts=facts + shape.facts,
        counts_samples=_SAMPLES.search(text) is not None,
        may_evaluate=_MAY_EVALUATE.search(text) is not None,
        style=next((name for name, pattern in _STYLES if pattern.search(text)), "text"),
    )
    if not shape.figures and not shape.bar and not _HEADING.search(text):  # `resumed from step 100` is not a place
        shape = shape._replace(step=-1, of_steps=-1, epoch=-1)
    return shape if shape.figures or shape.facts or shape.epoch >= 0 or shape.bar or shape.may_evaluate else None


def _place(text: str, at: int) -> int:
    """Which number of the line stands there."""
    return text.count("#", 0, at)


def _best_suffix(match: re.Match[str]) -> _Pair:
    """The longest last words before a number that are a known name; else the last word, after a colon all of two."""
    words = match["name"].split(" ")
    while len(words) > 1 and words[-1].lower() in _GLUE:
        words.pop()
    at = match.end() - 1
    for first in range(len(words)):
        name = " ".join(words[first:])
        if meaning_of(name).known:
            if first and len(words[first - 1]) == 1 and meaning_of(name).kind == "figure":
                name = f"{words[first - 1]} {name}"  # `D loss` and `G loss` are two
            return meaning_of(name), name, at
    name = " ".join(words) if ":" in match["gap"] and len(words) < 3 else words[-1]
    return meaning_of(name), name, at


def _is_clear(text: str, pair: _Pair) -> bool:
    """A name that is not known counts where a sign stands between it and its number, and it is not part of a ratio."""
    before = text[: pair[2]].rstrip(" '\"([")
    return before.endswith((":", "=", "|")) and _OF.match(text, pair[2] + 1) is None


def _position(text: str, known: list[_Pair]) -> Shape:
    """Where the line says that it stands."""
    place = _PLACE.search(text)
    epoch = place or _EPOCH.search(text)
    at_epoch = epoch.start("epoch") if epoch else -1
    at_step = epoch.start("step") if epoch else -1
    if place is not None:
        at_step = max(at_step, place.start("sample"))
    bar = _BAR.search(text)
    if bar is not None:
        at_step = max(bar.start("tqdm"), bar.start("keras"), bar.start("endless"))
    if at_step < 0:
        at_step = next((at for meaning, _, at in known if meaning.kind == "step"), -1)
    part = _PART.search(text)
    if at_step < 0 and part is not None and part.start("step") != at_epoch:
        at_step = part.start("step")
    if at_epoch < 0:
        at_epoch = next((at for meaning, _, at in known if meaning.kind == "epoch"), -1)
    counted = at_step >= 0 and _OF.match(text, at_step + 1) is not None
    of_epochs = at_epoch >= 0 and _OF.match(text, at_epoch + 1) is not None
    return Shape(
        step=_place(text, at_step) if at_step >= 0 else -1,
        of_steps=_place(text, at_step) + 1 if counted else -1,
        epoch=_place(text, at_epoch) if at_epoch >= 0 else -1,
        bar=bar is not None,
        facts=(("epochs", _place(text, at_epoch) + 1),) if of_epochs else (),
    )


def _figures(text: str, pairs: list[_Pair]) -> tuple[tuple[str, int, float], ...]:
    markers = list(_MARKER.finditer(text))
    found: dict[str, tuple[str, int, float]] = {}
    for meaning, name, at in pairs:
        if meaning.kind not in ("figure", "rate") or meaning.printed in _SPLITS:
            continue
        marker = next((marker for marker in reversed(markers) if marker.start() < at - len(name)), None)
        split = _SPLITS[(marker["split"] or "val").lower()] if marker else ""
        evaluated = split and meaning.kind == "figure"
        if evaluated and not meaning.name.startswith(("val_", "test_")):
            name = f"{split} {name}"
        number = _number(text, at, mean=bool(evaluated))
        if number is not None:
            found.setdefault(name, (name, *number))
    return tuple(found.values())


def _number(text: str, at: int, *, mean: bool) -> tuple[int, float] | None:
    """Place of the number that counts, and what divides it; None of a ratio that is not also told in percent."""
    place = _place(text, at)
    if _OF.match(text, at + 1):
        return (place + 2, 100.0) if text.startswith("#/# (#%", at) else None
    if text.startswith("# to #", at):  # `rate of group 0 to 1e-3`
        return place + 1, 1.0
    if mean and text.startswith(("# (#)", "# ( #)"), at):  # of a meter, the mean so far
        return place + 1, 1.0
    percent = text.startswith(("#%", "# %"), at) and not text.startswith("#%|", at)
    return place, 100.0 if percent else 1.0
