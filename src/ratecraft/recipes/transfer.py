"""The usual values, carried over to the batch and the length of the run at hand.

Path:   a draft -> the same with rate, β, ε and weight decay moved by the laws, and why.
Units:  as `run_description`.
Source: the laws'; the slope over the length of a run: measured for the tuner (docs/reference/tuner.md, "Horizon"), −0.1
        octaves an octave where data are seen once, −0.2 otherwise.
"""

import math
from dataclasses import dataclass, replace

from ratecraft.laws.scaling.batch import (
    FARTHEST,
    LARGE_BATCH,
    AdamSettings,
    BatchRule,
    adam_at_batch,
    batch_cautions,
    batch_factor,
)
from ratecraft.laws.scaling.caution import Caution
from ratecraft.laws.scaling.horizon import moved
from ratecraft.laws.scaling.noise_scale import rate_ratio, surge_ratio, tradeoff, useful_batch
from ratecraft.laws.scaling.weight_decay import decay_of_time_scale, moved_decay, time_scale
from ratecraft.recipes.plan import Draft, Reason
from ratecraft.recipes.recipe import Confidence, Hyperparameter, OptimizerRecipe, lowered
from ratecraft.recipes.run_description import RunDescription
from ratecraft.recipes.starting_values import StartingValues

_SLOPE_ONCE, _SLOPE_OFTEN = -0.1, -0.2
_SMALL = 0.1 + 1e-9  # 1 − β up to which the rule for β is taken at its word
_SDE_SOURCE = "Malladi et al. 2022, arXiv 2205.10287"
_IDLE = 3.0  # runs: a decay this slow takes away less than a third
_EXPONENTS: dict[BatchRule, float] = {"linear": 1.0, "square-root": 0.5}
_FAR = 4.0  # ratio of batches beyond which a rate is known less well


def carried_over(basis: StartingValues, given: RunDescription, optimizer: OptimizerRecipe) -> Draft:
    """The draft at the batch size and the steps that were given."""
    return _at_steps(_at_batch(basis, given, optimizer), given)


def _at_batch(basis: StartingValues, given: RunDescription, optimizer: OptimizerRecipe) -> Draft:
    draft, batch = basis.draft, given.batch_size
    if batch is None:
        return draft
    if given.processes is not None:
        one = batch / given.processes
        draft = draft.also(Reason("processes", {"processes": given.processes, "one": one, "batch": batch}))
    if optimizer.rule is None or (basis.batches is None and given.base_batch_size is None):
        known = optimizer.rule is not None
        return draft if known else draft.also(Reason("batch-no-rule", {"optimizer": optimizer.name}))
    usual = batch if basis.batches is None else min(max(batch, basis.batches[0]), basis.batches[1])
    base = given.base_batch_size or usual
    move = _batch_move(base, batch, given, optimizer.rule, basis.linear)
    said = move.said
    if base == batch and basis.batches is not None and given.base_batch_size is None:
        low, high = basis.batches
        said = (Reason("batch-usual", {"low": low, "high": high}), *said[1:])
    hyperparameter = draft.hyperparameters["rate"]
    if given.rate is None:
        published = optimizer.rule == "linear" and max(base, batch) <= basis.linear
        rate = lowered(move.moved(hyperparameter), 0 if published else _degrees(base, batch))
    else:  # the usual range stays that of the usual batches
        of_range = batch_factor(usual, batch, optimizer.rule)
        rate = hyperparameter.times(move.factor, of_range)
    draft = replace(draft.also(*said, hyperparameters={"rate": rate}), batch_factor=move.factor)
    if given.base_batch_size is None or base == batch:
        return draft
    return _with_companions(draft, batch / base, move.factor, optimizer)


