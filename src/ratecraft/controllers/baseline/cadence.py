"""When a script evaluates by itself, and so how a probe of it gets a figure.

Path:   the figures of the baseline, or of a census, each with its step -> `Cadence` -> rungs and their scores.
Units:  optimizer steps.

A script that evaluates at the end of an epoch can be made to at any step, by ending its training loader early. One that
evaluates every so many steps does so only then: it goes on, frozen, to the next of these steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ratecraft.records.outcome import Figure, RunFacts

_MOST_EPOCHS = 0.5
"""If at least this share of the figures came at the end of an epoch, the script evaluates by epochs."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """When a script evaluates.

    Attributes:
        kind: `epoch-end`: where its training loader ends, so that it can be made to evaluate at any step; `every`: at
            certain steps; `final`: once, at a certain step; `none`: never, or not seen.
        steps: The steps after which it evaluated (`every`, `final`), in order.
    """

    kind: Literal["epoch-end", "every", "final", "none"]
    steps: tuple[int, ...] = ()

    @property
    def is_led(self) -> bool:
        """Whether the script can be made to evaluate at any step."""
        return self.kind == "epoch-end"

    def next_after(self, step: int) -> int | None:
        """The first evaluation step from `step` on; None past the last.

        Example:
            >>> Cadence("every", (300, 600, 900)).next_after(301)
            600
        """
        return next((evaluation for evaluation in self.steps if evaluation >= step), None)


def cadence_of(figures: Sequence[Figure], facts: RunFacts, *, whole: bool) -> Cadence:
    """When the script evaluates.

    Args:
        figures: Figures of the compared metric, in order.
        facts: Facts of the script.
        whole: The figures are those of a whole run. A census is frozen from its first step on, and does not show the
            steps.

    Example:
        >>> told = [Figure(88 * epoch, "val_loss", 0.5, epoch_end=True) for epoch in (1, 2, 3)]
        >>> cadence_of(told, RunFacts(loader=True), whole=True).kind
        'epoch-end'
        >>> told = [Figure(step, "val_loss", 0.5, epoch_end=False) for step in (300, 600, 900)]
        >>> cadence_of(told, RunFacts(loader=True), whole=True)
        Cadence(kind='every', steps=(300, 600, 900))
    """
    if not figures:
        return Cadence("none")
    if facts.horizon_source == "framework":  # it trains, and its own stop evaluates at the step where it is
        return Cadence("epoch-end")
    seen = [figure.epoch_end for figure in figures if figure.epoch_end is not None]
    if sum(seen) >= _MOST_EPOCHS * len(figures) if seen else facts.loader:
        return Cadence("epoch-end")
    if not whole:
        return Cadence("none")
    steps = tuple(sorted({figure.step for figure in figures}))
    return Cadence("every" if len(steps) > 1 else "final", steps)
