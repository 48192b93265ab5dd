"""What was read of a run since it was last told: numbers, and 0-d tensors that are read in one transfer.

Path:   the sensor notes a value at a step -> `Readings` -> a piece of the run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from ratecraft.records.watching.observed import Fact, ObservedRun, observed_series
from ratecraft.training.instrument.losses import transferred


@dataclass
class Readings:
    """Values by name, in the order of their steps.

    Attributes:
        facts: What else became known.
    """

    facts: dict[str, Fact] = field(default_factory=dict[str, Fact])
    _steps: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    _values: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    _waiting: list[tuple[str, int, torch.Tensor]] = field(default_factory=list[tuple[str, int, torch.Tensor]])

    def note(self, name: str, step: int, value: float | torch.Tensor) -> None:
        """Note a value at a step. A tensor must have one element, and must not be changed any more."""
        if isinstance(value, torch.Tensor):
            self._waiting.append((name, step, value.detach().reshape(())))
            return
        self._steps.setdefault(name, []).append(step)
        self._values.setdefault(name, []).append(value)

    def know(self, name: str, value: Fact) -> None:
        """A fact about the run."""
        self.facts[name] = value

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self._waiting or self._steps or self.facts)

    def taken(self) -> ObservedRun:
        """Everything since the last call, as a piece of the run; waits for the device, once."""
        waiting, self._waiting = self._waiting, []
        for (name, step, _), value in zip(waiting, transferred([tensor for _, _, tensor in waiting]), strict=True):
            self.note(name, step, value)
        steps, values, facts = self._steps, self._values, self.facts
        self._steps, self._values, self.facts = {}, {}, {}
        return _piece(steps, values, facts)


def _piece(steps: Mapping[str, list[int]], values: Mapping[str, list[float]], facts: Mapping[str, Fact]) -> ObservedRun:
    """A piece of the run, each series in the order of its steps: some are noted as tensors, which come later."""
    series = {name: observed_series(name, *_sorted(steps[name], values[name])) for name in steps}
    return ObservedRun(series, "step", facts, "live")


def _sorted(steps: list[int], values: list[float]) -> tuple[list[int], list[float]]:
    order = sorted(range(len(steps)), key=steps.__getitem__)
    return [steps[place] for place in order], [values[place] for place in order]
