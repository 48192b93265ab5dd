"""Findings about a run, as codes and numbers without words.

Path:   a rule of this room -> `Finding`, `Undecided` -> `Diagnosis` -> the words of the catalogue.
Source: the codes follow the catalogue of findings (docs/reference/findings.md), which the rules cite by its numbers.
Units:  steps are those of the run that was read; rates are absolute; a confidence is a share of 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "info"]
"""The run is lost; it loses quality or time; a fact that is worth knowing."""

Status: TypeAlias = Literal["observed", "seen", "proven", "refuted"]
"""Read off what was logged; seen in some steps of branches from the run's own state; proven by those of a quarter of
the run, judged by its validation; or shown not to be so."""

News: TypeAlias = Literal["changed", "withdrawn"]
"""News about a followed run: a finding reported before that has changed, or that no longer applies."""

Evidence: TypeAlias = Mapping[str, float | str]
"""Named numbers that a sentence is filled with."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do.

    Attributes:
        code: Slug; the key `advice.<code>.text` of the catalogue.
        values: The numbers of its sentence, ready to be set.
    """

    code: str
    values: Evidence = field(default_factory=dict[str, float | str])


@dataclass(frozen=True, slots=True)
class Shown:
    """What a short branch showed about a finding, compared with the unmodified run.

    Attributes:
        arm: What was changed: `lower`, `clipped`… (`records.proof`).
        start: Step at which the branches left the run.
        steps: Steps of each.
        loss: Mean loss of the branch at its end; None if it blew up.
        as_it_is: The same for the unmodified run.
        gain: Log ratio of the losses, repeat by repeat; > 0 if the change is for the better. Infinite if one of
            the two blew up.
        low: Lower end of the gain's 95 % interval.
        high: Upper end of it.
        repeats: How many times both were run.
        metric: Name of the validation loss; empty for the training loss.
    """

    arm: str
    start: int
    steps: int
    loss: float | None
    as_it_is: float | None
    gain: float
    low: float
    high: float
    repeats: int
    metric: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Attributes:
        code: Slug; the keys `finding.<code>.title` and `finding.<code>.text` of the catalogue.
        severity: How bad it is.
        confidence: How certain it is: ≥ 0.9 high, ≥ 0.7 medium, else low. Below 0.5 it is not reported.
        steps: First and last step of the stretch that shows it.
        evidence: The numbers that show it.
        advice: What to do, best first.
        status: Whether it was observed, or proven or refuted by an experiment; for one that was reported before, what
            became of it.
        shown: The branch that decided it, or else the most telling one; None if there was none.
        exact: It was read or counted, not estimated from anything noisy, so no later step can withdraw it.
    """

    code: str
    severity: Severity
    confidence: float
    steps: tuple[int, int]
    evidence: Evidence
    advice: tuple[Advice, ...] = ()
    status: Status | News = "observed"
    shown: Shown | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Undecided:
    """Something that looks wrong, and what to log to decide it.

    Attributes:
        code: Slug; the key `undecided.<code>.text` of the catalogue.
        values: The numbers of its sentence.
        wanted: Names of series that would decide it, the cheapest first.
    """

    code: str
    values: Evidence
    wanted: tuple[str, ...]
