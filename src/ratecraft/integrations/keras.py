"""Keras: a callback that watches and leads a training, a task that is tuned, a schedule that an optimizer takes.

Path:   events of `fit` -> `CallbackAlongside`; a function that builds a model, and data -> a `StateTask`; a schedule ->
        a table of its values -> the rate at `optimizer.iterations`, which Keras saves.
Units:  steps are updates, from 0. The schedule is the rate itself: Keras has no base rate.

All of it works on every backend. What is found is a warning of the logger `keras.ratecraft`.
"""

import inspect
import logging
import weakref
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import keras
import numpy as np

from ratecraft.api.callbacks.alongside import CallbackAlongside
from ratecraft.api.callbacks.leading import Lead
from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import own_length
from ratecraft.schedules.lengths import whole_number
from ratecraft.schedules.spec import from_json, to_json
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.tasks.state_task import StateTask

if TYPE_CHECKING:  # it loads torch, which a training with JAX does without
    from ratecraft.training.tasks.random_state import RandomState

__all__ = ["KerasState", "RatecraftCallback", "RatecraftSchedule", "keras_task"]

_KERAS: Final = cast("Any", keras)  # it has no types


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
        self._table = _KERAS.ops.convert_to_tensor(schedule.curve(self.steps + 1), keras.config.floatx())

    def __call__(self, step: Any) -> Any:
        """The rate at a step."""
        index = _KERAS.ops.clip(_KERAS.ops.cast(step, "int32"), 0, self.steps)
        return _KERAS.ops.take(self._table, index)

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