def _with_companions(draft: Draft, ratio: float, factor: float, optimizer: OptimizerRecipe) -> Draft:
    """β, ε and decoupled weight decay of a setting that is known to work, moved with its batch.

    The decay of SGD stays: under the linear rule rate · decay grows with the batch by itself.
    """
    draft = _with_adam(draft, ratio, optimizer)
    decay = draft.value("weight_decay")
    if not decay or optimizer.coupling != "decoupled":
        return draft
    after = moved_decay(decay, rate_ratio=factor, batch_ratio=ratio)
    if math.isclose(after, decay):
        return draft
    reason = Reason("decay-moved", {"before": decay, "after": after})
    return draft.also(reason, hyperparameters=draft.scaled("weight_decay", after / decay))


def _with_adam(draft: Draft, ratio: float, optimizer: OptimizerRecipe) -> Draft:
    memory = "beta2" if "beta2" in draft.hyperparameters else "rho"
    if optimizer.rule != "square-root" or not {memory, "epsilon"} <= draft.hyperparameters.keys():
        return draft
    first = draft.value("beta1")
    before = AdamSettings(
        rate=draft.hyperparameters["rate"].value,
        beta1=0.0 if first is None else first,
        beta2=draft.hyperparameters[memory].value,
        epsilon=draft.hyperparameters["epsilon"].value,
    )
    after, cautions = adam_at_batch(before, ratio)
    values = {memory: after.beta2, "epsilon": after.epsilon}
    if first is not None:
        values = {"beta1": after.beta1, **values}
    held = [caution for caution in cautions if first is not None or caution.values["name"] != "beta1"]
    reason = Reason("adam-sde", {"ratio": ratio, "names": ", ".join(values)})
    return draft.also(
        reason,
        *held,
        hyperparameters={name: _set(draft.hyperparameters[name], name, value) for name, value in values.items()},
    )


def _set(hyperparameter: Hyperparameter, name: str, value: float) -> Hyperparameter:
    """The hyperparameter at another value: its range is that of the usual one and says nothing about it.

    The rule is derived for 1 − β far below 1: beyond a tenth a β is hardly known.
    """
    most: Confidence = "low" if name != "epsilon" and 1 - value > _SMALL else "medium"
    return lowered(replace(hyperparameter, value=value, low=None, high=None, source=_SDE_SOURCE), 0, most)


def _at_steps(draft: Draft, given: RunDescription) -> Draft:
    once = given.passes is not None and given.passes <= 1
    if given.steps is None or given.base_steps is None:
        if given.passes is None:
            return draft
        return draft.also(Reason("seen-once") if once else Reason("seen-often", {"passes": given.passes}))
    slope = _SLOPE_ONCE if once else _SLOPE_OFTEN
    factor = 2 ** moved(0.0, slope, given.base_steps, given.steps)
    values = {"base": given.base_steps, "steps": given.steps, "factor": factor, "slope": slope}
    reason = Reason("steps-once", values) if once else Reason("steps-often", values)
    return draft.also(reason, hyperparameters=draft.scaled("rate", factor, of_range=1.0))


def checked(draft: Draft, given: RunDescription, optimizer: OptimizerRecipe) -> Draft:
    """The draft, and what looks wrong in it: a rate out of the usual range, a decay that does nothing."""
    hyperparameter = draft.hyperparameters["rate"]
    said: list[Caution] = []
    if hyperparameter.high is not None and hyperparameter.value > hyperparameter.high * (1 + 1e-9):
        said.append(
            Caution(
                "rate-above",
                {
                    "rate": hyperparameter.value,
                    "high": hyperparameter.high,
                    "ratio": hyperparameter.value / hyperparameter.high,
                },
            )
        )
    if hyperparameter.low is not None and hyperparameter.value < hyperparameter.low * (1 - 1e-9):
        said.append(
            Caution(
                "rate-below",
                {
                    "rate": hyperparameter.value,
                    "low": hyperparameter.low,
                    "ratio": hyperparameter.low / hyperparameter.value,
                },
            )
        )
    return draft.also(*said, *_idle_decay(draft, given, optimizer))


