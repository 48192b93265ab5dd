"""What is usual for an optimizer on a task, before anything is scaled, and how well that is known.

Path:   recipes, what is given -> a draft of the plan, and the batch sizes at which its rate is usual.

Where a task has no value for an optimizer, those of its kin stand in, known less well; where it has none for its kin
either, the optimizer's general values stand, and are hardly known at all.
"""

from dataclasses import dataclass, replace

from ratecraft.laws.scaling.caution import Caution
from ratecraft.laws.scaling.model_size import rate_of_size
from ratecraft.recipes.of_language_model import language_model_of, with_language_model
from ratecraft.recipes.plan import Draft, Reason
from ratecraft.recipes.recipe import Kin, OptimizerRecipe, TaskOptimizer, TaskRecipe, lowered
from ratecraft.recipes.run_description import RunDescription

_FAR = 4.0  # ratio of sizes beyond which a table says little: two octaves


@dataclass(frozen=True, slots=True)
class StartingValues:
    """Where a plan starts.

    Attributes:
        draft: The usual values.
        batches: Smallest and largest batch at which the rate is usual; None if it does not depend on it.
        call: Name of another class, which the task's data need; empty if the usual one does.
        linear: Largest batch up to which the linear rule was published for just this; 0 if the usual limit holds.
    """

    draft: Draft
    batches: tuple[float, float] | None
    call: str = ""
    linear: float = 0.0


@dataclass(frozen=True, slots=True)
class _TaskValues:
    """What a task knows of an optimizer: of itself, or of the other that stands in for it."""

    values: TaskOptimizer
    other: str = ""
    kin: Kin = Kin(1.0, "high", "")


def starting_values_of(given: RunDescription, optimizer: OptimizerRecipe, task: TaskRecipe | None) -> StartingValues:
    """The optimizer's own values, and before them the task's, the size's, and the rate that was given.

    Args:
        given: What was told.
        optimizer: Recipe of the optimizer.
        task: Recipe of the task; None if none was given.
    """
    hyperparameters = {**optimizer.hyperparameters, **(task.hyperparameters if task else {})}
    if optimizer.warm_up == "none":
        hyperparameters.pop("warm_up", None)
    basis, taken = StartingValues(Draft(hyperparameters), optimizer.batches), None
    if task is None:
        basis = replace(basis, draft=basis.draft.also(Reason("usual", {"optimizer": optimizer.name})))
    else:
        taken = _taken(optimizer, task)
        basis = _without(basis, optimizer, task) if taken is None else _for_task(basis, optimizer, task, taken)
    basis = _of_size(basis, given, optimizer, taken)
    draft = basis.draft.also(*_own(basis.draft))
    if given.rate is not None:
        own = replace(draft.hyperparameters["rate"], value=given.rate, confidence="own")
        draft = draft.also(Reason("rate-given", {"rate": given.rate}), hyperparameters={"rate": own})
    return replace(basis, draft=draft)


def _taken(optimizer: OptimizerRecipe, task: TaskRecipe) -> _TaskValues | None:
    if optimizer.key in task.optimizers:
        return _TaskValues(task.optimizers[optimizer.key])
    kin = ((other, relative) for other, relative in optimizer.like.items() if other in task.optimizers)
    return next((_TaskValues(task.optimizers[other], other, relative) for other, relative in kin), None)


def _without(basis: StartingValues, optimizer: OptimizerRecipe, task: TaskRecipe) -> StartingValues:
    """The general values, where nothing is known of the optimizer on this task, nor of one like it."""
    if optimizer.any_task:
        return replace(basis, draft=basis.draft.also(Reason("any-task", {"optimizer": optimizer.name})))
    said = {"optimizer": optimizer.name, "task": task.key, "known": ", ".join(task.optimizers)}
    rate = lowered(basis.draft.hyperparameters["rate"], most="low")
    return replace(
        basis, draft=basis.draft.also(Caution("task-without-optimizer", said), hyperparameters={"rate": rate})
    )


def _for_task(
    basis: StartingValues, optimizer: OptimizerRecipe, task: TaskRecipe, taken: _TaskValues
) -> StartingValues:
    values, kin, said = taken.values, taken.kin, {"optimizer": optimizer.name, "task": task.key}
    if not taken.other:
        draft = basis.draft.also(
            Reason("for-task", said), *map(Caution, values.cautions), hyperparameters=values.hyperparameters
        )
        return StartingValues(draft, values.batches or basis.batches, values.call, values.linear)
    # What its kin has and it hasn't, such as a weight decay, is not for it.
    fitting = {
        name: hyperparameter
        for name, hyperparameter in values.hyperparameters.items()
        if name in basis.draft.hyperparameters
    }
    factors = {"rate": kin.factor, "weight_decay": 1 / kin.factor}
    stand_in = {
        name: lowered(hyperparameter.times(factors.get(name, 1.0)), 0, kin.confidence)
        for name, hyperparameter in fitting.items()
    }
    told = {**said, "other": taken.other, "factor": kin.factor, "source": kin.source}
    code = "stands-in" if kin.factor == 1 else "stands-in-times"
    draft = basis.draft.also(Caution(code, told), hyperparameters=stand_in)
    return StartingValues(draft, values.batches or basis.batches, linear=values.linear)


def _of_size(
    basis: StartingValues, given: RunDescription, optimizer: OptimizerRecipe, taken: _TaskValues | None
) -> StartingValues:
    """The rate and its range for the size of the model."""
    draft, size = basis.draft, given.parameters
    if taken is not None and taken.values.law and size is not None:
        model = language_model_of(given, size)
        batches = None if model.batches is None else (model.batches, model.batches)
        return replace(basis, draft=with_language_model(draft, model, optimizer, taken.kin), batches=batches)
    if size is None:
        return basis if given.tokens is None else replace(basis, draft=draft.also(Caution("tokens-unused")))
    if taken is None or not taken.values.sizes:
        return replace(basis, draft=draft.also(Caution("parameters-unused")))
    sizes = taken.values.sizes
    found, cautions = rate_of_size(sizes, size)
    rate, source = found * taken.kin.factor, draft.hyperparameters["rate"].source
    code = "rate-of-nearest-size" if cautions else "rate-of-size"
    moved = draft.hyperparameters["rate"].times(rate / draft.hyperparameters["rate"].value)
    ratio = max(sizes[0][0] / size, size / sizes[-1][0], 1.0)
    hyperparameter = lowered(replace(moved, value=rate), (ratio > 1) + (ratio > _FAR))
    reason = Reason(code, {"parameters": size, "rate": rate, "source": source})
    return replace(basis, draft=draft.also(reason, *cautions, hyperparameters={"rate": hyperparameter}))


def _own(draft: Draft) -> tuple[Reason, ...]:
    """Which values are from a presets file of the user's own."""
    by_source: dict[str, list[str]] = {}
    for name, hyperparameter in draft.hyperparameters.items():
        if hyperparameter.confidence == "own":
            by_source.setdefault(hyperparameter.source, []).append(name)
    return tuple(
        Reason("from-own-file", {"names": ", ".join(names), "file": file}) for file, names in by_source.items()
    )