class _OfUpdates(RatecraftSchedule):
    """The same where an update has several batches, of each of which Keras asks for the rate."""

    def __init__(self, schedule: Schedule, steps: int, batches: int) -> None:
        super().__init__(schedule, steps)
        self._batches = batches

    def __call__(self, step: Any) -> Any:
        return super().__call__(step // self._batches)


class RatecraftCallback(CallbackAlongside, keras.callbacks.Callback):  # pyright: ignore
    """Watches a training: `model.fit(..., callbacks=[RatecraftCallback()])`.

    With the name of a study, its schedule leads the optimizer: at each step its rate is written, over whatever another
    callback has written or the optimizer's own schedule says, which it has again at the end. Where the study says to
    keep the training as it is, nothing is written. A model that trains on (`initial_epoch`, `BackupAndRestore`, another
    `fit`) goes on at the step that its optimizer has reached.

    Of a step Keras tells the loss, and the optimizer its rate. Gradients are made and used within it, so there is no
    guard: `keras.callbacks.EarlyStopping(restore_best_weights=True)` and `TerminateOnNaN()` end a training.

    Args:
        study: A finished study: its name, its folder, or what `tune` returned.
        stretch: The training has another length than those of the study: fit the schedule to it.
        guard: None: it has to be left out.
        every: Steps between two readings of the rate where no study leads it.
        record: Folder that keeps a record of the run, for `ratecraft diagnose` and `report`.
        language: Code of a language; by default the usual one.

    Example:
        >>> callback = RatecraftCallback()
        >>> callback.watched is None  # until a training begins
        True
    """

    _logger = logging.getLogger("keras.ratecraft")
    _batch: int | None = None
    _of_epoch = (0, 0.0)
    _losses: tuple[float, ...] = ()
    _updates_of = 1
    _led: Schedule | None = None
    _own: Any = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """The optimizer is there; where the training begins, its first epoch tells.

        Raises:
            InvalidInput: Several batches are trained in one call (`keras-steps-per-execution`).
        """
        self._batch, self._led, self._own = None, None, None
        if (count := self._trained.steps_per_execution) > 1:
            raise InvalidInput("keras-steps-per-execution", count=count)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """At the first one, follow the training."""
        self._of_epoch = (0, 0.0)
        if self._batch is None:
            self._begin(epoch)

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write the rate of the step."""
        if self._batch is None:
            return
        step = self._batch // self._updates_of
        if self._led is not None and self._own is None:
            self._trained.optimizer.learning_rate = self._led.at(step)
        if self._batch % self._updates_of == 0 and (self._led is not None or batch == 0 or step % self.every == 0):
            rate = self._rate_at(self._batch) if self._led is None else self._led.at(step)
            self._beside.told(rate=rate)
        self._batch += 1

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Tell the loss of the step, of which Keras gives the mean since the epoch began."""
        if not logs or "loss" not in logs:
            return
        count, total = batch + 1, (batch + 1) * float(logs["loss"])
        self._losses += ((total - self._of_epoch[1]) / (count - self._of_epoch[0]),)
        self._of_epoch = (count, total)
        if len(self._losses) == self._updates_of:
            self._beside.told(loss=sum(self._losses) / len(self._losses))
            self._losses = ()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Take in the figures."""
        self._beside.measured(logs or {})

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Look at the whole run."""
        if self._own is not None:
            self._schedule_by(self._own)
        self._beside.end()

    @property
    def _trained(self) -> Any:
        """The model, whose variables JAX puts in place when it is asked for."""
        return cast("Any", self).model

    def _begin(self, epoch: int) -> None:
        optimizer, of_fit = self._trained.optimizer, cast("Any", self).params
        epochs, batches = of_fit["epochs"], of_fit["steps"]
        self._updates_of, self._losses = optimizer.gradient_accumulation_steps or 1, ()
        self._batch = done = int(optimizer.iterations) * self._updates_of
        steps = None if batches is None else (done + (epochs - epoch) * batches) // self._updates_of
        self._beside.begin(None, steps=steps)
        self._beside.lead_by(steps, lambda lead: self._take(lead, steps or lead.answer.horizon))

    def _take(self, lead: Lead, steps: int) -> None:
        """Lead a training of `steps` steps by a study.

        Raises:
            InvalidInput: It has schedules of more than the rate (`attach-name`), or rates by groups (`attach-groups`).
        """
        others = [name for name in lead.schedules if name != "rate"]
        if others:
            raise InvalidInput("attach-name", name=others[0], allowed="rate")
        if len(set(lead.answer.ratios)) > 1:
            raise InvalidInput("attach-groups", given=len(lead.answer.ratios), groups=1)
        self._led, own = lead.schedules["rate"], _own_rate(self._trained.optimizer)
        if not isinstance(own, _KERAS.Variable):  # no rate can be written over a schedule: ours takes its place
            self._own = own
            self._schedule_by(_OfUpdates(self._led, steps, self._updates_of))

    def _schedule_by(self, schedule: Any) -> None:
        """The optimizer has a schedule from now on; what was compiled with another one is compiled anew."""
        self._trained.optimizer.learning_rate = schedule
        self._trained.make_train_function(force=True)

    def _rate_at(self, batch: int) -> float:
        own = _own_rate(self._trained.optimizer)
        is_schedule = isinstance(own, _KERAS.optimizers.schedules.LearningRateSchedule)
        return float(own(batch) if is_schedule else self._trained.optimizer.learning_rate)


def _own_rate(optimizer: Any) -> Any:
    """What an optimizer was made with: a variable, or a schedule."""
    return optimizer._learning_rate  # noqa: SLF001 - what is public is the value of now


class _Living:
    """One model, whose variables are those of whichever state acts."""

    def __init__(self, build: Callable[[], Any], like: Any) -> None:
        self._build, self._like = build, like
        self.model = self.made()
        self._acting: weakref.ref[KerasState] = weakref.ref(KerasState(self, ()))

    def made(self) -> Any:
        """A model with all of its variables, and those of its optimizer."""
        model = self._build()
        if not model.built:
            model(self._like)
        model.optimizer.build(model.trainable_variables)
        return model

    def enter(self, state: "KerasState") -> None:
        """This state acts from now on; whichever acted before waits with copies of its own."""
        acting = self._acting()
        if acting is state:
            return
        if acting is not None:
            acting.values = _values_of(self.model)
        _put(state.values, self.model)
        state.values, self._acting = (), weakref.ref(state)

    def copy(self, state: "KerasState") -> "KerasState":
        """One that goes on by itself."""
        values = _values_of(self.model) if self._acting() is state else state.values
        return KerasState(self, values, state.generators)


def _values_of(model: Any) -> Sequence[Any]:
    """Copies of all variables, the states of random generators and of the optimizer included."""
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(_KERAS.ops.convert_to_numpy(variable)) for variable in variables]


def _put(values: Sequence[Any], model: Any) -> None:
    """Give a model's variables these values."""
    for variable, value in zip([*model.variables, *model.optimizer.variables], values, strict=True):
        variable.assign(value.copy())  # JAX may take the memory itself, and gives it away at the next step


