"""What is usual for an optimizer on a task, before anything is scaled.

Path:   recipes, what is given -> a draft of the plan, and the batch sizes at which its rate is usual.
"""

from dataclasses import dataclass, replace

from ratecraft.laws.caution import Caution
from ratecraft.laws.model_size import rate_of_size
from ratecraft.recipes.given import Given
from ratecraft.recipes.plan import Draft, Reason
from ratecraft.recipes.recipe import Knob, OptimizerRecipe, TaskOptimizer, TaskRecipe

__all__ = ["Basis", "basis_of"]


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a plan starts.

    Attributes:
        draft: The usual values.
        batches: Smallest and largest batch at which the rate is usual; None where it does not depend on it.
        call: Name of another class, which the task's data need; empty where the usual one does.
    """

    draft: Draft
    batches: tuple[float, float] | None
    call: str = ""


def basis_of(given: Given, optimizer: OptimizerRecipe, task: TaskRecipe | None) -> Basis:
    """The optimizer's own values, and before them the task's, the size's, and the rate that was given.

    Args:
        given: What was told.
        optimizer: Its recipe.
        task: Its recipe; None where none was told.
    """
    knobs = {**optimizer.knobs, **(task.knobs if task else {})}
    if optimizer.warm_up == "none":
        knobs.pop("warm_up", None)
    basis = Basis(Draft(knobs), optimizer.batches)
    if task is None:
        basis = replace(basis, draft=basis.draft.also(Reason("usual", {"optimizer": optimizer.name})))
    else:
        basis = _for_task(basis, optimizer, task)
    known = _known(optimizer, task)
    draft = _of_size(basis.draft, given, known)
    draft = draft.also(*_own(draft))
    if given.rate is not None:
        own = replace(draft.knobs["rate"], value=given.rate, confidence="own")
        draft = draft.also(Reason("rate-given", {"rate": given.rate}), knobs={"rate": own})
    return replace(basis, draft=draft)


def _known(optimizer: OptimizerRecipe, task: TaskRecipe | None) -> TaskOptimizer | None:
    if task is None:
        return None
    return task.optimizers.get(optimizer.key) or task.optimizers.get(optimizer.like)


def _for_task(basis: Basis, optimizer: OptimizerRecipe, task: TaskRecipe) -> Basis:
    known, said = _known(optimizer, task), {"optimizer": optimizer.name, "task": task.key}
    if known is None:
        there = ", ".join(task.optimizers)
        return replace(basis, draft=basis.draft.also(Caution("task-without-optimizer", {**said, "known": there})))
    if optimizer.key in task.optimizers:
        draft = basis.draft.also(Reason("for-task", said), knobs=known.knobs)
        return Basis(draft, known.batches or basis.batches, known.call)
    # What its kin has and it hasn't, such as a weight decay, is not for it.
    fitting = {name: knob for name, knob in known.knobs.items() if name in basis.draft.knobs}
    draft = basis.draft.also(Reason("like-another", {**said, "other": optimizer.like}), knobs=fitting)
    return Basis(draft, known.batches or basis.batches)


def _of_size(draft: Draft, given: Given, known: TaskOptimizer | None) -> Draft:
    """The rate of a model of so many parameters, its range with it."""
    if given.parameters is None:
        return draft
    if known is None or not known.sizes:
        return draft.also(Caution("parameters-unused"))
    rate, cautions = rate_of_size(known.sizes, given.parameters)
    source = draft.knobs["rate"].source
    reason = Reason("rate-of-size", {"parameters": given.parameters, "rate": rate, "source": source})
    moved = draft.scaled("rate", rate / draft.knobs["rate"].value)
    return draft.also(reason, *cautions, knobs={"rate": replace(moved["rate"], value=rate)})


def _own(draft: Draft) -> tuple[Reason, ...]:
    """Which values are from a presets file of the user's own."""
    by_source: dict[str, list[str]] = {}
    for name, knob in draft.knobs.items():
        if _is_own(knob):
            by_source.setdefault(knob.source, []).append(name)
    return tuple(
        Reason("from-own-file", {"names": ", ".join(names), "file": file}) for file, names in by_source.items()
    )


def _is_own(knob: Knob) -> bool:
    return knob.confidence == "own"
