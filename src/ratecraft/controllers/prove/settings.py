"""What the user decides about a proof by experiment, and its constants.

Path:   command line, `prove()` -> these settings -> `prove`, its estimate.
Units:  steps are optimizer steps; `budget` is in full runs, the baseline not counted.
"""

from dataclasses import dataclass
from typing import Literal

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.settings.option import SEED, STEPS, asked
from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import Metric
from ratecraft.records.proof import Experiment

BUDGET = 5.0
"""Full runs: for a short run all that is ever asked for, which is rarely needed; for a long one half of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveSettings:
    """The settings of one proof; recorded at its start and fixed from then on.

    Attributes:
        experiments: The experiments, if an earlier run tells them; None runs the baseline first.
        steps: Steps of a full run; a baseline shows them itself.
        budget: Full runs that the branches may cost together.
        seed: Seed of every job.
        branching: How a branch is reached (`TunerSettings.branching`).
        metric: The validation loss of an earlier run; None if the baseline shows it. Without one, arms are compared by
            their training loss.
        cadence: When that earlier run validates.
        groups: Always empty, since no group has its own rate here; as `head`, present because all settings have it.
        head: Always empty.

    Raises:
        InvalidInput: A budget that is not above 0 (`argument-number`), or steps that are not.
    """

    experiments: tuple[Experiment, ...] | None = None
    steps: int | None = asked(STEPS)
    budget: float = BUDGET
    seed: int = asked(SEED)
    branching: Literal["replay", "fork"] = "replay"
    metric: Metric | None = None
    cadence: Cadence = Cadence("epoch-end")
    groups: Literal[""] = ""
    head: str = ""

    repeats: int = 3  # two are the fewest with a spread, but their interval is useless: t = 12.7
    most_repeats: int = 5  # where three leave it unclear
    least_steps: int = 64  # of a run: 32 of a branch, whose repeats begin up to 16 later, and 16 batches to score it
    shift: float = 1 / 8  # of an arm's steps, from one branching point to the next: other batches, another state
    least_cool_down: int = 8
    frozen: float = 1 / 2  # of an arm's steps: batches that score it
    least_frozen: int = 16
    most_frozen: int = 200  # frozen steps to wait for a validation (`TunerSettings.most_frozen`)

    def __post_init__(self) -> None:
        if not self.budget > 0:
            raise InvalidInput("argument-number", name="budget", given=str(self.budget))
        if self.steps is not None and self.steps <= 0:
            raise InvalidInput("steps-not-positive", steps=self.steps)

    @property
    def baseline(self) -> bool:
        """Whether the baseline is run first."""
        return self.experiments is None

    def cool_steps(self, steps: int, share: float) -> int:
        """The steps of an arm's cool-down, linear to 0.

        Example:
            >>> [ProveSettings().cool_steps(50, share) for share in (0.3, 0.1, 0.0)]
            [15, 8, 0]
        """
        return max(self.least_cool_down, round(steps * share)) if share else 0

    def frozen_steps(self, steps: int) -> int:
        """The number of batches that score an arm."""
        return max(self.least_frozen, round(steps * self.frozen))
