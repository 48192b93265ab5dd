"""The picture of the answer: what every length of run says about the rate, on one scale.

Path:   `Answer` -> `Picture`, a pure value -> the terminal's plot, the drawing of report, card and notebook.
Units:  rates are absolute, of the leading group. *Missed* is the share of what the best rate of the same length learned
        from the untrained model on: 0 at that rate, 1 if a run is no better than the untrained model.

The curve of the full run is the rule's prediction: the valley of the longest probes, shifted as far as the choice. The
results of full runs are drawn where they lie, and never enter that curve.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ratecraft.laws.responses.rate_response import valley
from ratecraft.records.answer import Answer, Decision, Probe
from ratecraft.reporting.text.numbers import finite
from ratecraft.reporting.verdict import is_contradicted, is_kept

_PLACES = 48
_BEYOND = 0.5  # octaves that the predicted curve extends beyond the probes
_SAME = 0.02  # octaves: the bottom in a decision is rounded to three digits
_CHOICES = ("chosen", "chosen-usual", "moved")
_RESHAPED = ("reshaped", "reshaped-held")


@dataclass(frozen=True, slots=True)
class Dot:
    """A rate, its score and its missed share; both None if there is no score."""

    rate: float
    score: float | None
    missed: float | None


@dataclass(frozen=True, slots=True)
class Length:
    """The probes of one length by rate, and how many of their steps were warm-up (0 if unknown)."""

    steps: int
    warm_up: int
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class FullRun:
    """A full run: the script's own, or the tuned one."""

    kind: Literal["own", "tuned"]
    dot: Dot


@dataclass(frozen=True, slots=True)
class Moved:
    """The shift from the best rate of the longest probes to that of the full run, and the ratio of their lengths."""

    start: float
    end: float
    times: float

    @property
    def factor(self) -> float:
        """The factor on the rate."""
        return self.end / self.start


@dataclass(frozen=True, slots=True)
class Picture:
    """The contents of the picture.

    Attributes:
        untrained: The untrained model's score.
        lengths: The probes by length, the shortest first.
        horizon: Steps of a full run; 0 if the picture has none.
        warm_up: How many of these are warm-up; 0 if that is not known.
        predicted: Rates and missed shares of the full run as the rule predicts them; empty without a prediction.
        moved: The shift from the longest probes to the choice; None if the choice is their own best rate.
        full: Full runs that are scored in the same way as probes.
        chosen: The rate of the answer.
        own: The script's own rate.
        interval: Rates that are equally good for the full run.
        is_kept: The script's own rate is kept, and `chosen` was only tried.
        is_contradicted: Against the prediction, the script's own full run did better than the tuned one.
    """

    untrained: float
    lengths: tuple[Length, ...]
    horizon: int = 0
    warm_up: int = 0
    predicted: tuple[tuple[float, float], ...] = ()
    moved: Moved | None = None
    full: tuple[FullRun, ...] = ()
    chosen: float | None = None
    own: float | None = None
    interval: tuple[float, float] | None = None
    is_contradicted: bool = False
    is_kept: bool = False

    @property
    def dots(self) -> tuple[Dot, ...]:
        """Every measured rate."""
        return (*(dot for length in self.lengths for dot in length.dots), *(run.dot for run in self.full))

    @property
    def rates(self) -> tuple[float, ...]:
        """Every rate in the picture, ascending."""
        marked = (rate for rate in (self.chosen, self.own, *(self.interval or ())) if rate)
        return tuple(sorted({*(dot.rate for dot in self.dots), *marked}))

    @property
    def tolerance(self) -> float | None:
        """The largest missed share within the interval, by the prediction; None without one."""
        if self.interval is None:
            return None
        low, high = self.interval
        inside = (missed for rate, missed in self.predicted if low * (1 - 1e-9) <= rate <= high * (1 + 1e-9))
        return max(inside, default=None)


def picture_of(answer: Answer) -> Picture | None:
    """The picture of an answer.

    Returns:
        None if there is no common scale: the untrained model's score is not known, or the probes of a length are no
        better than it.
    """
    start = untrained_score(answer)
    if start is None or answer.search is not None:
        return None
    sign = answer.probe_metric.sign()
    rungs = mean_scores(answer.probes)
    if not rungs or any(not _learned(scores.values(), start, sign) for scores in rungs.values()):
        return None
    warm_ups = {probe.stop: probe.warm_up for probe in answer.probes}
    choice = _choice(answer)
    is_usual = choice is None or choice.code != "chosen-usual"
    return Picture(
        untrained=start,
        lengths=tuple(Length(steps, warm_ups[steps], _dots(rungs[steps], start, sign)) for steps in sorted(rungs)),
        horizon=answer.horizon if choice else 0,
        warm_up=warm_ups[max(rungs)] if len(rungs) > 1 and is_usual else 0,
        predicted=_predicted(answer, rungs, start, sign),
        moved=_moved(answer),
        full=tuple(_full_runs(answer, start, sign)),
        chosen=answer.rate,
        own=answer.own_rate,
        interval=answer.interval,
        is_contradicted=is_contradicted(answer),
        is_kept=is_kept(answer),
    )


