"""The usual rate under a shape that ends high: a rate that never falls must be lower than one that ends at 0.

Path:   a draft, the schedule that was asked for -> the same with the rate moved, and why.
Units:  rates are peak rates.
Source: the law's. On DeepOBS, whose runs keep their rate, it is what makes a plan better than a default
        (`benchmarks/README.md`, "Plans"). Of shapes that end low it says less than was published for each.
"""

from ratecraft.recipes.lookup import looked_up
from ratecraft.recipes.plan import Draft, Reason
from ratecraft.recipes.recipe import OptimizerRecipe, Presets, TaskRecipe, lowered
from ratecraft.recipes.run_description import RunDescription
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.language.text import parse_set

USUAL_SCHEDULE = "wsd"
"""The best of those measured where nothing is known of the task."""
_STEPS = 1000  # enough to tell shapes apart
_MOST = 1.5  # octaves
_HIGH = 0.3  # of the peak: what ends above it does not fall


def is_schedule_name(text: str) -> bool:
    """Whether a schedule is asked for by name; else it is an expression.

    Example:
        >>> is_schedule_name("one-cycle"), is_schedule_name("cosine()")
        (True, False)
    """
    return text.replace("-", "").replace("_", "").strip().isalnum()


def usual_schedule(optimizer: OptimizerRecipe, task: TaskRecipe | None) -> str:
    """The key of the schedule that a rate is usual with."""
    return optimizer.schedule or (task.schedule if task else USUAL_SCHEDULE)


def shape_moved(
    draft: Draft, given: RunDescription, optimizer: OptimizerRecipe, task: TaskRecipe | None, presets: Presets
) -> Draft:
    """The draft under the schedule that was asked for.

    As it is where none was, where that one falls, where the rate is the user's own, and for optimizers that need a
    schedule of their own.

    Raises:
        InvalidInput: No such schedule, or an expression that is none.
    """
    if given.schedule is None or given.rate is not None or optimizer.schedule is not None:
        return draft
    usual = presets.schedules[usual_schedule(optimizer, task)].shape
    by_name = is_schedule_name(given.schedule)
    asked = looked_up("schedule", given.schedule, presets.schedules).shape if by_name else given.schedule
    octaves = _shift(asked, usual)
    if octaves == 0:
        return draft
    factor = 2 ** max(-_MOST, min(octaves, 0.0))
    reason = Reason("shape", {"asked": given.schedule, "usual": usual_schedule(optimizer, task), "factor": factor})
    return draft.also(reason, hyperparameters={"rate": lowered(draft.hyperparameters["rate"].times(factor))})


def _shift(asked: str, usual: str) -> float:
    """Octaves between the best peaks of two shapes; 0 if both fall, or one has lengths that only a run knows."""
    if any(unit in text for unit in ("epochs(", "samples(", "tokens(", "steps(") for text in (asked, usual)):
        return 0.0
    from ratecraft.laws.responses.convex_bound import peak_shift  # NumPy is loaded only where a shape is asked for

    rates = [parse_set(text).rate for text in (asked, usual)]
    first, second = (bind(rate, _STEPS).curve(_STEPS) for rate in rates)
    return peak_shift(first, second) if first[-1] > _HIGH * first.max() > 0 and second[-1] <= _HIGH else 0.0