def _idle_decay(draft: Draft, given: RunDescription, optimizer: OptimizerRecipe) -> tuple[Caution, ...]:
    """Whether the run is too short for the weight decay to act; and what would, where that is a usual value."""
    rate, decay = draft.hyperparameters["rate"].value, draft.value("weight_decay")
    if not decay or given.steps is None or optimizer.coupling != "decoupled":
        return ()
    scale = time_scale(rate, decay)
    if scale <= _IDLE * given.steps:
        return ()
    wanted, most = decay_of_time_scale(rate, given.steps), draft.hyperparameters["weight_decay"].high
    values = {"decay": decay, "scale": scale, "steps": given.steps}
    if most is not None and wanted <= most:
        return (Caution("decay-slow", {**values, "wanted": wanted}),)
    return (Caution("decay-idle", values),)


@dataclass(frozen=True, slots=True)
class _BatchMove:
    """What the batch does.

    Attributes:
        factor: Factor for the rate.
        low: Value at the low end of its range.
        high: Value at the high end.
        said: Why, and what to mind.
    """

    factor: float
    low: float
    high: float
    said: tuple[Reason | Caution, ...]

    def moved(self, hyperparameter: Hyperparameter) -> Hyperparameter:
        """The rate at the other batch."""
        low = None if hyperparameter.low is None else hyperparameter.low * self.low
        high = None if hyperparameter.high is None else hyperparameter.high * self.high
        return replace(hyperparameter, value=hyperparameter.value * self.factor, low=low, high=high)


def _degrees(base: float, batch: float) -> int:
    """By how many degrees a rate is known less well at a batch that is so far from where it is usual.

    Example:
        >>> _degrees(256, 1024), _degrees(256, 2048), _degrees(256, 65536)
        (0, 1, 2)
    """
    far = max(batch / base, base / batch)
    return (far > _FAR) + (far > FARTHEST)


def _batch_move(
    base: float, batch: float, given: RunDescription, rule: BatchRule, published: float = 0.0
) -> _BatchMove:
    """The move from one batch to another.

    Args:
        base: Where the rate is known.
        batch: Batch of the run.
        given: A noise scale goes before any rule; data that are seen often want the square root.
        rule: Rule of the optimizer.
        published: Largest batch up to which the linear rule was published for just this training; 0 for none.
    """
    values: dict[str, object] = {"base": base, "batch": batch}
    if given.noise_scale is not None:
        return _by_noise(base, batch, given.noise_scale, _EXPONENTS[rule])
    if rule == "square-root":
        factor = batch_factor(base, batch, rule)
        reason = Reason("batch-square-root", {**values, "factor": factor})
        return _BatchMove(factor, factor, factor, (reason, *batch_cautions(base, batch, rule)))
    careful, root = batch_factor(base, batch, rule), batch_factor(base, batch, "square-root")
    if given.passes is not None and given.passes > 1 and not published:
        reason = Reason("batch-seen-often", {**values, "factor": root})
        return _BatchMove(root, root, root, (reason, *batch_cautions(base, batch, "square-root")))
    limit = published or LARGE_BATCH
    factor = batch_factor(base, batch, rule, limit)
    reason = Reason("batch-linear", {**values, "factor": factor, "limit": limit})
    ends = sorted((careful, factor, batch / base))
    return _BatchMove(factor, ends[0], ends[-1], (reason, *batch_cautions(base, batch, rule)))


def _by_noise(base: float, batch: float, noise: float, exponent: float) -> _BatchMove:
    values: dict[str, object] = {"base": base, "batch": batch}
    factor = rate_ratio(base, batch, noise, exponent)
    cost = tradeoff(batch, noise)
    said: list[Reason | Caution] = [
        Reason("batch-noise", {**values, "factor": factor, "noise": noise, "exponent": exponent}),
        Reason("batch-cost", {"batch": batch, "steps": cost.steps, "samples": cost.samples}),
        Reason("batch-useful", {"useful": useful_batch(noise)}),
    ]
    if exponent < 1 and batch > noise:
        surge = {"batch": batch, "noise": noise, "factor": surge_ratio(base, batch, noise)}
        said.append(Caution("past-noise-scale", surge))
    return _BatchMove(factor, factor, factor, tuple(said))
