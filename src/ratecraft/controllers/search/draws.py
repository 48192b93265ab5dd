"""Which values a trial is drawn with, where no model chooses them.

Path:   frame of a search, number of a draw -> values.
"""

from ratecraft.controllers.search.space import Values
from ratecraft.controllers.search.trial_jobs import Frame

__all__ = ["drawn"]


def drawn(frame: Frame, number: int) -> Values:
    """The values of a draw: a pure function of the space, the seed and its number.

    Args:
        frame: The frame of the search.
        number: Number of the draw, from 0.
    """
    together = 1 << number.bit_length()  # few sizes, so that each is drawn once
    return frame.space.values(
        frame.settings.rule.points(together, len(frame.space.parameters), frame.settings.seed)[number]
    )
