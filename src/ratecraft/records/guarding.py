"""What a guard of a run is asked and what it answers: the values that the training and the policy share.

Path:   the training, before an update or after a validation -> reading -> policy (`watching.guard`) -> actions -> the
        training does them, and each is a point of a series of the run.
Units:  steps of the run from 0; norms, losses and rates as they are; factors are shares of 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ratecraft.records.observed import ObservedRun
from ratecraft.records.outcome import Note

__all__ = [
    "ACTS",
    "Action",
    "Kind",
    "Policy",
    "Reading",
    "Update",
    "Validated",
    "guard_acts",
    "guard_notes",
    "series_of",
]

Kind: TypeAlias = Literal["skip", "clip", "back", "cut", "stop", "end", "copy", "keep"]
"""Leave an update out; shrink its gradients; go back to a copy; make the rate smaller; stop, since the validation has
turned; stop, since nothing helps; copy the state; keep the weights as the best so far."""

ACTS: tuple[Kind, ...] = ("skip", "clip", "back", "cut", "stop", "end")
"""Those that change a training: each is recorded."""


@dataclass(frozen=True, slots=True)
class Update:
    """An update is about to be made.

    Attributes:
        step: Which.
        loss: Of this step, before the update; None where none was heard.
        norm: Of all gradients, as the update would use them; None where there are none.
        rate: As the training itself wants it.
        clips: The training clips by itself.
        broken: A weight is no number, or as large as if; looked for only where the norm is none.
    """

    step: int
    loss: float | None = None
    norm: float | None = None
    rate: float | None = None
    clips: bool = False
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Validated:
    """The training told a validation figure; smaller is better (an accuracy comes with its sign changed)."""

    step: int
    score: float


Reading: TypeAlias = Update | Validated


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do now.

    Attributes:
        kind: What.
        value: `clip`: the norm that the gradients are given. `back`: the step of the copy. `cut`: what the training's
            own rate is multiplied with from now on. `stop`, `end`: the step of the best weights, −1 without any.
    """

    kind: Kind
    value: float = 0.0


Policy: TypeAlias = Callable[[Any, Reading], tuple[Any, tuple[Action, ...]]]
"""State and reading to the next state and what is to be done; pure. The state before the first reading is None."""


def series_of(kind: Kind) -> str:
    """The name of the series that records actions of a kind: steps, and their values.

    Example:
        >>> series_of("clip")
        'guard_clip'
    """
    return f"guard_{kind}"


def guard_acts(run: ObservedRun) -> list[dict[str, Any]]:
    """Every act that changed a run, in the order of its steps, as plain values."""
    found = [(kind, run.series[series_of(kind)]) for kind in ACTS if series_of(kind) in run.series]
    points = [
        {"step": step, "act": kind, "value": value}
        for kind, series in found
        for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True)
    ]
    return sorted(points, key=lambda each: each["step"])


def guard_notes(run: ObservedRun) -> tuple[Note, ...]:
    """What a guard did to a run, in one sentence; none where there was no guard."""
    if "guard_bytes" not in run.facts:
        return ()
    megabytes = float(run.facts["guard_bytes"]) / 1e6
    done = {kind: run.series[series_of(kind)] for kind in ACTS if series_of(kind) in run.series}
    if not done:
        return (Note("guard-idle", {"megabytes": megabytes}),)
    counts = {kind: len(done.get(kind, ())) for kind in ("skip", "clip", "back")}
    factor = float(done["cut"].values[-1]) if "cut" in done else 1.0
    return (Note("guard-acted", {**counts, "factor": factor, "megabytes": megabytes}),)
