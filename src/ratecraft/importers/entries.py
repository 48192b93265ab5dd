"""Named values, as tables and JSON hold them, become rows.

Path:   a line of JSON, a row of a table, an entry of a document -> `row_of` -> `gathering`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from ratecraft.importers.names import meaning_of
from ratecraft.importers.rows import Row
from ratecraft.records.numbers import is_number
from ratecraft.records.watching.observed import Fact

_DEEPEST = 4
_MOST_VALUES = 1 << 16
_TEXT_FACTS = frozenset({"optimizer", "optim", "optimizer_name", "scheduler", "lr_scheduler_type", "task", "model"})
_LONGEST_FACT = 80
_NAMED_NUMBERS = {
    "nan": math.nan,
    **dict.fromkeys(("inf", "+inf", "infinity", "+infinity"), math.inf),
    **dict.fromkeys(("-inf", "-infinity"), -math.inf),
}


def number_in(value: object) -> float | None:
    """The number that a value is or spells; None of anything else.

    Example:
        >>> number_in("2.5"), number_in(" NaN "), number_in("12:30"), number_in(True)
        (2.5, nan, None, None)
    """
    if isinstance(value, str):
        text = value.strip()
        if text[:1].isdigit() or text[:1] in ("-", "+", "."):
            try:
                return None if "_" in text else float(text)
            except ValueError:
                return _NAMED_NUMBERS.get(text.lower())
        return _NAMED_NUMBERS.get(text.lower()) if len(text) < 10 else None
    if not is_number(value):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def values_in(plain: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The values of a JSON object, those of objects inside it under joined names; lists are left out.

    Example:
        >>> list(values_in({"step": 3, "train": {"loss": 2.0}, "shape": [1, 2]}))
        [('step', 3), ('train/loss', 2.0)]
    """
    waiting: list[tuple[str, object, int]] = [(name, value, 0) for name, value in plain.items()][::-1]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        name, value, depth = waiting.pop()
        if isinstance(value, dict):
            inner = cast("dict[str, Any]", value)
            if depth < _DEEPEST and len(inner) <= _MOST_VALUES:
                waiting += [(f"{name}/{key}", value, depth + 1) for key, value in inner.items()][::-1]
        elif not isinstance(value, list):
            yield name, value


def row_of(values: Iterable[tuple[str, object]]) -> Row:
    """The row that named values are: their step, their epoch, figures and facts, each by what its name means.

    Example:
        >>> row_of([("epoch", 0.5), ("loss", "2.0"), ("global_step", 10), ("optimizer", "adamw")])._asdict()
        {'figures': (('loss', 2.0),), 'step': 10, 'of_steps': None, 'epoch': 0.5, 'bar': False, 'facts': {'optimizer': \
'adamw'}}
    """
    figures: list[tuple[str, float]] = []
    facts: dict[str, Fact] = {}
    steps: dict[str, int] = {}
    epoch: float | None = None
    for name, value in values:
        meaning = meaning_of(name)
        number = number_in(value)
        if number is None:
            if isinstance(value, str) and meaning.printed in _TEXT_FACTS:
                facts["optimizer" if meaning.printed.startswith("optim") else meaning.printed] = value[:_LONGEST_FACT]
        elif meaning.kind == "fact":
            facts[meaning.name] = number
        elif meaning.kind in ("figure", "rate"):
            figures.append((name, number))
        elif meaning.kind == "step" and 0 <= number < 1e18:
            steps[meaning.printed] = int(number)
        elif meaning.kind == "epoch" and 0 <= number < math.inf:
            epoch = number
    leading = next((name for name in steps if "global" in name), next(iter(steps), ""))
    return Row(tuple(figures), steps.get(leading), epoch=epoch, facts=facts)
