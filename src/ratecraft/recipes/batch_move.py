"""What the batch of the run does to a usual rate, to the ends of its range, and to how well it is known.

Path:   two batch sizes, what is given -> `BatchMove`; called by `transfer`.
Units:  as `run_description`; factors multiply rates.
Source: the laws'.
"""

from dataclasses import dataclass, replace

from ratecraft.laws.scaling.batch import FARTHEST, LARGE_BATCH, BatchRule, batch_cautions, batch_factor
from ratecraft.laws.scaling.caution import Caution
from ratecraft.laws.scaling.noise_scale import rate_ratio, surge_ratio, tradeoff, useful_batch
from ratecraft.recipes.plan import Reason
from ratecraft.recipes.recipe import Hyperparameter
from ratecraft.recipes.run_description import RunDescription

_EXPONENTS: dict[BatchRule, float] = {"linear": 1.0, "square-root": 0.5}
_FAR = 4.0  # ratio of batches beyond which a rate is known less well


@dataclass(frozen=True, slots=True)
class BatchMove:
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


def degrees(base: float, batch: float) -> int:
    """By how many degrees a rate is known less well at a batch that is so far from where it is usual.

    Example:
        >>> degrees(256, 1024), degrees(256, 2048), degrees(256, 65536)
        (0, 1, 2)
    """
    far = max(batch / base, base / batch)
    return (far > _FAR) + (far > FARTHEST)


def batch_move(base: float, batch: float, given: RunDescription, rule: BatchRule, published: float = 0.0) -> BatchMove:
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
        return BatchMove(factor, factor, factor, (reason, *batch_cautions(base, batch, rule)))
    careful, root = batch_factor(base, batch, rule), batch_factor(base, batch, "square-root")
    if given.passes is not None and given.passes > 1 and not published:
        reason = Reason("batch-seen-often", {**values, "factor": root})
        return BatchMove(root, root, root, (reason, *batch_cautions(base, batch, "square-root")))
    limit = published or LARGE_BATCH
    factor = batch_factor(base, batch, rule, limit)
    reason = Reason("batch-linear", {**values, "factor": factor, "limit": limit})
    ends = sorted((careful, factor, batch / base))
    return BatchMove(factor, ends[0], ends[-1], (reason, *batch_cautions(base, batch, rule)))


def _by_noise(base: float, batch: float, noise: float, exponent: float) -> BatchMove:
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
    return BatchMove(factor, factor, factor, tuple(said))
