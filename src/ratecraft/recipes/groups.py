"""Parameters with rates of their own: body and head, an optimizer beside another, layers of another width.

Path:   recipes, a draft, widths -> groups of a plan.
"""

from string import Template

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.caution import Caution
from ratecraft.laws.scaling.width import width_cautions, width_groups
from ratecraft.recipes.plan import Draft, PlannedGroup, Reason
from ratecraft.recipes.recipe import Call, OptimizerRecipe, TaskRecipe
from ratecraft.recipes.run_description import RunDescription
from ratecraft.translations.catalogue import rate_text


def groups_of(
    draft: Draft, given: RunDescription, optimizer: OptimizerRecipe, task: TaskRecipe | None
) -> tuple[tuple[PlannedGroup, ...], Draft]:
    """The groups, the one that the rate is of first; none where all parameters are alike. And why.

    Raises:
        InvalidInput: A width for a task whose body keeps the one that it was trained with (`plan-width-groups`).
    """
    if given.width is not None and given.base_width is not None:
        if task is not None and task.groups:
            raise InvalidInput("plan-width-groups", task=task.key)
        if optimizer.width is None:
            return _recipe_groups(draft, optimizer, task), draft.also(
                Caution("width-no-rule", {"optimizer": optimizer.name})
            )
        values = {"width": given.width, "base": given.base_width, "ratio": given.width / given.base_width}
        cautions = width_cautions(given.width, given.base_width)
        return _width_groups(draft, given.width, given.base_width, optimizer), draft.also(
            Reason("width", values), *cautions
        )
    groups = _recipe_groups(draft, optimizer, task)
    if not groups:
        return (), draft
    if optimizer.groups:
        return groups, draft.also(Reason("groups-of-optimizer", {"optimizer": optimizer.name}))
    return groups, draft.also(Reason("groups-of-task"))


def filled(call: Call, draft: Draft, **changed: float) -> Call:
    """The call with its numbers filled in."""
    values = (
        {name: hyperparameter.value for name, hyperparameter in draft.hyperparameters.items()}
        | {"warm_up_steps": 0}
        | changed
    )
    steps = draft.value("warm_up_steps")
    texts = {name: _number(value) for name, value in values.items()} | (
        {"warm_up_steps": f"{steps:g}"} if steps else {}
    )
    return Call(call.name, tuple(Template(argument).safe_substitute(texts) for argument in call.arguments))


def _number(value: float) -> str:
    """Two digits, and all that a number such as 0.999 needs."""
    return f"{value:.4g}" if 0.5 <= abs(value) < 1000 else rate_text(value)


def _recipe_groups(draft: Draft, optimizer: OptimizerRecipe, task: TaskRecipe | None) -> tuple[PlannedGroup, ...]:
    rate, decay = draft.hyperparameters["rate"].value, draft.value("weight_decay")
    return tuple(
        PlannedGroup(
            role=group.role,
            factor=group.factor,
            rate=rate * group.factor,
            weight_decay=decay,
            initial_sd=None,
            call=filled(group.call or optimizer.call, draft, rate=rate * group.factor),
        )
        for group in optimizer.groups or (task.groups if task else ())
    )


def _width_groups(draft: Draft, width: float, base: float, optimizer: OptimizerRecipe) -> tuple[PlannedGroup, ...]:
    if optimizer.width is None:
        return ()
    rate, decay = draft.hyperparameters["rate"].value, draft.value("weight_decay")
    groups: list[PlannedGroup] = []
    for group in width_groups(width, base, optimizer.width):
        own = None if decay is None else decay * (group.decay if optimizer.coupling == "decoupled" else 1.0)
        changed = {} if own is None else {"weight_decay": own}
        call = filled(optimizer.call, draft, rate=rate * group.rate, **changed)
        groups.append(PlannedGroup(group.role, group.rate, rate * group.rate, own, group.initial_sd, call))
    return tuple(groups)
