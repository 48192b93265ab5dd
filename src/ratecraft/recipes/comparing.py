"""What a plan would change in a training that was looked at, and why.

Path:   `Seen`, what was told -> a plan -> `Compared`: changes as codes with numbers, none where all is as usual.
Units:  rates as the optimizer receives them, at their peak.

At a low rate a loss goes as far as rate · steps, the time of gradient flow: so steps at two rates can be compared.
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ratecraft.recipes.observed_training import ObservedTraining, run_description_of
from ratecraft.recipes.plan import Plan
from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.recipe import Hyperparameter, Presets

_ROUNDING = 1e-6  # relative: 1 − 0.999 and bounds that a batch has scaled are not exact

_LEAST_LOSSES = 64  # an eighth of fewer has no scatter to speak of
_LOWER = 10.0  # a loss that rises calls for a tenth of the rate: the step of most schedules, and of trials by hand


@dataclass(frozen=True, slots=True)
class Change:
    """One value that the plan would have otherwise.

    Attributes:
        code: Slug; the key `change.<code>.text` of the catalogue.
        values: The numbers and names of its sentence.
    """

    code: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Compared:
    """A training as it is beside the plan for it.

    Attributes:
        seen: The training.
        plan: The plan.
        changes: What the plan would have otherwise, the rate first.
    """

    seen: ObservedTraining
    plan: Plan
    changes: tuple[Change, ...]


def compared(
    seen: ObservedTraining, told: Mapping[str, object], presets: Presets | None = None, losses: Sequence[float] = ()
) -> Compared:
    """The plan for a training that was looked at, and what it would change.

    Args:
        seen: The training as it is.
        told: Fields of `Given` that go before what was seen; None for those that are not told.
        presets: The recipes; by default ours.
        losses: Training losses of each step of a whole run of it, where one is known.

    Raises:
        InvalidInput: Same as `plan_of`.

    Example:
        >>> from ratecraft.recipes.plan import Reason
        >>> seen = ObservedTraining("adamw", {"rate": 3e-2}, None, Reason("task-none"), class_name="AdamW")
        >>> [change.code for change in compared(seen, {"batch_size": 64}).changes]
        ['rate-high']
    """
    plan = plan_of(run_description_of(seen, told), presets)
    if told.get("parameters") is None:  # what was counted, and not told, need not change anything
        plan = replace(
            plan, cautions=tuple(caution for caution in plan.cautions if caution.code != "parameters-unused")
        )
    by_rate = (*_rate(seen, plan), *_losses(seen, plan, losses))
    found = (*by_rate, *_settings(seen, plan), *_decay(seen, plan), *_groups(seen, plan))
    return Compared(seen, plan, found)


def lies_within(value: float, hyperparameter: Hyperparameter) -> bool:
    """Whether a value is in a hyperparameter's usual range, its ends included; true if no range is known.

    Example:
        >>> rate = Hyperparameter(1e-3, 1e-4, 1e-2, "", "high")
        >>> lies_within(1e-2, rate), lies_within(2e-2, rate)
        (True, False)
    """
    above = hyperparameter.high is not None and value > hyperparameter.high * (1 + _ROUNDING)
    below = hyperparameter.low is not None and value < hyperparameter.low * (1 - _ROUNDING)
    return not above and not below


def _rate(seen: ObservedTraining, plan: Plan) -> Iterator[Change]:
    own, hyperparameter = seen.values.get("rate"), plan.settings["rate"]
    if own is None or hyperparameter.low is None or hyperparameter.high is None or lies_within(own, hyperparameter):
        return
    values = {
        "optimizer": seen.class_name,
        "own": own,
        "low": hyperparameter.low,
        "high": hyperparameter.high,
        "rate": hyperparameter.value,
        "task": plan.task,
    }
    if own > hyperparameter.high:
        yield Change("rate-high-of-task" if plan.task else "rate-high", {**values, "ratio": own / hyperparameter.high})
        return
    yield Change("rate-low-of-task" if plan.task else "rate-low", {**values, "ratio": hyperparameter.low / own})
    if seen.steps:
        yield Change(
            "steps-gain-little",
            {**values, "steps": seen.steps, "worth": round(seen.steps * own / hyperparameter.value)},
        )


def _losses(seen: ObservedTraining, plan: Plan, losses: Sequence[float]) -> Iterator[Change]:
    """A whole run whose loss rose, or stood still where the rate is at the low end."""
    own, hyperparameter = seen.values.get("rate"), plan.settings["rate"]
    if own is None or len(losses) < _LEAST_LOSSES:
        return
    first, last, sd = _ends(losses)
    values = {"own": own, "task": plan.task, "steps": len(losses), "first": first, "last": last}
    if not math.isfinite(last) or last - first > 2 * sd:
        lower = (
            min(hyperparameter.value, own / _LOWER)
            if hyperparameter.low is None
            else max(hyperparameter.low, own / _LOWER)
        )
        yield Change("loss-rises", {**values, "rate": min(lower, own / 2)})
    elif abs(last - first) <= 2 * sd and own < hyperparameter.value:
        yield Change("loss-stands", {**values, "rate": hyperparameter.value})


def _ends(losses: Sequence[float]) -> tuple[float, float, float]:
    """Means of the first and the last eighth of a run, and the standard deviation of their difference."""
    share = len(losses) // 8
    ends = (losses[:share], losses[-share:])
    if not all(map(math.isfinite, (*ends[0], *ends[1]))):
        return losses[0], math.nan, 0.0
    first, last = map(statistics.fmean, ends)
    return first, last, math.sqrt(sum(map(statistics.variance, ends)) / share)


def _settings(seen: ObservedTraining, plan: Plan) -> Iterator[Change]:
    """Every other value that is out of its range."""
    for name, own in seen.values.items():
        hyperparameter = plan.settings.get(name)
        if (
            name == "rate"
            or hyperparameter is None
            or hyperparameter.low is None
            or hyperparameter.high is None
            or lies_within(own, hyperparameter)
        ):
            continue
        values = {
            "name": name,
            "own": own,
            "low": hyperparameter.low,
            "high": hyperparameter.high,
            "value": hyperparameter.value,
        }
        yield Change("setting-high" if own > hyperparameter.high else "setting-low", values)


def _decay(seen: ObservedTraining, plan: Plan) -> Iterator[Change]:
    """An adaptive optimizer divides an L2 term away again."""
    decay = seen.values.get("weight_decay")
    if decay and "weight_decay" not in plan.settings and "beta2" in plan.settings:
        yield Change("decay-coupled", {"optimizer": seen.class_name, "own": decay})


def _groups(seen: ObservedTraining, plan: Plan) -> Iterator[Change]:
    """A pretrained body and a new head at one rate."""
    if plan.task and len(plan.groups) > 1 and seen.same_rate:
        body, head = plan.groups[0], plan.groups[-1]
        if {body.role, head.role} == {"body", "head"}:
            yield Change("one-rate", {"body": body.rate, "head": head.rate, "factor": head.factor})
