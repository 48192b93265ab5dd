"""An observed run, from any source: named series over steps, and other facts about it.

Path:   a log of any tool (`importers`), a record, a live run -> `ObservedRun` -> diagnosis, reports.
Units:  steps are optimizer steps where they are known, else what `ObservedRun.unit` says; values as printed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from ratecraft.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Fact: TypeAlias = str | float
"""One thing that is known of a run beside its series."""

StepUnit: TypeAlias = Literal["step", "epoch", "unknown"]
"""What a run's steps count: optimizer steps, epochs, or something that the log does not name."""


@dataclass(frozen=True, slots=True, eq=False)
class ObservedSeries:
    """One named series of a run; its arrays are read-only. Equal only to itself.

    Attributes:
        name: Normal name: `loss`, `val_loss`, `rate`, `rate/1`, `grad_norm`, `accuracy`, `val_accuracy`…; of a figure
            that has none, its printed name in the spelling of `records.metrics.normal_name`.
        steps: Shape (n,), int64, never falling. Optimizer steps where known, else in the run's unit.
        values: Shape (n,), float64. NaN and infinities are kept: they are evidence.

    Raises:
        InvalidInput: Arrays that are not flat or differ in length, or steps that fall (`observed-series`).
    """

    name: str
    steps: "NDArray[np.int64]"
    values: "NDArray[np.float64]"

    def __post_init__(self) -> None:
        if self.steps.ndim != 1 or self.steps.shape != self.values.shape or (self.steps[1:] < self.steps[:-1]).any():
            raise InvalidInput("observed-series", name=self.name, steps=self.steps.shape, values=self.values.shape)
        for field_name, kind in (("steps", "int64"), ("values", "float64")):
            given = getattr(self, field_name)
            array = given.astype(kind, copy=given.flags.writeable)  # what nobody can write to need not be copied
            array.flags.writeable = False
            object.__setattr__(self, field_name, array)

    def __len__(self) -> int:
        return len(self.steps)


def observed_series(name: str, steps: Sequence[int], values: Sequence[float]) -> ObservedSeries:
    """A series of plain numbers.

    Raises:
        InvalidInput: Same as `ObservedSeries`.

    Example:
        >>> losses = observed_series("loss", [0, 10, 20], [2.3, 1.9, float("nan")])
        >>> losses.values.tolist(), losses.values.flags.writeable
        ([2.3, 1.9, nan], False)
    """
    import numpy as np

    return ObservedSeries(name, np.array(steps, np.int64), np.array(values, np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class ObservedRun:
    """One run as it was seen. Equal only to itself.

    Attributes:
        series: Name to series.
        unit: What the steps of all series count.
        facts: Whatever else is known, by name: `optimizer`, `batch_size`, `steps_per_epoch`, `total_steps`, `epochs`,
            `weight_decay`, `clip`… A fact that is not known is not there.
        source: What it was read from, in a word: `nanogpt`, `csv`, `tensorboard`, `ratecraft`, `live`…

    Example:
        >>> run = ObservedRun({"loss": observed_series("loss", [0, 1], [2.0, 1.0])}, "step", {"batch_size": 64}, "csv")
        >>> run.series["loss"].steps.tolist()
        [0, 1]
    """

    series: Mapping[str, ObservedSeries]
    unit: StepUnit = "unknown"
    facts: Mapping[str, Fact] = field(default_factory=dict[str, Fact])
    source: str = ""

    def __post_init__(self) -> None:
        for name in ("series", "facts"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
