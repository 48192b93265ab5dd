"""The course of the rate over the run: a warm-up as long as the optimizer needs, and a shape.

Path:   a draft, the run -> the expression of its schedule, and why.
Units:  lengths are optimizer steps, or shares of the run where its steps are not known.
"""

from dataclasses import dataclass, replace
from string import Template

from ratecraft.laws.scaling.caution import Caution
from ratecraft.laws.scaling.warm_up import memory_warm_up, within_run
from ratecraft.recipes.lookup import looked_up
from ratecraft.recipes.plan import Draft, Reason
from ratecraft.recipes.recipe import Hyperparameter, OptimizerRecipe, Presets, ScheduleRecipe, TaskRecipe
from ratecraft.recipes.run_description import RunDescription
from ratecraft.recipes.shape_move import USUAL_SCHEDULE, is_schedule_name
from ratecraft.schedules.analysis import Remark, analyse
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.usual import USUAL
from ratecraft.translations.catalogue import rate_text

_MEMORY_SOURCE = "Ma & Yarats 2021, arXiv 1910.04209"
_LARGE_BATCH_SOURCE = "Goyal et al. 2017, arXiv 1706.02677"


@dataclass(frozen=True, slots=True)
class RateSchedule:
    """How the rate goes.

    Attributes:
        draft: With the warm-up and the numbers of the schedule among its hyperparameters.
        schedule: Key of its recipe; None for an expression of the user's own.
        expression: Absolute rates.
        remarks: What looks like a mistake in the user's own expression.
    """

    draft: Draft
    schedule: str | None
    expression: str
    remarks: tuple[Remark, ...] = ()


def rate_schedule_of(
    draft: Draft, given: RunDescription, optimizer: OptimizerRecipe, task: TaskRecipe | None, presets: Presets
) -> RateSchedule:
    """The schedule that was asked for, or that the optimizer needs, that is usual for the task, or the best measured.

    Raises:
        InvalidInput: No such schedule, or an expression that is none.
    """
    if given.schedule is not None and not is_schedule_name(given.schedule):
        return _own(draft, given, given.schedule)
    recipe, reason = _chosen(given, optimizer, task, presets)
    draft = draft.also(reason, *(Caution(code) for code in recipe.cautions), hyperparameters=recipe.hyperparameters)
    draft, length = _warm_up(draft, given, optimizer)
    if not length or optimizer.warm_up == "inside":
        shape = recipe.shape
    else:
        text = Template(recipe.after_warm_up)
        shape = text.safe_substitute(warm_up=f"warmup({length})", length=length)
    expression = _of_height(draft, shape)
    parse_set(expression)  # shapes of a user's own presets are checked where they are used
    return RateSchedule(draft, recipe.key, expression)


def _own(draft: Draft, given: RunDescription, text: str) -> RateSchedule:
    """An expression as it was given, looked at where the length of the run is known."""
    schedules = parse_set(text)
    draft = draft.also(Reason("schedule-given"))
    draft = replace(
        draft,
        hyperparameters={
            name: hyperparameter for name, hyperparameter in draft.hyperparameters.items() if name != "warm_up"
        },
    )
    remarks: tuple[Remark, ...] = ()
    if given.steps is not None:
        seen = analyse(schedules.rate, given.steps, given.sizes)
        remarks = seen.remarks
        if abs(seen.peak - 1) > 1e-6:
            draft = draft.also(Caution("schedule-height", {"peak": seen.peak}))
    return RateSchedule(draft, None, _of_height(draft, text.strip()), remarks)


def _of_height(draft: Draft, shape: str) -> str:
    return f"{rate_text(draft.hyperparameters['rate'].value)} * ({shape})"


def _chosen(
    given: RunDescription, optimizer: OptimizerRecipe, task: TaskRecipe | None, presets: Presets
) -> tuple[ScheduleRecipe, Reason]:
    if given.schedule is not None:
        recipe = looked_up("schedule", given.schedule, presets.schedules)
        return recipe, Reason("schedule-given")
    if optimizer.schedule is not None:
        values = {"schedule": optimizer.schedule, "optimizer": optimizer.name}
        return presets.schedules[optimizer.schedule], Reason("schedule-of-optimizer", values)
    if task is not None:
        return presets.schedules[task.schedule], Reason(
            "schedule-of-task", {"schedule": task.schedule, "task": task.key}
        )
    return presets.schedules[USUAL_SCHEDULE], Reason("schedule-usual", {"schedule": USUAL_SCHEDULE})


def _warm_up(draft: Draft, given: RunDescription, optimizer: OptimizerRecipe) -> tuple[Draft, str]:
    """The warm-up's length as in an expression, and the hyperparameter that is shown; empty if none is needed."""
    share = draft.hyperparameters.get("warm_up")
    bare = replace(
        draft,
        hyperparameters={
            name: hyperparameter for name, hyperparameter in draft.hyperparameters.items() if name != "warm_up"
        },
    )
    if optimizer.warm_up == "none":
        return bare.also(Reason("warm-up-none", {"optimizer": optimizer.name})), ""
    inside = optimizer.warm_up == "inside"
    if (share is None and (inside or optimizer.warm_up == "memory")) or (inside and given.steps is None):
        return _memory(bare, given)
    if share is None:
        if draft.batch_factor <= 1:
            return bare, ""
        usual = USUAL["long-warm-up"]
        share = Hyperparameter(usual.usual, usual.low, usual.high, _LARGE_BATCH_SOURCE, "medium")
        bare = bare.also(Reason("warm-up-large-batch"))
    if share.value == 0:
        return bare, ""
    if given.steps is None:
        return bare.also(hyperparameters={"warm_up": share}), f"{share.value:g}"
    low, high = (None if end is None else float(round(end * given.steps)) for end in (share.low, share.high))
    steps = max(1, round(share.value * given.steps))
    hyperparameter = Hyperparameter(steps, low, high, share.source, share.confidence)
    return bare.also(
        Reason("warm-up-share", {"share": share.value}), hyperparameters={"warm_up_steps": hyperparameter}
    ), str(steps)


def _memory(draft: Draft, given: RunDescription) -> tuple[Draft, str]:
    name = "beta2" if "beta2" in draft.hyperparameters else "rho"
    steps, cautions = memory_warm_up(round(draft.hyperparameters[name].value, 12)), ()
    reason = Reason("warm-up-memory", {"name": name, "value": draft.hyperparameters[name].value, "steps": steps})
    if given.steps is None:
        cautions = (Caution("warm-up-tenth", {"steps": steps}),)
    else:
        steps, cautions = within_run(steps, given.steps)
    hyperparameter = Hyperparameter(steps, None, None, _MEMORY_SOURCE, "medium")
    return draft.also(reason, *cautions, hyperparameters={"warm_up_steps": hyperparameter}), str(steps)
