"""Figures whose names do not say of which data: `accuracy 0.93`, printed after an evaluation.

Path:   a line that a script prints after a pass without gradients -> named figures, beside those of `figures`.

What is printed then is a figure of that evaluation, unless the line says that it is of the training, or the name is one
of a setting, a count or a time. Which way is better may not be known (`score 0.5`): the user is asked for it.

A line that begins with the data (`Validation Results - …`) tells it of all its figures, whenever it is printed.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ratecraft.records.metrics import direction_of, is_of_training, normal_name, tells_evaluation
from ratecraft.records.printed.number_patterns import GAP, NUMBER, Match, is_history, value_of

UNNAMED = "evaluation"
"""What a number is called that is printed after an evaluation without a name."""

_WORD = r"[a-z][\w@%/.\-]{0,40}"
_NAMED = re.compile(rf"(?<![\w@/.\-])(?P<name>(?:{_WORD} ){{0,3}}{_WORD}?){GAP}{NUMBER}")
_SENTENCE = re.compile(
    r"(?<![\w@/.\-])(?P<name>(?:test )?(?:accuracy|loss|error)) (?:of|on) (?!class)[a-z0-9 \-]{1,80}(?::|=| is) {0,4}"
    + NUMBER
)
"""`Accuracy of the network on the 10000 test images: 54 %`."""
_SPLIT = r"(?:(?P<training>train(?:ing)?)|(?P<held_out>val(?:id(?:ation)?)?|eval(?:uation)?|test(?:ing)?|dev))"
_SECTION = re.compile(rf"(?<![a-z_]){_SPLIT}(?: \w+)?(?:\s?[:|\[]| - )")
_HEAD = re.compile(
    rf"(?:.{{0,80}}?[\]:|>-] {{1,3}})??\W{{0,4}}{_SPLIT}"
    r"(?: (?:results?|metrics?|set|stats|phase|summary|\(\w{1,8}\))){0,2} ?(?:[:|\[]|- )"
)
"""How a line begins that says of which data all its figures are: `Validation Results - Epoch[3] Avg loss: 0.2`."""
_ALONE = re.compile(
    rf"\W*(?:epoch|ep|step|iter|iteration|round)\W{{0,3}}\d+(?:\s?/\s?\d+)?\]?\s{{0,3}}[:|=>-]{{1,2}}\s*{NUMBER}\W*"
)
"""`epoch 3: 39.44`: what was measured has no name at all."""
_MEAN_OF = re.compile(r"^(?:avg|average|mean)_")
_LONGEST = 2000
"""Letters of a line that is looked at."""
_OF_MEASURE = frozenset({"score", "rate", "coefficient", "index", "error", "similarity", "macro", "micro", "weighted"})
"""Words that need the one before them: `f1 score`."""
_BEFORE_MEASURE = frozenset(
    {"avg", "average", "mean", "total", "overall", "macro", "micro", "weighted", "balanced", "top", "top1", "top5",
     "top-1", "top-5", "val", "valid", "validation", "eval", "evaluation", "dev", "test", "set", "box", "mask",
     "cross", "word", "character", "absolute", "squared", "root", "dice", "roc", "pr", "exact", "cohen"}
)  # fmt: skip
_NO_FIGURE = re.compile(
    r"(?:^|_)(?:epochs?|steps?|iters?|iterations?|batch|batches|lr|rate|time|elapsed|duration|dur|eta|took|seconds?|secs?"
    r"|s|ms|min|minutes?|hours?|mem|memory|gpu|cpu|ram|size|images|instances|samples?|examples?|tokens?|seed|version|patience"
    r"|momentum|wd|decay|best|previous|prev|scale|norm|threshold|beta|alpha|eps|epsilon|gamma|params?|parameters|speed"
    r"|throughput|fps|it|num|n|k|port|device|rank|world|workers?|date|data|learning_rate|temperature|progress|file|line"
    r"|is|runtime|second|per|flos|support|lrs?|pg\d|max|on|at|of|in|to|for|from|after|with|by|and|layer|fold|trial|run|train|training)(?:_|$)"
)


_normal = lru_cache(maxsize=256)(normal_name)
_is_of_training = lru_cache(maxsize=256)(is_of_training)
_direction = lru_cache(maxsize=256)(direction_of)


def bare_matches(text: str, lower: str, taken: Sequence[Match], *, evaluated: bool) -> Iterator[Match]:
    """The figures of a line, also given in lower case, but for those whose names overlap others that are taken.

    Without an evaluation there are some only where the line begins with the data that they are of.
    """
    head = _HEAD.match(lower)
    data = head["held_out"] or "" if head else ""
    if len(lower) > _LONGEST or not (data or evaluated):
        return
    alone = _ALONE.fullmatch(lower) if evaluated else None
    if alone and _reads_as_measure(alone) and (value := value_of(alone)) is not None:
        yield Match(*alone.span("value"), UNNAMED, value)
    for match in (*_SENTENCE.finditer(lower), *_NAMED.finditer(lower)):
        start, end = match.span("name")
        words = lower[start:end].split(" ")
        kept = _kept(words)
        start = end - len(" ".join(kept))
        name = _normal(text[start:end])
        if any(found.start < end and start < found.end for found in taken) or is_history(lower, start):
            continue
        value, before = value_of(match), words[-len(kept) - 1 : -len(kept)]
        if not name or value is None or not may_be_figure(name) or any(map(_is_of_training, before)):
            continue
        if _direction(name) is None and not (evaluated and _reads_as_measure(match)):
            continue
        if not _is_in_training_section(lower, start):
            yield Match(start, end, _of_data(data, name), value)


@lru_cache(maxsize=1024)
def may_be_figure(name: str) -> bool:
    """Whether a normal name may be that of a figure of an evaluation.

    Example:
        >>> may_be_figure("accuracy"), may_be_figure("score"), may_be_figure("train_acc"), may_be_figure("epoch")
        (True, True, False, False)
    """
    return not is_of_training(name) and (direction_of(name) is not None or not _NO_FIGURE.search(name))


def _kept(words: Sequence[str]) -> Sequence[str]:
    """The words before a number that are its name: the last, and those that belong to it."""
    first = len(words) - 1
    if words[first] in _OF_MEASURE and first and _direction(" ".join(words[first - 1 :])) is not None:
        first -= 1
    while first and words[first - 1] in _BEFORE_MEASURE:
        first -= 1
    return words[first:]


def _of_data(data: str, name: str) -> str:
    """The name with that of the data that its line begins with."""
    return name if not data or tells_evaluation(name) else f"{data}_{_MEAN_OF.sub('', name)}"


def _is_in_training_section(lower: str, start: int) -> bool:
    """Whether what the line began with, before this name, is of the training (`Train: … Loss: 0.5`)."""
    sections = [bool(match["training"]) for match in _SECTION.finditer(lower, 0, start)]
    return bool(sections) and sections[-1]


def _reads_as_measure(match: re.Match[str]) -> bool:
    """Whether a number under an unknown name looks measured, not counted: it has a point, an exponent or a %."""
    return match["of"] is None and (match["percent"] is not None or not match["value"].lstrip("+-").isdigit())
