"""A plan: what to set before training, why, and what to mind.

Path:   presets and laws -> `Draft`, changed step by step -> `Plan` -> a screen, JSON, `rc.plan`.
Units:  as `recipe` and `run_description`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ratecraft.laws.scaling.caution import Caution
from ratecraft.recipes.recipe import Call, Confidence, Hyperparameter
from ratecraft.recipes.run_description import RunDescription
from ratecraft.schedules.analysis import Remark


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value is what it is.

    Attributes:
        code: Slug; the key `reason.<code>.text` of the catalogue.
        values: The numbers and names of its sentence.
    """

    code: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """Parameters with values of their own.

    Attributes:
        role: Which parameters these are.
        factor: Factor for the plan's rate.
        rate: The rate times that factor.
        weight_decay: Weight decay of the group; None if the optimizer has none.
        initial_sd: Multiplier of the standard deviation of their first weights; None if it stays.
        call: How their optimizer is made, its numbers filled in.
    """

    role: str
    factor: float
    rate: float
    weight_decay: float | None
    initial_sd: float | None
    call: Call


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan on its way.

    Attributes:
        hyperparameters: Hyperparameters by name.
        reasons: The reasons so far.
        cautions: The cautions so far.
        batch_factor: What the batch has multiplied the rate by.
    """

    hyperparameters: Mapping[str, Hyperparameter]
    reasons: tuple[Reason, ...] = ()
    cautions: tuple[Caution, ...] = ()
    batch_factor: float = 1.0

    def value(self, name: str) -> float | None:
        """The value of a hyperparameter; None where there is none of that name."""
        return self.hyperparameters[name].value if name in self.hyperparameters else None

    def also(self, *said: Reason | Caution, hyperparameters: Mapping[str, Hyperparameter] | None = None) -> "Draft":
        """This draft with changed hyperparameters and more notes."""
        return replace(
            self,
            hyperparameters={**self.hyperparameters, **(hyperparameters or {})},
            reasons=(*self.reasons, *(entry for entry in said if isinstance(entry, Reason))),
            cautions=(*self.cautions, *(entry for entry in said if isinstance(entry, Caution))),
        )

    def scaled(self, name: str, factor: float, of_range: float | None = None) -> Mapping[str, Hyperparameter]:
        """A hyperparameter times a factor, its range with it (or by a factor of its own); what `also` takes."""
        return {name: self.hyperparameters[name].times(factor, of_range)}


_DOUBTS = (
    *("task-without-optimizer", "rate-above", "rate-below", "outside-tried", "stands-in", "stands-in-times"),
    *("size-outside", "batch-far", "tokens-and-batch-assumed", "batch-assumed", "tokens-assumed"),
    "batch-beyond-linear",
)
"""Codes of cautions that concern the rate, the gravest first."""


def _gravity(caution: Caution) -> int:
    return _DOUBTS.index(caution.code)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to set before training.

    Attributes:
        given: What was told.
        optimizer: Key of its recipe.
        name: What people call it.
        task: Key of the task; None if none was told.
        settings: Hyperparameters by name, the rate first.
        schedule: Key of its recipe; None for an expression of the user's own.
        expression: The rate over the run, for `preview`, `tune` and `parse`.
        call: How the optimizer is made, its numbers filled in; of the first group where there are several.
        groups: Parameters with values of their own, the one that the rate is of first; empty where all are alike.
        matters: Names of the hyperparameters to tune, in this order.
        reasons: Why.
        cautions: What to mind.
        remarks: What looks like a mistake in a schedule of the user's own.
        origin: The presets file of the user's own that was read; empty if none was.
    """

    given: RunDescription
    optimizer: str
    name: str
    task: str | None
    settings: Mapping[str, Hyperparameter]
    schedule: str | None
    expression: str
    call: Call
    groups: tuple[PlannedGroup, ...] = ()
    matters: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    cautions: tuple[Caution, ...] = ()
    remarks: tuple[Remark, ...] = ()
    origin: str = ""

    @property
    def confidence(self) -> Confidence:
        """How well the rate is known."""
        return self.settings["rate"].confidence

    @property
    def doubt(self) -> Caution | None:
        """What makes the rate less sure than its recipe, the gravest first; None if nothing does."""
        return min((caution for caution in self.cautions if caution.code in _DOUBTS), key=_gravity, default=None)

    @property
    def rate(self) -> float:
        """The peak rate, of the first group."""
        return self.settings["rate"].value

    @property
    def range(self) -> tuple[float, float] | None:
        """Rates that are usual; None where no range is known."""
        hyperparameter = self.settings["rate"]
        return (
            None
            if hyperparameter.low is None or hyperparameter.high is None
            else (hyperparameter.low, hyperparameter.high)
        )
