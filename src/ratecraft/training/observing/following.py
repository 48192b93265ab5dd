"""A sensor that follows what a user hands to a watch: optimizers of torch, and a model where that is known.

Path:   `watch` -> checked optimizers, facts of the model -> `BoundedSensor`, with its hooks in place.
"""

from collections.abc import Callable

from ratecraft.errors import InvalidInput
from ratecraft.records.watching.guarding import Policy
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.training.observing.agreeing import Agreeing
from ratecraft.training.observing.bounded_sensor import BoundedSensor
from ratecraft.training.observing.checked_arguments import Followed, Model, left_out, optimizers_of
from ratecraft.training.observing.error_boundary import ErrorBoundary


def sensor_following(
    given: Followed,
    model: Model | None,
    every: int,
    policy: Policy | None,
    boundary: ErrorBoundary,
    tell: Callable[[ObservedRun], None],
    agreeing: Agreeing | None = None,
) -> BoundedSensor:
    """What listens to them from now on.

    Args:
        given: One optimizer, or several.
        model: What is trained; None where that is not known.
        every: Steps between two readings of a norm.
        policy: Policy of a guard; None changes nothing.
        boundary: Keeps errors of the watch from the training.
        tell: Takes pieces of the run.
        agreeing: As for `Sensor`.

    Raises:
        InvalidInput: It is none of torch's (`task-optimizer`); several, and a guard (`guard-one-optimizer`).
    """
    optimizers = optimizers_of(given)
    if policy is not None and len(optimizers) != 1:
        raise InvalidInput("guard-one-optimizer", count=len(optimizers))
    sensor = BoundedSensor(boundary, tell, every, policy, agreeing=agreeing)
    if model is not None:
        for name, value in (boundary.call(left_out, model, optimizers) or {}).items():
            sensor.know(name, value)
        sensor.look_at(model)
    for optimizer in optimizers:
        sensor.follow(optimizer)
    return sensor
