"""What is usual for an optimizer on a task, before anything is scaled.

Path:   recipes, what is given -> a draft of the plan, and the batch sizes at which its rate is usual.
"""

from dataclasses import dataclass, replace

from ratecraft.laws.caution import Caution
from ratecraft.laws.model_size import rate_of_size, rate_of_small_model
from ratecraft.recipes.given import Given
from ratecraft.recipes.plan import Draft, Reason
from ratecraft.recipes.recipe import Knob, OptimizerRecipe, TaskOptimizer, TaskRecipe

__all__ = ["Basis", "basis_of"]

_SMALL_SOURCE = "Kaplan et al. 2020, arXiv 2001.08361"


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
    basis = _of_size(basis, given, optimizer, _known(optimizer, task))
    draft = basis.draft.also(*_own(basis.draft))
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


def _of_size(basis: Basis, given: Given, optimizer: OptimizerRecipe, known: TaskOptimizer | None) -> Basis:
    """The rate of a model of so many parameters, its range with it."""
    draft, size = basis.draft, given.parameters
    if size is None:
        return basis
    if known is None or not known.sizes:
        return replace(basis, draft=draft.also(Caution("parameters-unused")))
    if size < known.small:
        rate = rate_of_small_model(size)
        knob = replace(optimizer.knobs["rate"], value=rate, source=_SMALL_SOURCE, confidence="low")
        reason = Reason("rate-of-small", {"parameters": size, "rate": rate, "least": known.sizes[0][0]})
        return replace(basis, draft=draft.also(reason, knobs={"rate": knob}), batches=optimizer.batches)
    rate, cautions = rate_of_size(known.sizes, size)
    reason = Reason("rate-of-size", {"parameters": size, "rate": rate, "source": draft.knobs["rate"].source})
    moved = draft.scaled("rate", rate / draft.knobs["rate"].value)
    knobs = {"rate": replace(moved["rate"], value=rate)}
    return replace(basis, draft=draft.also(reason, *cautions, knobs=knobs))


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
