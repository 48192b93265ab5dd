"""Keras: a schedule as a `LearningRateSchedule` that is saved and loaded with the optimizer, on every backend.

Path:   a schedule -> a table of its values -> the rate at `optimizer.iterations`, which Keras saves.
Units:  steps are updates, from 0. The schedule is the rate itself: Keras has no base rate.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import keras

from ratecraft.schedules.horizon import own_length
from ratecraft.schedules.lengths import whole_number
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.spec import from_json, to_json

__all__ = ["RatecraftSchedule"]

_OPERATIONS: Final = cast("Any", keras.ops)  # it has no types


@keras.saving.register_keras_serializable(package="ratecraft")  # pyright: ignore
class RatecraftSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """The rate of a Keras optimizer: `keras.optimizers.SGD(RatecraftSchedule(schedule))`.

    A model that was saved with it loads where this module has been imported.

    Attributes:
        schedule: The schedule.
        steps: Updates of the run.

    Example:
        >>> from ratecraft.schedules import linear
        >>> rate = RatecraftSchedule(linear(0.5, 0, 4))
        >>> float(rate(1)), float(rate(100))
        (0.375, 0.0)
        >>> RatecraftSchedule.from_config(rate.get_config()).schedule
        linear(0.5, 0, 4)
    """

    def __init__(self, schedule: Schedule, steps: int | None = None) -> None:
        """Read the schedule's values.

        Args:
            schedule: Bound to a horizon.
            steps: Updates of the run; from there on the value that is reached there is held. Default: as many as the
                schedule has.

        Raises:
            InvalidInput: The schedule isn't bound, or `steps` isn't a whole number or left out where it has no end.
        """
        self.schedule = schedule
        self.steps = own_length(schedule) if steps is None else whole_number("steps", steps)
        # On the backend at once: within a compiled step it would be copied there each time.
        self._table = _OPERATIONS.convert_to_tensor(schedule.curve(self.steps + 1), keras.config.floatx())

    def __call__(self, step: Any) -> Any:
        """The rate at a step."""
        index = _OPERATIONS.clip(_OPERATIONS.cast(step, "int32"), 0, self.steps)
        return _OPERATIONS.take(self._table, index)

    def get_config(self) -> dict[str, Any]:
        """Plain values that make the same schedule again."""
        return {"schedule": to_json(self.schedule), "steps": self.steps}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "RatecraftSchedule":
        """What `get_config` described.

        Raises:
            InvalidInput: Another thing.
            StudyError: Written by a newer version.
        """
        return cls(from_json(config["schedule"]), config["steps"])
