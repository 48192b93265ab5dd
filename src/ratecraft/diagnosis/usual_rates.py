"""The usual rates of an optimizer, from the presets.

Path:   the name of a run's optimizer -> its range of rates -> the rules and their advice.
"""

from ratecraft.errors import InvalidInput
from ratecraft.recipes.lookup import looked_up
from ratecraft.recipes.presets import builtin_presets
from ratecraft.recipes.recipe import Hyperparameter

ABSURD = 3.0
"""Times the highest rate usual for the optimizer, or for any if that is not known: no rate to start from."""


def usual_hyperparameter(optimizer: str) -> Hyperparameter | None:
    """The usual rate of an optimizer and its range; None of one of the user's own, or where no name is known."""
    if not optimizer:
        return None
    try:
        return looked_up("optimizer", optimizer, builtin_presets().optimizers).hyperparameters.get("rate")
    except InvalidInput:  # one of the user's own
        return None


def highest_usual(optimizer: str) -> float:
    """The highest usual rate of an optimizer; of all optimizers, if its own range is not known.

    Example:
        >>> highest_usual("adam"), highest_usual("")
        (0.01, 1.0)
    """
    known = usual_hyperparameter(optimizer)
    hyperparameters = (
        [recipe.hyperparameters.get("rate") for recipe in builtin_presets().optimizers.values()]
        if known is None
        else [known]
    )
    return max(
        (
            hyperparameter.high
            for hyperparameter in hyperparameters
            if hyperparameter is not None and hyperparameter.high is not None
        ),
        default=1.0,
    )
