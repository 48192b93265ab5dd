"""optax: a schedule as a function that jax can compile, and a transformation with several scheduled hyperparameters.

Path:   schedules -> a table of their values -> functions of the step count that optax keeps in its own state.
Units:  a count is a number of updates, from 0. Schedules give the values themselves: optax has no base rate.

A table holds any tree, costs one look-up a step however deep the tree is, and has the float64 curve's values where a
formula in float32 would lose digits. A run of 10^6 steps has 4 MB of it. What optax saves is its count: a resumed run
goes on exactly.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import optax

from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import own_length
from ratecraft.schedules.lengths import whole_number
from ratecraft.schedules.trees.nodes import Schedule

__all__ = ["optax_schedule", "scheduled"]


def optax_schedule(schedule: Schedule, steps: int | None = None) -> Callable[[Any], jax.Array]:
    """The schedule as optax takes one: for `learning_rate=`, `optax.scale_by_schedule`, `jit`, `vmap` and `scan`.

    Args:
        schedule: Bound to a horizon.
        steps: Updates of the run; from there on the value that is reached there is held. Default: as many as the
            schedule has.

    Raises:
        InvalidInput: The schedule isn't bound, or `steps` isn't a whole number or left out where it has no end.

    Example:
        >>> from ratecraft.schedules import linear
        >>> rate = optax_schedule(linear(0.5, 0, 4))
        >>> float(jax.jit(rate)(1)), float(rate(100))
        (0.375, 0.0)
    """
    table = schedule.curve((own_length(schedule) if steps is None else whole_number("steps", steps)) + 1)

    def rate(count: Any) -> jax.Array:
        # Made here, as its type depends on whether jax computes in float64 when it is used.
        return jnp.asarray(table).at[count].get(mode="clip")  # pyright: ignore[reportUnknownMemberType]

    return rate


def scheduled(
    factory: Callable[..., optax.GradientTransformation],
    schedules: Mapping[str, Schedule],
    steps: int | None = None,
    **others: Any,
) -> optax.GradientTransformationExtraArgs:
    """An optimizer of which several hyperparameters follow schedules. Its state shows their last values.

    Args:
        factory: Such as `optax.adamw`.
        schedules: Name of an argument to schedule. `rate` is `learning_rate`, `momentum` is `b1` and `beta2` is `b2`
            where the factory calls them so.
        steps: Updates of the run. Default: as many as the longest of the schedules has.
        **others: The factory's other arguments.

    Raises:
        InvalidInput: A name that the factory doesn't have, a schedule that isn't bound, or no `steps` where none of
            them has an end.

    Example:
        >>> from ratecraft.schedules import linear
        >>> schedules = {"rate": linear(0.1, 0, 10), "momentum": linear(0.85, 0.95, 10)}
        >>> optimizer = scheduled(optax.adamw, schedules, weight_decay=0.01)
        >>> state = optimizer.init({"weight": jnp.ones(2)})
        >>> sorted(name for name in state.hyperparams if name in ("learning_rate", "b1"))
        ['b1', 'learning_rate']
    """
    steps = own_length(*schedules.values()) if steps is None else steps
    known = inspect.signature(factory).parameters
    named = {_argument(name, known): optax_schedule(schedule, steps) for name, schedule in schedules.items()}
    return optax.inject_hyperparams(factory)(**others, **named)


def _argument(name: str, known: Mapping[str, object]) -> str:
    others = {"rate": "learning_rate", "momentum": "b1", "beta2": "b2"}
    for candidate in (name, others.get(name)):
        if candidate in known:
            return str(candidate)
    raise InvalidInput("optax-argument", name=name, allowed=", ".join(known))
