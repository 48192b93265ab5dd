"""A schedule as code to paste, for PyTorch, the Trainer of transformers, optax and Keras.

Path:   the answer's schedule -> a report -> the user's script.
Units:  the code's `rate(step)` is the absolute rate of the leading group at optimizer step 0, 1, 2, …; functions of
        other hyperparameters give the values themselves.

A bound schedule knows its own length; any other needs a horizon. The code imports the framework and `math`, nothing
else. The function itself is written in `formulas`; `traced` rewrites it where the framework compiles it.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.generated_code.formulas import rate_functions
from ratecraft.schedules.generated_code.traced import JAX, KERAS, traced
from ratecraft.schedules.lengths import UNIT_HORIZON, finite_number
from ratecraft.schedules.sets import ScheduleSet, set_of
from ratecraft.schedules.trees.nodes import Schedule

_LONGEST_TITLE: Final = 100


def torch_code(
    schedule: Schedule | ScheduleSet,
    horizon: int | None = None,
    ratios: Sequence[float] | Mapping[str, Sequence[float]] = (1.0,),
    first: int = 0,
) -> str:
    """Code that gives the groups of an existing `optimizer`, or of several, the rates of a schedule.

    Args:
        schedule: Absolute rates of the leading group; or a set with more hyperparameters, such as the momentum.
        horizon: Optimizer steps of the run; None for a schedule that is bound.
        ratios: Each parameter group's rate as a multiple of the leading one's, in the optimizer's order; where all are
            equal, one is enough. Of several optimizers, those of each by the name that it has in the code.
        first: The step to continue from, for a run that has made this many; for one optimizer only.

    Raises:
        InvalidInput: A schedule that isn't bound, and no horizon; one longer than the horizon; or ratios that aren't
            finite numbers.

    Example:
        >>> from ratecraft.schedules.builders.constructors import linear, warmup
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
    if isinstance(ratios, Mapping):
        return _code_of_several(schedule, horizon, ratios)
    usage = "# In the training loop, call scheduler.step() after every optimizer.step()."
    return _lambda_code(schedule, horizon, ratios, usage, first)


