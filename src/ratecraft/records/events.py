"""The events of a study, in order and append-only: all state is a fold over them.

Path:   the driver appends them -> the record keeps them -> controllers and reports fold them.
"""

from dataclasses import dataclass
from typing import TypeAlias

from ratecraft.records.answer import Foreseen
from ratecraft.records.job import Job, Phase
from ratecraft.records.outcome import Outcome
from ratecraft.records.proof import Price
from ratecraft.records.trials import Trial


@dataclass(frozen=True, slots=True)
class Proposed:
    """A controller asked for a job. Recorded once and never recomputed; so is what it foresaw of a final run.

    `trial` is whose job it is, in a classic search. `price` is what a proof will come to, told by its first branch.
    """

    job: Job
    phase: Phase
    foreseen: Foreseen | None = None
    trial: Trial | None = None
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """An attempt at a job began. An attempt without a `Finished` was cut off; its steps count as recomputed."""

    job: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A job reached a step with a training loss (the mean of the last block) or told a figure.

    Never recorded as an event: the series hold it; asynchronous controllers and screens follow it. `step` counts from
    the run's step 0; `executed` are the steps that this attempt ran so far.
    """

    job: str
    step: int
    executed: int
    loss: float | None = None
    figure: float | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A job ended.

    Attributes:
        outcome: What came of it.
        attempt: The attempt that ended it; 0 where another job's process brought its losses along, or another study.
        reused: Name of the study that had run this job before; empty if this one did.
    """

    outcome: Outcome
    attempt: int
    reused: str = ""


Event: TypeAlias = Proposed | Started | Progress | Finished
