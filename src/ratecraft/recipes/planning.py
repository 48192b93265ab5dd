"""The plan of a training: usual values, carried over to the run at hand.

Path:   what is given, presets -> basis -> transfer -> course -> groups -> `Plan`; called by `api`.
"""

from collections.abc import Mapping
from dataclasses import replace

from ratecraft.laws.scaling.caution import Caution
from ratecraft.recipes.groups import filled, groups_of
from ratecraft.recipes.lookup import looked_up
from ratecraft.recipes.plan import Plan
from ratecraft.recipes.presets import builtin_presets
from ratecraft.recipes.rate_schedule import rate_schedule_of
from ratecraft.recipes.recipe import Hyperparameter, OptimizerRecipe, Presets, TaskRecipe
from ratecraft.recipes.run_description import RunDescription
from ratecraft.recipes.shape_move import shape_moved
from ratecraft.recipes.starting_values import starting_values_of
from ratecraft.recipes.transfer import carried_over, checked


def plan_of(given: RunDescription, presets: Presets | None = None) -> Plan:
    """What to set, why, and what to mind.

    Args:
        given: What is known of the run.
        presets: The recipes; by default ours.

    Raises:
        InvalidInput: A name that no recipe has, a schedule that is none, or what does not go together.

    Example:
        >>> plan = plan_of(RunDescription("adamw", batch_size=1024, steps=10_000))
        >>> plan.rate, plan.expression
        (0.002, '2e-3 * (warmup(1000) >> constant(1) >> linear(1, 0, 0.6))')
    """
    presets, given = presets or builtin_presets(), given.with_all_processes()
    optimizer = looked_up("optimizer", given.optimizer, presets.optimizers)
    task = None if given.task is None else looked_up("task", given.task, presets.tasks)
    if task is not None and optimizer.elsewhere and optimizer.key not in task.optimizers:
        optimizer = presets.optimizers[optimizer.elsewhere]
    basis = starting_values_of(given, optimizer, task)
    if basis.call:
        optimizer = replace(optimizer, call=replace(optimizer.call, name=basis.call))
    draft = shape_moved(carried_over(basis, given, optimizer), given, optimizer, task, presets)
    draft = checked(draft, given, optimizer)
    course = rate_schedule_of(draft, given, optimizer, task, presets)
    groups, draft = groups_of(course.draft, given, optimizer, task)
    usual = dict.fromkeys((*optimizer.cautions, *(task.cautions if task else ())))
    return Plan(
        given=given,
        optimizer=optimizer.key,
        name=optimizer.name,
        task=task.key if task else None,
        settings=_in_order(draft.hyperparameters),
        schedule=course.schedule,
        expression=course.expression,
        call=filled(optimizer.call, draft),
        groups=groups,
        matters=_there(optimizer, task, draft.hyperparameters),
        reasons=draft.reasons,
        cautions=(*draft.cautions, *(Caution(code) for code in usual)),
        remarks=course.remarks,
        origin=presets.origin,
    )


def _in_order(hyperparameters: Mapping[str, Hyperparameter]) -> dict[str, Hyperparameter]:
    return {
        "rate": hyperparameters["rate"],
        **{name: hyperparameter for name, hyperparameter in hyperparameters.items() if name != "rate"},
    }


def _there(
    optimizer: OptimizerRecipe, task: TaskRecipe | None, hyperparameters: Mapping[str, Hyperparameter]
) -> tuple[str, ...]:
    """The hyperparameters worth tuning that the plan contains."""
    names = {*hyperparameters, "schedule", *(["warm_up"] if "warm_up_steps" in hyperparameters else [])}
    factors = ("group_factors",) if task and task.groups else ()
    return (*(name for name in optimizer.matters if name in names), *factors)
