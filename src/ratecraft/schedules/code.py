"""A schedule as code that anyone can paste, for PyTorch, the Trainer of transformers, optax and Keras.

Path:   the answer's schedule -> a report -> the user's script.
Units:  the code's `rate(step)` is the absolute rate of the leading group at optimizer step 0, 1, 2, …; functions of
        other hyperparameters give the values themselves.

A bound schedule knows its own length; any other needs a horizon. The code imports the framework and `math`, nothing
else. The function itself is written in `formulas`; `traced` rewrites it where the framework compiles it.
"""

import math
from collections.abc import Sequence
from typing import Final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.formulas import rate_functions
from ratecraft.schedules.lengths import UNIT_HORIZON, finite_number
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.sets import ScheduleSet, bind_set, set_of
from ratecraft.schedules.traced import JAX, KERAS, traced

__all__ = ["keras_code", "optax_code", "torch_code", "transformers_code"]

_LONGEST_TITLE: Final = 100


def torch_code(schedule: Schedule | ScheduleSet, horizon: int | None = None, ratios: Sequence[float] = (1.0,)) -> str:
    """Code that gives the groups of an existing `optimizer` the rates of a schedule.

    Args:
        schedule: Absolute rates of the leading group; or a set with more hyperparameters, such as the momentum.
        horizon: Optimizer steps of the run; None for a schedule that is bound.
        ratios: Each parameter group's rate as a multiple of the leading one's, in the optimizer's order; where all are
            equal, one is enough.

    Raises:
        InvalidInput: A schedule that isn't bound, and no horizon; one longer than the horizon; or ratios that aren't
            finite numbers.

    Example:
        >>> from ratecraft.schedules.constructors import linear, warmup
        >>> from ratecraft.schedules.horizon import bind
        >>> print(torch_code(bind(0.1 * (warmup(2) >> linear(1, 0)), horizon=10)))
        # Learning rate of 10 optimizer steps: 0.1 * (warmup(2) >> linear(1, 0, 8))
        # Paste this below the line that makes `optimizer`, in place of any other learning-rate scheduler.
        from torch.optim.lr_scheduler import LambdaLR
        <BLANKLINE>
        <BLANKLINE>
        def rate(step):
            if step < 2:
                return 0.1 * ((step + 1) / 2)
            if step < 10:
                return 0.1 * ((10 - step) / 8)
            return 0.0
        <BLANKLINE>
        <BLANKLINE>
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] = 1.0  # LambdaLR multiplies it by rate(step)
        scheduler = LambdaLR(optimizer, rate)
        # In the training loop, call scheduler.step() after every optimizer.step().
        <BLANKLINE>
    """
    usage = "# In the training loop, call scheduler.step() after every optimizer.step()."
    return _lambda_code(schedule, horizon, ratios, usage)


def transformers_code(
    schedule: Schedule | ScheduleSet, horizon: int | None = None, ratios: Sequence[float] = (1.0,)
) -> str:
    """Code that gives the groups of an existing `optimizer` the rates of a schedule in a `Trainer` of transformers.

    Args:
        schedule: Absolute rates of the leading group; or a set with more hyperparameters, such as the momentum.
        horizon: As for `torch_code`.
        ratios: As for `torch_code`.

    Raises:
        InvalidInput: As `torch_code`.

    Example:
        >>> from ratecraft.schedules.constructors import linear, warmup
        >>> print(transformers_code(0.1 * (warmup(2) >> linear(1, 0)), horizon=10).splitlines()[-1])
        # Make the trainer with them, and it steps both: Trainer(..., optimizers=(optimizer, scheduler))
    """
    usage = "# Make the trainer with them, and it steps both: Trainer(..., optimizers=(optimizer, scheduler))"
    return _lambda_code(schedule, horizon, ratios, usage)


def optax_code(schedule: Schedule | ScheduleSet, horizon: int | None = None) -> str:
    """Code of a schedule for optax: a function of the step count that jax can compile.

    Args:
        schedule: Absolute rates; or a set with more hyperparameters, such as the momentum.
        horizon: Updates of the run; None for a schedule that is bound.

    Raises:
        InvalidInput: A schedule that isn't bound, and no horizon; one longer than the horizon; or one with a function
            of the user's own.

    Example:
        >>> from ratecraft.schedules.constructors import linear, warmup
        >>> print(optax_code(0.1 * (warmup(2) >> linear(1, 0)), horizon=10))
        # Learning rate of 10 optimizer steps: 0.1 * (warmup(2) >> linear(1, 0, 8))
        # Paste this and give it to an optimizer of optax: optax.adamw(learning_rate=rate)
        import jax.numpy as jnp
        <BLANKLINE>
        <BLANKLINE>
        def rate(step):
            value = 0.0
            value = jnp.where(step < 10, 0.1 * ((10 - step) / 8), value)
            value = jnp.where(step < 2, 0.1 * ((step + 1) / 2), value)
            return value
        <BLANKLINE>
    """
    bound, title = _titled(schedule, horizon)
    names = {"rate": "learning_rate", "momentum": "b1", "beta2": "b2"}
    given = ", ".join(f"{names.get(name, name)}={name}" for name in ("rate", *bound.others))
    factory = "optax.inject_hyperparams(optax.adamw)" if bound.others else "optax.adamw"
    return _text(
        title,
        f"# Paste this and give it to an optimizer of optax: {factory}({given})",
        "import jax.numpy as jnp",
        "",
        "",
        *traced(rate_functions({"rate": bound.rate, **bound.others}), JAX),
    )