def untrained_score(answer: Answer) -> float | None:
    """The untrained model's score, from the decisions; None if it is not there."""
    told = [decision.values.get("score") for decision in answer.decisions if decision.code == "untrained"]
    return told[-1] if told and isinstance(told[-1], float) and math.isfinite(told[-1]) else None


def mean_scores(probes: Iterable[Probe]) -> dict[int, dict[float, float | None]]:
    """For each length the score by rate: the mean over seeds, or None without a score."""
    told: dict[int, dict[float, list[float]]] = {}
    for probe in sorted(probes, key=lambda probe: (probe.stop, probe.rate)):
        scores = told.setdefault(probe.stop, {}).setdefault(probe.rate, [])
        scores += [probe.score] if probe.score is not None and math.isfinite(probe.score) else []
    return {
        stop: {rate: sum(scores) / len(scores) if scores else None for rate, scores in rung.items()}
        for stop, rung in told.items()
    }


def _learned(scores: Iterable[float | None], start: float, sign: float) -> bool:
    known = [sign * score for score in scores if score is not None]
    return bool(known) and min(known) < sign * start


def _dots(scores: Mapping[float, float | None], start: float, sign: float) -> tuple[Dot, ...]:
    """Scores by rate, each with its missed share relative to the best of them."""
    best = min(sign * score for score in scores.values() if score is not None)
    return tuple(_dot(rate, score, best, start, sign) for rate, score in scores.items())


def _dot(rate: float, score: float | None, best: float, start: float, sign: float) -> Dot:
    return Dot(rate, score, None if score is None else (sign * score - best) / (sign * start - best))


def _choice(answer: Answer) -> Decision | None:
    """The decision that led from the probes to the rate of the full run."""
    return next((decision for decision in reversed(answer.decisions) if decision.code in _CHOICES), None)


def _moved(answer: Answer) -> Moved | None:
    choice = _choice(answer)
    if choice is None or not answer.horizon:
        return None
    reshaped = [decision for decision in answer.decisions if decision.code in _RESHAPED]
    start, end = float(choice.values["bottom"]), float((*reshaped, choice)[0].values["rate"])
    return Moved(start, end, answer.horizon / int(choice.values["stop"]))


def _predicted(
    answer: Answer, rungs: Mapping[int, Mapping[float, float | None]], start: float, sign: float
) -> tuple[tuple[float, float], ...]:
    """The valley of the probes that the choice rests on, shifted with the choice."""
    choice, moved = _choice(answer), _moved(answer)
    scores: Mapping[float, float | None] = rungs.get(int(choice.values["stop"]), {}) if choice else {}
    told = {math.log2(rate): math.inf if score is None else sign * score for rate, score in scores.items()}
    found = valley(told)
    if found is None or moved is None:
        return ()
    best = math.log2(moved.start)
    ends = (min(*told, best), max(*told, best))
    if abs(found.bottom - best) < _SAME:  # else it was held to the probes, and beyond it the parabola is not trusted
        best, ends = found.bottom, (ends[0] - _BEYOND, ends[1] + _BEYOND)
    floor, shift = found.score(best), math.log2(moved.end) - best
    near = [math.log2(rate) - shift for rate in answer.interval or ()]
    ends = (min(ends[0], *near, best), max(ends[1], *near, best))
    if floor >= sign * start:
        return ()
    octaves = sorted({best, *near, *(ends[0] + (ends[1] - ends[0]) * at / _PLACES for at in range(_PLACES + 1))})
    return tuple((2 ** (at + shift), (found.score(at) - floor) / (sign * start - floor)) for at in octaves)


def _full_runs(answer: Answer, start: float, sign: float) -> Iterator[FullRun]:
    """The full runs, relative to the better of them; empty if probes were scored by something else."""
    if answer.scored_by is not None:
        return
    kinds: tuple[Literal["own", "tuned"], ...] = ("own", "tuned")
    rates, standings = (answer.own_rate, answer.rate), (answer.baseline, answer.tuned)
    finals = [finite(run.final) if run and run.final is not None else None for run in standings]
    best = min((sign * final for final in finals if final is not None), default=math.inf)
    if not best < sign * start:
        return
    for kind, rate, run, final in zip(kinds, rates, standings, finals, strict=True):
        if rate and run is not None:
            yield FullRun(kind, _dot(rate, final, best, start, sign))
