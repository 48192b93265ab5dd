"""Short branches from a run that show what is wrong with it: what is tried, and what came of it.

Path:   diagnosis says what could be shown -> a controller makes jobs of it -> `TriedArm` -> diagnosis judges.
Units:  steps are optimizer steps of the run; rates are absolute, of the leading group.
"""

from dataclasses import dataclass

__all__ = ["AS_IT_IS", "Arm", "Experiment", "TriedArm"]


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to go on from a step of the run.

    Attributes:
        name: Slug: `as-it-is`, `lower`, `higher`…; the key `arm.<name>` of the catalogue.
        factor: Of the experiment's rate.
        treatment: What else is changed (`records.treatment`).
        warm_up: Steps over which the rate rises to its value.
        cools: Whether the rate falls to 0 at the end.
    """

    name: str
    factor: float = 1.0
    treatment: str = ""
    warm_up: int = 0
    cools: bool = True


AS_IT_IS = Arm("as-it-is")
"""The run's own rate, cooled down at the end: what every other arm is compared with."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """Arms that leave the run at one step and go the same way, on the same batches.

    Attributes:
        start: Step at which they leave it; 0 begins anew.
        rate: Of the run there.
        arms: What is tried, the first of them the run as it is.
        steps: Of each arm, its cool-down included.
    """

    start: int
    rate: float
    arms: tuple[Arm, ...]
    steps: int


@dataclass(frozen=True, slots=True)
class TriedArm:
    """What came of one arm.

    Attributes:
        start: Of the experiment.
        steps: Of the arm.
        rate: Its peak.
        arm: What was tried.
        scores: For each repeat the mean training loss at its end, over batches that are the same for all arms of the
            experiment; None where the run blew up.
        before: For each repeat the training loss where it began: of the last steps before it, or the run's first.
        jobs: Keys of its jobs.
    """

    start: int
    steps: int
    rate: float
    arm: Arm
    scores: tuple[float | None, ...]
    before: tuple[float | None, ...]
    jobs: tuple[str, ...]
