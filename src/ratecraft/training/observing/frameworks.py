"""What a framework tells of a watched script: its metrics, its length, its own optimizers, and weights that it loads.

Path:   frameworks -> `_Onlooker` -> the watch. Nothing of a training is led here: what asks for that is let be.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ratecraft.training.frameworks.adapting import adapt_frameworks
from ratecraft.training.instrument.loaders import Loaders
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.observing.sensor import Sensor
from ratecraft.training.sandbox.quiet_trackers import Trackers


def follow_frameworks(measured: Callable[[str, Mapping[str, object]], None], sensor: Sensor) -> None:
    """Follow the frameworks of this process, whenever the script imports them.

    Args:
        measured: Takes who evaluated and the metrics.
        sensor: What reads the training.
    """
    adapt_frameworks(_Onlooker(measured, sensor))


class _Onlooker:
    """A host that leads nothing: its loaders never end, and it refuses nothing."""

    active = True

    def __init__(self, measured: Callable[[str, Mapping[str, object]], None], sensor: Sensor) -> None:
        self._sensor, self._measured, self.losses = sensor, measured, sensor.losses
        self.loaders, self.horizon, self.rates, self.trackers = Loaders(), _Length(sensor), Rates(), Trackers()
        self._steps: list[Any] = []

    def measured(self, source: str, metrics: Mapping[str, object]) -> None:
        self._measured(source, metrics)

    def refuse(self, kind: str, name: str) -> None:
        pass

    def note(self, code: str, **values: object) -> None:
        pass

    def made(self, optimizer: Any) -> None:
        pass

    def step_begins(self, optimizer: Any) -> bool:
        self._steps.append(optimizer)
        self._sensor.step_begins(optimizer)
        return True

    def step_done(self) -> None:
        self._sensor.step_done(self._steps.pop())

    def step_raised(self) -> None:
        self._steps.pop()  # the sensor sees it at the next step


class _Length:
    """The steps of all trainings that frameworks have begun, told as soon as they are known."""

    def __init__(self, sensor: Sensor) -> None:
        self._sensor, self._steps = sensor, 0

    @property
    def framework(self) -> int:
        return self._steps

    @framework.setter
    def framework(self, steps: int) -> None:
        self._steps = steps
        self._sensor.know("total_steps", float(steps))