def keras_code(schedule: Schedule | ScheduleSet, horizon: int | None = None) -> str:
    """Code of a schedule for Keras: a `LearningRateSchedule` that is saved with the model.

    Args:
        schedule: Absolute rates.
        horizon: Updates of the run; None for a schedule that is bound.

    Raises:
        InvalidInput: A schedule that isn't bound, and no horizon; one longer than the horizon; one with a function of
            the user's own; or a set with more than the rate, for Keras compiles all else into the step as it was at
            first.

    Example:
        >>> from ratecraft.schedules.constructors import linear
        >>> print(keras_code(0.1 * linear(1, 0), horizon=10))
        # Learning rate of 10 optimizer steps: 0.1 * linear(1, 0, 10)
        # Paste this and give it to an optimizer of Keras: keras.optimizers.SGD(learning_rate=Rate())
        import keras
        from keras import ops
        <BLANKLINE>
        <BLANKLINE>
        def rate(step):
            value = 0.0
            value = ops.where(step < 10, 0.1 * ((10 - step) / 10), value)
            return value
        <BLANKLINE>
        <BLANKLINE>
        @keras.saving.register_keras_serializable()
        class Rate(keras.optimizers.schedules.LearningRateSchedule):
            def __call__(self, step):
                return rate(ops.cast(step, "float32"))
        <BLANKLINE>
            def get_config(self):
                return {}
        <BLANKLINE>
    """
    bound, title = _titled(schedule, horizon)
    if bound.others:
        raise InvalidInput("schedule-code-keras", names=", ".join(bound.others))
    return _text(
        title,
        "# Paste this and give it to an optimizer of Keras: keras.optimizers.SGD(learning_rate=Rate())",
        "import keras",
        "from keras import ops",
        "",
        "",
        *traced(rate_functions(bound.rate), KERAS),
        "",
        "",
        "@keras.saving.register_keras_serializable()",
        "class Rate(keras.optimizers.schedules.LearningRateSchedule):",
        "    def __call__(self, step):",
        '        return rate(ops.cast(step, "float32"))',
        "",
        "    def get_config(self):",
        "        return {}",
    )


def _lambda_code(schedule: Schedule | ScheduleSet, horizon: int | None, ratios: Sequence[float], usage: str) -> str:
    if not ratios:
        raise InvalidInput("schedule-no-ratios")
    factors = [finite_number("ratios", ratio) for ratio in ratios]
    bound, title = _titled(schedule, horizon)
    others = list(bound.others)
    body = rate_functions({"rate": bound.rate, **bound.others})
    return _text(
        title,
        "# Paste this below the line that makes `optimizer`, in place of any other learning-rate scheduler.",
        *(["import math", ""] if any("math." in line for line in body) else []),
        "from torch.optim.lr_scheduler import LambdaLR",
        "",
        "",
        *body,
        "",
        "",
        *(_subclass(others) if others else []),
        *_group_lines(factors),
        f"scheduler = {'Schedules' if others else 'LambdaLR'}(optimizer, rate)",
        usage,
    )


def _text(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def _titled(schedule: Schedule | ScheduleSet, horizon: int | None) -> tuple[ScheduleSet, str]:
    """The schedules in steps, and the line that says what they are."""
    schedules = set_of(schedule)
    if horizon is not None:
        schedules = bind_set(schedules, horizon)
    elif schedules.needs_horizon:
        raise InvalidInput("schedule-code-unbound", schedule=schedules.expression)
    end = schedules.rate.extent(UNIT_HORIZON)
    steps = horizon if horizon is not None or end is None else math.ceil(end)
    title = "# Schedules" if schedules.others else "# Learning rate"
    title += "" if steps is None else f" of {steps} optimizer steps"  # one without an end has no number to tell
    expression = schedules.expression
    return schedules, f"{title}: {expression}" if len(expression) <= _LONGEST_TITLE else title


def _subclass(names: list[str]) -> list[str]:
    """A `LambdaLR` that writes other hyperparameters, too."""
    first = 'decayed = [index for index, group in enumerate(optimizer.param_groups) if group["weight_decay"]]'
    groups = "self.optimizer.param_groups"
    loop = f"index, group in enumerate({groups})" if "weight_decay" in names else f"group in {groups}"
    return [
        *([first, "", ""] if "weight_decay" in names else []),
        "class Schedules(LambdaLR):",
        "    def step(self, epoch=None):",
        "        super().step(epoch)",
        f"        for {loop}:",
        *(f"            {line}" for name in names for line in _entry_lines(name)),
        "",
        "",
    ]


def _entry_lines(name: str) -> list[str]:
    value = f"{name}(self.last_epoch)"
    match name:
        case "momentum":
            return [
                'if "betas" in group:',
                f'    group["betas"] = ({value}, *group["betas"][1:])',
                "else:",
                f'    group["momentum"] = {value}',
            ]
        case "beta2":
            return [f'group["betas"] = (group["betas"][0], {value}, *group["betas"][2:])']
        case "weight_decay":
            return ["if index in decayed or not decayed:", f'    group["weight_decay"] = {value}']
        case _:
            return [f"group[{name!r}] = {value}"]


def _group_lines(ratios: list[float]) -> list[str]:
    base = 'group["lr"] = group["initial_lr"]'
    if len(set(ratios)) == 1:
        return [
            "for group in optimizer.param_groups:",
            f"    {base} = {ratios[0]!r}  # LambdaLR multiplies it by rate(step)",
        ]
    return [
        f"ratios = {ratios!r}  # rate of each parameter group, as a multiple of the leading one's",
        "for group, ratio in zip(optimizer.param_groups, ratios, strict=True):",
        f"    {base} = ratio  # LambdaLR multiplies it by rate(step)",
    ]
