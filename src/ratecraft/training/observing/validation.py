"""The validation figure that a guard goes by, of several that a training tells; and whether the training reacts to it.

Path:   figures by their normal names -> the score of the one that counts, smaller is better.
"""

import gc

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ratecraft.records.metrics import choose_metric


class ValidationFigure:
    """Of several validation figures one counts: a loss, else the first.

    Example:
        >>> figure = ValidationFigure()
        >>> figure.score("val_accuracy", 0.5) is None  # a loss may follow
        True
        >>> figure.score("val_loss", 2.0)
        2.0
    """

    def __init__(self) -> None:
        self._metric, self._names = "", set[str]()
        self._count, self._reacts = 0, False

    def score(self, name: str, value: float | torch.Tensor) -> float | None:
        """The score of a figure, smaller is better; None if it is not the one that counts."""
        if not name.startswith("val_"):
            return None
        if not self._metric and ("loss" in name or name in self._names):  # when one comes again, all have come
            chosen = choose_metric(sorted(self._names | {name}))
            self._metric = "" if chosen is None else chosen.name
        self._names.add(name)
        metric = choose_metric([name])
        if metric is None or metric.name != self._metric:
            return None
        return metric.sign() * float(value)

    def is_reacted_to(self, optimizer: Optimizer) -> bool:
        """Whether the training itself lowers the optimizer's rate on a plateau; asked once for each figure."""
        self._count += 1
        if self._count.bit_count() == 1:  # rarely: every object is looked at
            self._reacts = _reacts(optimizer)
        return self._reacts

    def look_anew(self) -> None:
        """Another optimizer is guarded: look at the next figure whether the training reacts."""
        self._count = 0


def _reacts(optimizer: Optimizer) -> bool:
    living = (candidate for candidate in gc.get_objects() if issubclass(type(candidate), ReduceLROnPlateau))
    return any(getattr(module, "optimizer", None) is optimizer for module in living)
