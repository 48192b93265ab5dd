"""Which figure is compared, and which way is better.

Path:   names of figures, as printed or logged -> one `Metric` for the whole study.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ratecraft.errors import InvalidInput

__all__ = ["TRAINING_LOSS", "Direction", "Metric", "choose_metric", "direction_of", "normal_name", "parse_metric"]

Direction: TypeAlias = Literal["min", "max"]

_LARGER = re.compile(r"(acc|accuracy|f1|auc|bleu)$")
_SMALLER = re.compile(r"(loss|nll|cost|ppl|perplexity|bpb|bpc|mse|rmse|mae|error|err|wer)$")
_VALIDATION = re.compile(r"(^|_)(val|valid|validation|eval|evaluation|dev|held_?out)(_|$)")
_TEST = re.compile(r"(^|_)test(_|$)")
_TRAINING = re.compile(r"(^|_)(train|training)(_|$)")


@dataclass(frozen=True, slots=True)
class Metric:
    """The compared figure.

    Attributes:
        name: Normal name, e.g. `val_loss`; `training_loss` where no figure is printed.
        direction: `min` where smaller is better.
        source: `validation` for a figure of the script's own evaluation, `training` for mean training losses.
        chosen_by: `user` or `default`.
    """

    name: str
    direction: Direction
    source: Literal["validation", "training"] = "validation"
    chosen_by: Literal["user", "default"] = "default"

    def sign(self) -> float:
        """Multiply a score by it, and smaller is better."""
        return 1.0 if self.direction == "min" else -1.0


TRAINING_LOSS = Metric("training_loss", "min", source="training")
"""What is compared where there is no figure: the mean of training losses."""


def normal_name(name: str) -> str:
    """One spelling for `Val Loss`, `val/loss` and `val-loss`.

    Example:
        >>> normal_name("Val/Loss"), normal_name("valLoss")
        ('val_loss', 'val_loss')
    """
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"(?:[^\w%@]|_)+", "_", split).strip("_").lower()


def direction_of(name: str) -> Direction | None:
    """Which way is better by the name alone; None where the name does not tell.

    Example:
        >>> direction_of("val_acc"), direction_of("eval_loss"), direction_of("score")
        ('max', 'min', None)
    """
    plain = normal_name(name)
    words = re.sub(rf"_?{_TEST.pattern}|_?{_VALIDATION.pattern}", "_", plain).strip("_") or plain
    if _LARGER.search(words):
        return "max"
    return "min" if _SMALLER.search(words) or words in {"val", "loss"} else None


def parse_metric(text: str) -> Metric:
    """The metric that `--metric NAME[:max|:min]` names.

    Raises:
        InvalidInput: An unknown direction word, or a name that tells no direction and none is given.

    Example:
        >>> parse_metric("score:max").direction
        'max'
    """
    name, _, given = text.partition(":")
    if not name.strip() or given not in ("", "min", "max"):
        raise InvalidInput("metric-form", metric=text)
    direction = given or direction_of(name)
    if direction is None:
        raise InvalidInput("metric-direction", metric=name)
    return Metric(normal_name(name), direction, chosen_by="user")


def choose_metric(names: Iterable[str]) -> Metric | None:
    """The figure to compare where the user named none: loss before accuracy, validation before test; None of none.

    A name that tells no data set comes last, since it may be a training figure; one that tells it is one is left out.

    Example:
        >>> choose_metric(["loss", "val_acc", "test_loss", "val_loss"]).name
        'val_loss'
    """
    known: Sequence[tuple[str, Direction]] = [
        (name, direction)
        for name in dict.fromkeys(names)
        if (direction := direction_of(name)) is not None and not _TRAINING.search(normal_name(name))
    ]
    if not known:
        return None

    def order(item: tuple[str, Direction]) -> tuple[bool, bool, bool]:
        validation = bool(_VALIDATION.search(item[0]))
        told = validation or bool(_TEST.search(item[0]))
        return (not told, "loss" not in item[0] and item[1] == "max", not validation)

    name, direction = min(known, key=order)
    return Metric(name, direction)