def transformers_code(
    schedule: Schedule | ScheduleSet, horizon: int | None = None, ratios: Sequence[float] = (1.0,)
) -> str:
    """Code that gives the groups of an existing `optimizer` the rates of a schedule in a `Trainer` of transformers.

    Args:
        schedule: Absolute rates of the leading group; or a set with more hyperparameters, such as the momentum.
        horizon: As for `torch_code`.
        ratios: As for `torch_code`.

    Raises:
        InvalidInput: Same as `torch_code`.

    Example:
        >>> from ratecraft.schedules.builders.constructors import linear, warmup
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
        >>> from ratecraft.schedules.builders.constructors import linear, warmup
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
        >>> from ratecraft.schedules.builders.constructors import linear
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


def _lambda_code(
    schedule: Schedule | ScheduleSet, horizon: int | None, ratios: Sequence[float], usage: str, first: int = 0
) -> str:
    factors = _factors(ratios)
    bound, title = _titled(schedule, horizon)
    others = list(bound.others)
    place = "# Paste this below the line that makes `optimizer`, in place of any other learning-rate scheduler."
    if first:
        place = "# Paste this below optimizer.load_state_dict(...), and load no state of a scheduler: this needs none."
    going_on = f", last_epoch={first - 1}" if first else ""
    return _text(
        title,
        place,
        *_functions(bound),
        *(_subclass(others) if others else []),
        *_group_lines(factors),
        f"scheduler = {'Schedules' if others else 'LambdaLR'}(optimizer, rate{going_on})",
        *([f"# The next optimizer.step() is step {first} of the run, counted from 0."] if first else []),
        usage,
    )


def _code_of_several(
    schedule: Schedule | ScheduleSet, horizon: int | None, ratios: Mapping[str, Sequence[float]]
) -> str:
    """One scheduler for each optimizer, all of one function."""
    bound, title = _titled(schedule, horizon)
    others = list(bound.others)
    rows = [f"    ({name}, {_factors(ratio)!r})," for name, ratio in ratios.items()]
    return _text(
        title,
        "# Paste this below the lines that make the optimizers, in place of any other learning-rate scheduler.",
        f"# They are called {', '.join(ratios)} here, in the order of your script: put in your own names.",
        *_functions(bound),
        *(_subclass(others, several=True) if others else []),
        "optimizers = [  # with the rate of each parameter group, as a multiple of the leading one's",
        *rows,
        "]",
        "schedulers = []",
        "for optimizer, ratios in optimizers:",
        "    for group, ratio in zip(optimizer.param_groups, ratios, strict=True):",
        '        group["lr"] = group["initial_lr"] = ratio  # LambdaLR multiplies it by rate(step)',
        f"    schedulers.append({'Schedules' if others else 'LambdaLR'}(optimizer, rate))",
        "# In the training loop, once all optimizers have made their step: for each in schedulers: each.step()",
    )


def _factors(ratios: Sequence[float]) -> list[float]:
    if not ratios:
        raise InvalidInput("schedule-no-ratios")
    return [finite_number("ratios", ratio) for ratio in ratios]


def _functions(bound: ScheduleSet) -> list[str]:
    """The imports, and a function for each schedule."""
    body = rate_functions({"rate": bound.rate, **bound.others})
    maths = ["import math", ""] if any("math." in line for line in body) else []
    return [*maths, "from torch.optim.lr_scheduler import LambdaLR", "", "", *body, "", ""]


def _text(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def _titled(schedule: Schedule | ScheduleSet, horizon: int | None) -> tuple[ScheduleSet, str]:
    """The schedules in steps, and the line that says what they are."""
    schedules = set_of(schedule)
    if horizon is not None:
        schedules = schedules.bind(horizon)
    elif schedules.needs_horizon:
        raise InvalidInput("schedule-code-unbound", schedule=schedules.expression)
    end = schedules.rate.extent(UNIT_HORIZON)
    steps = horizon if horizon is not None or end is None else math.ceil(end)
    title = "# Schedules" if schedules.others else "# Learning rate"
    title += "" if steps is None else f" of {steps} optimizer steps"  # one without an end has no number to tell
    expression = schedules.expression
    return schedules, f"{title}: {expression}" if len(expression) <= _LONGEST_TITLE else title


def _subclass(names: list[str], *, several: bool = False) -> list[str]:
    """A `LambdaLR` that writes other hyperparameters, too; of several optimizers some may lack them."""
    groups = "self.optimizer.param_groups"
    decays = "weight_decay" in names
    decayed = "[index for index, group in enumerate(optimizer.param_groups) if {decay}]"
    one, each = decayed.format(decay='group["weight_decay"]'), decayed.format(decay='group.get("weight_decay")')
    first = [f"decayed = {one}", "", ""] if decays and not several else []
    own = [
        "    def __init__(self, optimizer, rate):",
        f"        self.decayed = {each}",
        "        super().__init__(optimizer, rate)",
        "",
    ]
    loop = f"index, group in enumerate({groups})" if decays else f"group in {groups}"
    return [
        *first,
        "class Schedules(LambdaLR):",
        *(own if decays and several else []),
        "    def step(self, epoch=None):",
        "        super().step(epoch)",
        f"        for {loop}:",
        *(f"            {line}" for name in names for line in _entry_lines(name, several)),
        "",
        "",
    ]


def _entry_lines(name: str, several: bool) -> list[str]:
    value = f"{name}(self.last_epoch)"
    match name:
        case "momentum":
            return [
                'if "betas" in group:',
                f'    group["betas"] = ({value}, *group["betas"][1:])',
                'elif "momentum" in group:' if several else "else:",
                f'    group["momentum"] = {value}',
            ]
        case "beta2":
            line = f'group["betas"] = (group["betas"][0], {value}, *group["betas"][2:])'
            return ['if "betas" in group:', f"    {line}"] if several else [line]
        case "weight_decay":
            decayed = "self.decayed" if several else "decayed"
            has = ' and "weight_decay" in group' if several else ""
            asked = f"(index in {decayed} or not {decayed}){has}" if several else f"index in {decayed} or not {decayed}"
            return [f"if {asked}:", f'    group["weight_decay"] = {value}']
        case _:
            line = f"group[{name!r}] = {value}"
            return [f"if {name!r} in group:", f"    {line}"] if several else [line]


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
