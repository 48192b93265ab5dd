"""The schedules of a finished study for a training that a framework runs.

Path:   a study, by name or as its verb gave it -> `Lead` -> whatever the framework steps by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from ratecraft.api.load import load
from ratecraft.api.results.attaching import schedules_of
from ratecraft.api.results.study_result import StudyResult
from ratecraft.errors import InvalidInput
from ratecraft.records.answer import Answer
from ratecraft.schedules.horizon import own_length
from ratecraft.schedules.stretching import stretched
from ratecraft.schedules.trees.nodes import Schedule

Studied: TypeAlias = str | Path | StudyResult
"""A finished study: its name, its folder, or what its verb returned."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The schedules that lead a training, and where they come from.

    Attributes:
        study: Name of the study that it is from.
        answer: Its answer.
        schedules: Absolute values over the steps of the training that is led; empty if the study says to keep the
            training as it is.
    """

    study: str
    answer: Answer
    schedules: Mapping[str, Schedule]


def lead_of(study: Studied, steps: int | None = None, *, stretch: bool = False) -> Lead:
    """The schedules of a study for a training of `steps` steps.

    Args:
        study: A finished study.
        steps: Steps of the training; None if they are not known.
        stretch: Where the training is longer or shorter than those of the study, stretch the schedules to it.

    Raises:
        StudyError: No study matches, or it has not finished.
        NoAnswer: It has no schedule (`no-schedule`).
        InvalidInput: The training has another length, and nothing was said of stretching (`lead-length`).
    """
    result = study if isinstance(study, StudyResult) else load(study)
    answer, name = result.answer, result.summary.study
    schedules = schedules_of(answer)
    if answer.verdict == "no-gain":
        return Lead(name, answer, {})
    length = _length_of(answer, schedules)
    if steps is None or steps == length:
        return Lead(name, answer, schedules)
    if not stretch:
        raise InvalidInput("lead-length", study=name, length=length, steps=steps)
    factor = Fraction(steps, length)
    return Lead(name, answer, {name: stretched(schedule, factor) for name, schedule in schedules.items()})


def _length_of(answer: Answer, schedules: Mapping[str, Schedule]) -> int:
    """Steps of the run that the schedules are for; one that was ended early may have become shorter."""
    try:
        return own_length(*schedules.values())
    except InvalidInput:  # they hold a value for ever
        return answer.horizon
