"""What a guard of a run is asked and what it answers: the values that the training and the policy share.

Path:   the training, before an update or after a validation -> reading -> policy (`watching.guard`) -> actions -> the
        training does them, and each is a point of a series of the run.
Units:  steps of the run from 0; norms, losses and rates as they are; factors are shares of 1.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from ratecraft.records.outcome import Note
from ratecraft.records.watching.observed import ObservedRun, ObservedSeries

Kind: TypeAlias = Literal["skip", "clip", "mend", "back", "cut", "stop", "end", "copy", "keep"]
"""Leave an update out; shrink its gradients; put the buffers back to a copy; go back to a copy; make the rate smaller;
stop, since the validation has turned; stop, since nothing helps; copy the state; keep the weights as the best."""

ACTS: tuple[Kind, ...] = ("skip", "clip", "mend", "back", "cut", "stop", "end")
"""The acts that change a training: each is recorded."""

ENDS: tuple[Kind, ...] = ("stop", "end")
"""The acts that end the training."""

HELD = "guard_held"
"""The fact that the weights were held from there on, as a script goes on and cannot be asked to stop."""

_PREFIX = "guard_"


@dataclass(frozen=True, slots=True)
class Update:
    """An update is about to be made.

    Attributes:
        step: Number of the step.
        loss: Loss of this step, before the update; None if none was heard.
        norm: Norm of all gradients, as the update would use them; None if there are none.
        rate: The rate that the training itself sets.
        clips: The training clips by itself.
        growth: The largest value of a buffer over the largest that the same one ever had before, of the one that grew
            most; infinite if one is not a number any more, None if nothing can be said.
        broken: A weight is not a number, or as large as if; looked for only where the norm is none.
    """

    step: int
    loss: float | None = None
    norm: float | None = None
    rate: float | None = None
    clips: bool = False
    growth: float | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Validated:
    """The training told a validation figure.

    Attributes:
        step: Step of the next update.
        score: Smaller is better; an accuracy comes with its sign changed.
        reacts: The training itself lowers its rate on a plateau.
    """

    step: int
    score: float
    reacts: bool = False


Reading: TypeAlias = Update | Validated


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do now.

    Attributes:
        kind: What.
        value: `clip`: the norm that the gradients are given. `back`, `mend`: the step of the copy. `cut`: what the
            training's own rate is multiplied with from now on. `stop`, `end`: the step of the weights that are kept,
            the best ones or, of a run that is lost and has none, those of the oldest copy.
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
    return f"{_PREFIX}{kind}"


def guard_acts(run: ObservedRun) -> list[dict[str, Any]]:
    """Every act that changed a run, in the order of its steps, as plain values."""
    found = [(kind, run.series[series_of(kind)]) for kind in ACTS if series_of(kind) in run.series]
    points = [
        {"step": step, "act": kind, "value": value}
        for kind, series in found
        for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True)
    ]
    return sorted(points, key=lambda point: point["step"])


def as_scripted(run: ObservedRun) -> ObservedRun:
    """A run as it is judged: at the rates that the training itself wanted, and no farther than it was trained.

    Where a guard held the weights of a script that it could not stop, nothing was trained from there on.

    Example:
        >>> from ratecraft.records.watching.observed import observed_series
        >>> rate, cut = observed_series("rate", range(3), [0.4, 0.4, 0.1]), observed_series("guard_cut", [2], [0.25])
        >>> as_scripted(ObservedRun({"rate": rate, "guard_cut": cut}, "step")).series["rate"].values.tolist()
        [0.4, 0.4, 0.4]
    """
    ends = [int(run.series[name].steps[0]) for name in map(series_of, ENDS) if name in run.series]
    series = dict(run.series)
    if ends and HELD in run.facts:
        cut = {name: _until(curve, min(ends), is_act=name.startswith(_PREFIX)) for name, curve in series.items()}
        series = {name: series for name, series in cut.items() if len(series)}
    if series_of("cut") in series:
        back, cuts = series.get(series_of("back")), series[series_of("cut")]
        series |= {name: _own(curve, cuts, back) for name, curve in series.items() if name.partition("/")[0] == "rate"}
    return replace(run, series=series)


def as_judged(run: ObservedRun) -> ObservedRun:
    """The part of a run that tells how its script fares: `as_scripted`, and up to where a guard first went back.

    There the script's own run was lost; what came after it began from other weights, at a rate of the guard's. How long
    the script runs is told as a fact, so that the part is not taken for the whole.

    Example:
        >>> from ratecraft.records.watching.observed import observed_series
        >>> loss = observed_series("loss", range(4), [1.0, 9.0, 0.9, 0.8])
        >>> part = as_judged(ObservedRun({"loss": loss, "guard_back": observed_series("guard_back", [1], [0])}, "step"))
        >>> part.series["loss"].values.tolist(), part.facts["total_steps"]
        ([1.0, 9.0], 4.0)
    """
    scripted, back = as_scripted(run), run.series.get(series_of("back"))
    if back is None and not guard_ended(run):
        return scripted
    last = max(int(series.steps[-1]) for series in run.series.values() if len(series))
    scripted = replace(scripted, facts={"total_steps": last + 1.0, **run.facts})
    if back is None:
        return scripted
    part = {name: _until(series, int(back.steps[0]), is_act=True) for name, series in scripted.series.items()}
    return replace(scripted, series={name: series for name, series in part.items() if len(series)})


def guard_ended(run: ObservedRun) -> bool:
    """Whether a guard held the weights of a script from some step on, so that its run was not trained to its end."""
    return HELD in run.facts and any(series_of(kind) in run.series for kind in ENDS)


def _until(series: ObservedSeries, step: int, *, is_act: bool) -> ObservedSeries:
    """What was seen before an update that was not made any more; of figures and acts, also what came just before it."""
    last = "right" if is_act or series.name.startswith("val_") else "left"
    count = int(series.steps.searchsorted(step, last))
    return replace(series, steps=series.steps[:count], values=series.values[:count])


def _own(rate: ObservedSeries, cuts: ObservedSeries, back: ObservedSeries | None) -> ObservedSeries:
    """Without the factors, and without the steps that went back: no update was made there."""
    left_out = set[int]() if back is None else set[int](back.steps.tolist())
    made = [step not in left_out for step in rate.steps.tolist()]
    factors = [1.0, *cuts.values.tolist()]
    values = rate.values / [factors[place] for place in cuts.steps.searchsorted(rate.steps, "right")]
    return replace(rate, steps=rate.steps[made], values=values[made])


def guard_notes(run: ObservedRun) -> tuple[Note, ...]:
    """What a guard did to a run and where, a note for each kind of action; empty without a guard."""
    if "guard_bytes" not in run.facts:
        return ()
    memory = {"megabytes": float(run.facts["guard_bytes"]) / 1e6}
    notes = [_note(kind, run.series[series_of(kind)]) for kind in ACTS if series_of(kind) in run.series]
    return (*notes, Note("guard-copies", memory)) if notes else (Note("guard-idle", memory),)


def _note(kind: Kind, acts: ObservedSeries) -> Note:
    first, last, value = int(acts.steps[0]), int(acts.steps[-1]), float(acts.values[-1])
    return Note(f"guard-{kind}", {"count": len(acts), "first": first, "last": last, "value": value})
