"""The values that a trial is drawn with, if no model chooses them.

Path:   what a search fixed, number of a draw -> values.
"""

from ratecraft.controllers.search.space import Values
from ratecraft.controllers.search.trial_jobs import Frame


def drawn(frame: Frame, number: int) -> Values:
    """The values of a draw: a pure function of the space, the seed and its number.

    Args:
        frame: What was fixed before the first trial.
        number: Number of the draw, from 0.
    """
    together = 1 << number.bit_length()  # few sizes, so that each set is drawn only once
    return frame.space.values(
        frame.settings.rule.points(together, len(frame.space.parameters), frame.settings.seed)[number]
    )
