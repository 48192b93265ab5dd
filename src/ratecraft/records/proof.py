"""Short branches from a run that show what is wrong with it: what is tried, and what came of it.

Path:   diagnosis says what could be shown -> a controller makes jobs of it -> `TriedArm` -> diagnosis judges.
Units:  steps are optimizer steps of the run; rates are absolute, of the leading group.
"""

from dataclasses import dataclass
from typing import TypeAlias

from ratecraft.records.treatment import SAME_BATCH

Place: TypeAlias = tuple[int, int, bool]
"""Where an experiment begins, its steps, and whether it is validated: two of one place are one."""

_COOLED = 0.3  # of a branch (docs/reference/findings.md, "Branches")


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to continue from a step of the run.

    Attributes:
        name: Slug: `as-it-is`, `lower`, `higher`…; the key `arm.<name>` of the catalogue.
        factor: Factor for the experiment's rate.
        treatment: What else is changed (`records.treatment`).
        warm_up: Steps over which the rate rises to its value.
        cooled: Share of its steps over which the rate falls to 0 at the end; 0 holds it.
        weight_decay: Weight decay of all groups that have some; None leaves each its own.
    """

    name: str
    factor: float = 1.0
    treatment: str = ""
    warm_up: int = 0
    cooled: float = _COOLED
    weight_decay: float | None = None

    @property
    def is_on_one_batch(self) -> bool:
        """Whether it repeats one batch: its loss is no rival of those on all of them."""
        return self.treatment == SAME_BATCH


AS_IT_IS = Arm("as-it-is")
"""The run's own rate, cooled down at the end: what every other arm is compared with."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """Arms that leave the run at one step and go the same way, on the same batches.

    Attributes:
        start: Step at which they leave it; 0 starts again.
        rate: Rate of the run there.
        arms: What is tried, the first of them the run as it is.
        steps: Steps of each arm, its cool-down included.
        validated: Whether arms are scored by the validation loss, where the run tells one.
        waits: Whether it is only tried where those before it show nothing.
    """

    start: int
    rate: float
    arms: tuple[Arm, ...]
    steps: int
    validated: bool = False
    waits: bool = False

    @property
    def place(self) -> Place:
        """What tells it from others."""
        return self.start, self.steps, self.validated

    @property
    def is_on_one_batch(self) -> bool:
        """Whether it asks if one batch can be fitted, which is only of interest where no rate moves the loss."""
        return any(arm.is_on_one_batch for arm in self.arms)


@dataclass(frozen=True, slots=True)
class TriedArm:
    """What came of one arm.

    Attributes:
        start: Start of the experiment.
        steps: Steps of the arm.
        rate: Peak rate.
        arm: What was tried.
        scores: For each repeat the loss at its end: of validation, or the mean of training over batches that are the
            same for all arms of the experiment; None if the run blew up.
        before: For each repeat the training loss where it began: of the last steps before it, or the run's first; on
            one batch, that of this batch.
        jobs: Keys of its jobs.
        metric: Name of the figure that scores it; empty for the training loss.
        validated: That of the experiment.
    """

    start: int
    steps: int
    rate: float
    arm: Arm
    scores: tuple[float | None, ...]
    before: tuple[float | None, ...]
    jobs: tuple[str, ...]
    metric: str = ""
    validated: bool = False

    @property
    def place(self) -> Place:
        """The place of its experiment."""
        return self.start, self.steps, self.validated


@dataclass(frozen=True, slots=True)
class Price:
    """What a proof is foreseen to come to in total, its baseline and scores included, in runs: at least, at most."""

    low: float
    high: float
