"""A training whose whole state is one value, in any library: functions to begin, step and evaluate it.

Path:   the user's functions -> a checked `StateTask` -> runs that hold a state each (`state_run`).
Units:  steps are updates, from 0.

If states are never changed in place, as in JAX, a branch costs nothing: it holds the same state. This file knows
nothing about any library.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, TypeAlias

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import positive_number, whole_number
from ratecraft.schedules.trees.nodes import Schedule

Batches: TypeAlias = Sequence[Any] | Callable[[int], Any]
"""The batches of an epoch, read again and again in this order; or a function that gives the batch of a step."""

_EVALUATIONS = 16  # in a run, where the user does not say


def _itself(state: Any) -> Any:
    return state


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class StateTask:
    """A training of JAX, Keras or any other library, described by functions of its state. Making one trains nothing.

    Attributes:
        init: `init(seed)` returns the state of a run at step 0: weights, the optimizer's state, random keys.
        update: `update(state, batch, rate)` makes one step at this rate. It returns the new state, and the loss of the
            batch before the step, as a number or an array with one element.
        data: The batches, or `data(step)`, which returns the batch of a step.
        evaluate: `evaluate(state)` returns a float, or a mapping of names to floats, like the `validation` of a `Task`.
            None: runs are compared by training loss.
        rate: The training's own rate or schedule, with which the tuned one is compared.
        steps: Updates of a full run.
        batch_size: Samples per batch, for reports.
        evaluate_every: Steps between two validations. Default: 1/16 of the run. There is always one at its end.
        optimizer: Name of the optimizer in reports.
        copy: `copy(state)` returns an independent state; needed if `update` changes its argument in place. By
            default states are not copied, since states of JAX never change.

    Raises:
        InvalidInput: The arguments do not describe a training.

    Example:
        >>> def update(weight, batch, rate):
        ...     return weight - rate * 2 * (weight - batch), (weight - batch) ** 2
        >>> StateTask(lambda seed: 5.0, update, [1.0, 2.0], lambda weight: abs(weight - 1.5), rate=0.01, steps=1000)
        StateTask(update, 1000 steps)
    """

    init: Callable[[int], Any]
    update: Callable[[Any, Any, float], tuple[Any, Any]]
    data: Batches
    evaluate: Callable[[Any], float | Mapping[str, float]] | None = None
    _: KW_ONLY
    rate: float | Schedule
    steps: int
    batch_size: int | None = None
    evaluate_every: int | None = None
    optimizer: str = "optimizer"
    copy: Callable[[Any], Any] = _itself

    def __post_init__(self) -> None:
        _check_function("init", self.init, "init(seed)", 1)
        _check_function("update", self.update, "update(state, batch, rate)", 3)
        _check_function("copy", self.copy, "copy(state)", 1)
        if self.evaluate is not None:
            _check_function("evaluate", self.evaluate, "evaluate(state)", 1)
        _check_data(self.data)
        whole_number("steps", self.steps, least=1)
        for name in ("batch_size", "evaluate_every"):
            if getattr(self, name) is not None:
                whole_number(name, getattr(self, name), least=1)
        if not isinstance(self.rate, Schedule):
            positive_number("rate", self.rate)

    def __repr__(self) -> str:
        return f"StateTask({getattr(self.update, '__name__', type(self.update).__name__)}, {self.steps} steps)"

    def evaluates_at(self, step: int) -> bool:
        """Whether a run validates after `step` steps."""
        every = self.evaluate_every or max(1, self.steps // _EVALUATIONS)
        return self.evaluate is not None and (step % every == 0 or step == self.steps)

    def own_rate(self, step: int) -> float:
        """The training's own rate at a step."""
        return self.rate.at(step) if isinstance(self.rate, Schedule) else float(self.rate)

    def batch(self, step: int) -> Any:
        """The batch of a step."""
        return self.data(step) if callable(self.data) else self.data[step % len(self.data)]


def _check_function(name: str, given: Any, form: str, arguments: int) -> None:
    if not callable(given) or not takes(given, arguments):
        raise InvalidInput(
            "task-function", name=name, form=form, given=getattr(given, "__name__", type(given).__name__)
        )


def takes(function: Callable[..., Any], arguments: int) -> bool:
    """Whether a function can be called with this number of arguments; assumed if it has no signature."""
    try:
        inspect.signature(function).bind(*range(arguments))
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def _check_data(data: Any) -> None:
    if callable(data):
        return
    if not hasattr(data, "__getitem__") or not hasattr(data, "__len__"):
        raise InvalidInput("state-task-data", given=type(data).__name__)
    if len(data) == 0:
        raise InvalidInput("task-data-empty")
