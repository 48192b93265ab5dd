"""What a look at a training tells a plan: the optimizer as a recipe, what kind of training it seems to be, its values.

Path:   facts of a run -> `Seen` -> `Given`, and what `comparing` holds against the plan.
Units:  as `run_description`.

Which task it is can't be read off a script for sure: a guess is a reason with its numbers, and `--task` goes before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ratecraft.errors import InvalidInput
from ratecraft.recipes.lookup import looked_up
from ratecraft.recipes.plan import Reason
from ratecraft.recipes.recipe import OptimizerRecipe
from ratecraft.recipes.run_description import RunDescription
from ratecraft.records.outcome import Group, ModelFacts, RunFacts

_MOSTLY = 0.5  # share of the weights that were loaded from which a training counts as fine-tuning
_SOME = 0.01  # share of the weights below which a kind of layer is a detail
_DOMINANT = 0.9  # share of one kind of loaded weights that makes a training with adapters one


@dataclass(frozen=True, slots=True)
class ObservedTraining:
    """A training as it is.

    Attributes:
        optimizer: Key of the recipe of its optimizer.
        values: The training's own values by the names of hyperparameters: `rate` (the largest seen so far), `momentum`,
            `beta1`, …
        task: The task that it seems to be; None if nothing tells.
        assumed: Why that task, or why none.
        model: What it trains.
        class_name: Class name of its optimizer.
        groups: Number of parameter groups, over all optimizers.
        same_rate: All of them have one rate.
        batch_size: Samples a step; None where unknown, like all that follow.
        dataset_length: Samples of the training data.
        steps: Steps of a full run, with `steps_source`.
        steps_source: Where they are from; empty if they are unknown.
        steps_per_epoch: Optimizer steps in one pass over the data.
    """

    optimizer: str
    values: Mapping[str, float]
    task: str | None
    assumed: Reason
    model: ModelFacts = ModelFacts()
    class_name: str = ""
    groups: int = 1
    same_rate: bool = True
    batch_size: int | None = None
    dataset_length: int | None = None
    steps: int | None = None
    steps_source: str = ""
    steps_per_epoch: float | None = None

    @property
    def passes(self) -> float | None:
        """Times that the data are seen; None where that is unknown."""
        if not self.steps or not self.batch_size or not self.dataset_length:
            return None
        return self.steps * self.batch_size / self.dataset_length


def observed_training(
    facts: RunFacts, optimizers: Mapping[str, OptimizerRecipe], optimizer: str | None = None
) -> ObservedTraining:
    """What the facts of a run, or of its first steps, tell.

    Args:
        facts: With one group at least.
        optimizers: The recipes by their keys.
        optimizer: What its optimizer is to count as; by default what its class is called.

    Raises:
        InvalidInput: The facts have no group (`no-optimizer`), no recipe is called so (`no-such-optimizer`), or there
            is none for the optimizer that was seen (`no-usual-values`).

    Example:
        >>> group = Group(58, 0.1, 1.0, "SGD", {"momentum": 0.9})
        >>> model = ModelFacts("Net", 58, 0, {"convolution": 40, "norm": 4})
        >>> facts = RunFacts(groups=(group,), own_rate=0.1, model=model)
        >>> seen = observed_training(facts, {"momentum": None})
        >>> seen.optimizer, seen.values["rate"], seen.task
        ('momentum', 0.1, 'images')
    """
    if not facts.groups:
        raise InvalidInput("no-optimizer")
    leading = facts.groups[facts.leading]
    name = optimizer or _recipe_of(leading)
    try:
        looked_up("optimizer", name, optimizers)
    except InvalidInput:
        if optimizer is not None:
            raise
        raise InvalidInput("no-usual-values", optimizer=name, allowed=", ".join(optimizers)) from None
    task, assumed = _task_of(facts)
    samples = facts.samples_per_step
    return ObservedTraining(
        optimizer=name,
        values=_values_of(leading, facts),
        task=task,
        assumed=assumed,
        model=facts.model,
        class_name=leading.optimizer,
        groups=len(facts.groups),
        same_rate=all(abs(group.ratio - 1) < 1e-9 for group in facts.groups),
        batch_size=None if samples is None else max(1, round(samples)),
        dataset_length=facts.dataset_length,
        steps_per_epoch=facts.steps_per_epoch,
        steps=facts.horizon,
        steps_source=facts.horizon_source,
    )


def run_description_of(seen: ObservedTraining, told: Mapping[str, object]) -> RunDescription:
    """The description of the run: what was observed, overridden by what the user stated.

    Args:
        seen: The training as it is.
        told: Fields of `Given`; those that are None are not told.

    Raises:
        InvalidInput: Same as `Given`.
    """
    passes = seen.passes if told.get("batch_size") is None and told.get("steps") is None else None
    known = {
        "optimizer": seen.optimizer,
        "task": seen.task,
        "batch_size": seen.batch_size,
        "steps": seen.steps,
        "passes": passes,
        "steps_per_epoch": _epoch(seen, told.get("batch_size")),
        "parameters": seen.model.parameters or None,
    }
    names = {field.name for field in fields(RunDescription)}
    known |= {name: value for name, value in told.items() if value is not None and name in names}
    return RunDescription(**known)  # pyright: ignore[reportArgumentType]


def _epoch(seen: ObservedTraining, batch_size: object) -> float | None:
    """Steps of one pass over the data: as seen, or with another batch size."""
    if not isinstance(batch_size, int | float):
        return seen.steps_per_epoch
    return seen.dataset_length / batch_size if seen.dataset_length and batch_size > 0 else None


def _recipe_of(group: Group) -> str:
    """SGD has a name of its own by its momentum; every other optimizer is called by its class."""
    if group.optimizer != "SGD":
        return group.optimizer
    if not group.settings.get("momentum"):
        return "sgd"
    return "nesterov" if group.settings.get("nesterov") else "momentum"


def _values_of(leading: Group, facts: RunFacts) -> dict[str, float]:
    settings = dict(leading.settings)
    peak, _ = settings.pop("peak", 0.0), settings.pop("nesterov", None)
    rate = max(facts.own_rate or 0.0, leading.base_rate, peak)
    return {"rate": rate, **settings} if rate > 0 else settings


def _task_of(facts: RunFacts) -> tuple[str | None, Reason]:
    """What kind of training it seems to be, and why."""
    model = facts.model
    if not model.parameters:
        return None, Reason("task-unseen")
    said = {"model": model.name}
    trained = sum(group.parameters for group in facts.groups)
    if model.kinds.get("adapter") and trained <= (1 - _DOMINANT) * model.parameters:
        return "lora", Reason("task-adapters", {**said, "share": trained / model.parameters, "task": "lora"})
    share = (model.loaded or 0) / model.parameters
    if share >= _MOSTLY:
        task = _fine_tuning(model)
        values = {**said, "share": share, "task": task}
        return task, Reason("task-loaded" if task else "task-loaded-unknown", values)
    task, kind = _from_scratch(model)
    if task is None:
        return None, Reason("task-none", said)
    values = {**said, "share": _share(model, kind), "kind": kind, "task": task}
    return task, Reason("task-kind-unseen" if model.loaded is None else "task-kind", values)


def _fine_tuning(model: ModelFacts) -> str | None:
    if _share(model, "attention") >= _SOME and _share(model, "embedding") >= _SOME:
        return "fine-tuning-transformer"
    if _share(model, "convolution") > 0:  # a vision transformer has a small one that cuts its patches
        return "fine-tuning-vision"
    return "fine-tuning-language" if _share(model, "embedding") >= _SOME else None


def _from_scratch(model: ModelFacts) -> tuple[str | None, str]:
    if _share(model, "sparse-embedding") >= _SOME:
        return "sparse-embeddings", "sparse-embedding"
    if _share(model, "recurrent") >= _SOME:
        return "recurrent", "recurrent"
    if _share(model, "attention") >= _SOME and _share(model, "embedding") > 0:
        return "pre-training", "attention"
    if _share(model, "convolution") >= _SOME:
        return "images" if model.kinds.get("norm") else "plain-images", "convolution"
    return None, ""


def _share(model: ModelFacts, kind: str) -> float:
    return model.kinds.get(kind, 0) / model.parameters if model.parameters else 0.0