class KerasState:
    """A state of a training: that of a model and its optimizer. One model trains those of a task, one at a time.

    Attributes:
        values: Values of all variables while it waits; empty while it acts.
        generators: Global ones, from which some layers draw on the torch backend.
    """

    def __init__(self, living: _Living, values: Sequence[Any], generators: "RandomState | None" = None) -> None:
        self._living, self.values, self.generators = living, values, generators

    @contextmanager
    def drawing(self) -> Generator[None, None, None]:
        """Inside, what is drawn from global generators is this state's own; afterwards they are as before."""
        if keras.backend.backend() != "torch":  # whose layers alone draw from them
            yield
            return
        from ratecraft.training.tasks.random_state import RandomState

        with RandomState.kept():
            if self.generators is not None:
                self.generators.put_back()
            yield
            self.generators = RandomState.capture()

    def model(self) -> Any:
        """A new model with this state, its optimizer included, as the task's function builds one."""
        made = self._living.made()
        _put(self._living.copy(self).values, made)
        return made


def keras_task(
    build: Callable[[], Any],
    x: Any,
    y: Any,
    *,
    epochs: int,
    batch_size: int = 32,
    validation_data: tuple[Any, Any] | None = None,
    rate: Schedule | None = None,
    shuffle: bool = True,
) -> StateTask:
    """A training with Keras as a task: `rc.tune(keras_task(build, x, y, epochs=10, validation_data=(x_val, y_val)))`.

    It is what `build().fit(x, y, epochs=…, batch_size=…)` is, with the same batches in every run. Nothing of yours is
    trained: the models are those that `build` makes. `result.state.model()` is the tuned one.

    Args:
        build: Makes a compiled model. It is called after `keras.utils.set_random_seed` with the seed of each run.
        x: Inputs, an array.
        y: Targets, an array.
        epochs: Epochs of a full run.
        batch_size: Samples of a batch; the last one of an epoch has what is left.
        validation_data: Inputs and targets that runs are compared by, evaluated once an epoch, by `val_loss`, and by
            `val_` and the name of each metric. None: training losses are compared.
        rate: The training's own schedule, where it has one; by default the number that the optimizer was made with.
        shuffle: Another order of the samples in each epoch.

    Raises:
        InvalidInput: The optimizer was made with a schedule, over which no rate is written (`keras-task-rate`); or as
            `StateTask`.
    """
    batches = -(-len(x) // whole_number("batch_size", batch_size, least=1))
    living = _Living(build, x[:1])
    own = _own_rate(living.model.optimizer)
    if not isinstance(own, _KERAS.Variable):
        raise InvalidInput("keras-task-rate", given=type(own).__name__)

    def init(seed: int) -> KerasState:
        state = KerasState(living, ())
        with state.drawing():
            _KERAS.utils.set_random_seed(seed)
            state.values = _values_of(living.made())
        return state

    def update(state: KerasState, batch: Any, rate: float) -> tuple[KerasState, float]:
        living.enter(state)
        living.model.optimizer.learning_rate = rate
        with state.drawing():
            return state, living.model.train_on_batch(*batch, return_dict=True)["loss"]

    def evaluate(state: KerasState) -> Mapping[str, float]:
        living.enter(state)
        told = living.model.evaluate(*cast("Any", validation_data), batch_size=batch_size, verbose=0, return_dict=True)
        return {f"val_{name}": float(value) for name, value in told.items()}

    _known_by(init, build)
    return StateTask(
        init,
        update,
        _batch_of(x, y, batch_size, batches, shuffle=shuffle),
        None if validation_data is None else evaluate,
        rate=float(own) if rate is None else rate,
        steps=whole_number("epochs", epochs, least=1) * batches,
        batch_size=batch_size,
        evaluate_every=batches,
        optimizer=type(living.model.optimizer).__name__,
        copy=living.copy,
    )


def _batch_of(x: Any, y: Any, size: int, batches: int, *, shuffle: bool) -> Callable[[int], tuple[Any, Any]]:
    """What gives the batch of a step: each epoch has every sample once."""
    orders = dict[int, Any]()

    def data(step: int) -> tuple[Any, Any]:
        epoch, at = divmod(step, batches)
        if epoch not in orders:
            orders.clear()
            orders[epoch] = np.random.default_rng(epoch).permutation(len(x)) if shuffle else np.arange(len(x))
        chosen = orders[epoch][at * size : (at + 1) * size]
        return x[chosen], y[chosen]

    return data


def _known_by(init: Any, build: Callable[[], Any]) -> None:
    """A study is found by what its functions are made of: what is the user's own is the function that builds."""
    init.__signature__, init.__wrapped__ = inspect.signature(init), build
