"""Which figure a study compares, of all that a run reported, and which others the user may choose.

Path:   outcome of a baseline or census -> `Compared` -> the plan of the study, and the lines that report the choice.

A figure whose name says that it comes from held-out data goes before one that was reported after an evaluation under a
plainer name. Among the latter a training loss is left out, recognized because it follows the losses of the run itself.
A printed figure that is a rounded copy of a more exact one counts as that one. One that takes several values in an
evaluation is of its batches, and gives way to one that is told once. A figure of unknown direction is never chosen.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from ratecraft.controllers.baseline.run_result import LESSER_SOURCES
from ratecraft.errors import NoAnswer
from ratecraft.records.answer import Decision
from ratecraft.records.metrics import Metric, choose_metric, direction_of, is_of_training, normal_name, tells_evaluation
from ratecraft.records.outcome import Figure, Outcome
from ratecraft.records.printed.bare_figures import UNNAMED

_READ_OFF = ("printed", "evaluated", *LESSER_SOURCES)
_LIKE_A_TRAINING_LOSS = 0.005
"""Relative difference allowed between a printed mean and that of the run's losses: the last batch is smaller."""
_SMOOTHED = (0.9, 0.95, 0.98, 0.99)
"""Usual weights of running means."""
_ASKED_FOR = re.compile(r"(?:^|_)(?:score|reward|return|fitness|elbo|metric|objective|quality)s?(?:_|$)")
"""Names that scripts give to what they optimize."""
_MOST_NAMED = 6
_BARE = "val"
"""The only name that says just which data, and is compared all the same."""
_FEWEST = 3
"""Fewest values that show a trend."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The metric that runs are compared by, and the other reported figures.

    Attributes:
        metric: The metric; None if no figure can be compared.
        others: Names of further figures whose direction is known.
        unknown: Names of figures whose direction is not known.
    """

    metric: Metric | None = None
    others: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def compared(seen: Outcome | None, given: Metric | None = None) -> Compared:
    """Choose the metric: the figure that the user named, else the best of those that a run reported.

    Args:
        seen: The run, with its losses; None if there was none.
        given: The user's figure; None to choose one.
    """
    told = _by_name(seen.figures if seen else ())
    names = [name for name in told if not _is_another(name, told) and not _is_of_training(name, told, seen)]
    if any(_is_told_well(told[name]) for name in names):
        names = [name for name in names if _is_told_well(told[name])]
    names = [name for name in names if not _is_of_batches(name, names, told)]
    unknown = tuple(name for name in names if direction_of(name) is None)
    known = [name for name in names if direction_of(name) is not None]
    metric = given or _as_it_went(choose_metric(known), told, seen)
    others = tuple(name for name in known if metric is None or name != metric.name)
    return Compared(metric, others, tuple(name for name in unknown if metric is None or name != metric.name))


def _as_it_went(metric: Metric | None, told: dict[str, list[Figure]], seen: Outcome | None) -> Metric | None:
    """A figure named only after its data (`Val: 0.97`), taken as a loss, or as a score if it rose with training.

    Above 1 it is a loss. Between 0 and 1 it may be either: it is a score if it rose while the run's losses fell.
    """
    if metric is None or metric.name != _BARE or seen is None:
        return metric
    values = [figure.value for figure in told[metric.name] if math.isfinite(figure.value)]
    losses = [loss for loss in seen.losses if math.isfinite(loss)]
    if not values or not all(0 <= value <= 1 for value in values) or len(values) < _FEWEST or len(losses) < _FEWEST:
        return metric
    rose, fell = _moved(values) > 0, _moved(losses) < 0
    return replace(metric, direction="max") if rose and fell else metric


def _moved(values: Sequence[float]) -> float:
    """Difference between the mean of the last third and that of the first."""
    third = max(1, len(values) // 3)
    return fmean(values[-third:]) - fmean(values[:third])


def asked_about(found: Compared) -> tuple[str, ...]:
    """Names of the figures that the script seems to optimize, if the direction of none of its figures is known."""
    names = (name for name in found.unknown if tells_evaluation(name) or _ASKED_FOR.search(name))
    return () if found.metric is not None else tuple(names)


def raise_if_direction_is_asked(found: Compared) -> None:
    """Ask the user for a direction if no figure can be compared but the script seems to optimize one.

    Raises:
        NoAnswer: There is such a figure.
    """
    if asked := asked_about(found):
        seen = ", ".join(found.unknown[:_MOST_NAMED])
        code = "figure-without-name" if asked[0] == UNNAMED else "figure-without-direction"
        raise NoAnswer(code, metric=asked[0], seen=seen, command=f"--metric {asked[0]}:max")


def figure_decisions(found: Compared, chosen: Metric | None, metric: Metric | None) -> Iterator[Decision]:
    """Decisions for the reader: which figure is compared and why, and what to type for another.

    Args:
        found: The figures that were found.
        chosen: The metric that was chosen before the run.
        metric: The metric that is compared in the end; None if that is the training loss.
    """
    others = (*found.others, *(f"{name}:max" for name in found.unknown))[:_MOST_NAMED]
    if metric is not None:
        yield Decision(_why(found, metric), {"metric": metric.name})
    elif chosen is not None:
        yield Decision("metric-too-far", {"metric": chosen.name})
    else:
        yield Decision("metric-training")
    if others:
        yield Decision(
            "metric-others", {"names": ", ".join(other.partition(":")[0] for other in others), "first": others[0]}
        )


def _why(found: Compared, metric: Metric) -> str:
    if metric.chosen_by == "user":
        return "metric-given"
    if not found.others and not found.unknown:
        return "metric-found"
    if not tells_evaluation(metric.name):
        return "metric-evaluated"
    return "metric-found-loss" if metric.direction == "min" else "metric-found-score"


def _by_name(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    told: dict[str, list[Figure]] = {}
    for figure in figures:
        told.setdefault(normal_name(figure.name), []).append(figure)
    return told


def _is_told_well(figures: Sequence[Figure]) -> bool:
    return any(figure.source not in LESSER_SOURCES for figure in figures)


def _is_of_batches(name: str, names: Sequence[str], told: dict[str, list[Figure]]) -> bool:
    """Whether a figure takes several values in most evaluations, and one of them all is told beside it."""
    return _varies(told[name]) and any(
        tells_evaluation(other) and direction_of(other) == direction_of(name) and not _varies(told[other])
        for other in names
    )


def _varies(figures: Sequence[Figure]) -> bool:
    """Whether one source told it with several values at most of its steps."""
    values: dict[str, dict[int, set[float]]] = {}
    for figure in figures:
        values.setdefault(figure.source, {}).setdefault(figure.step, set()).add(figure.value)
    by_step = [steps.values() for steps in values.values()]
    return any(2 * sum(len(each) > 1 for each in steps) > len(steps) for steps in by_step)


def _is_another(name: str, told: dict[str, list[Figure]]) -> bool:
    """Whether a printed figure is, at each of its steps, the rounded copy of a more exact one of another name."""
    own = told[name]
    if any(figure.source not in _READ_OFF for figure in own):
        return False
    return any(
        all(
            any(_rounds_to(exact.value, figure.value) for exact in others if exact.step == figure.step)
            for figure in own
        )
        for other, others in told.items()
        if other != name and all(other.source not in _READ_OFF for other in others)
    )


def _rounds_to(exact: float, printed: float) -> bool:
    return abs(exact - printed) <= _half_a_digit(printed) * 1.01


def _half_a_digit(printed: float) -> float:
    """Half a unit of the last digit that a number was printed with, as far as trailing zeros still show it."""
    digits = repr(printed).partition("e")
    places = len(digits[0].partition(".")[2]) if not digits[0].endswith(".0") else 0
    return 0.5 * 10.0 ** (int(digits[2] or 0) - places)


def _is_of_training(name: str, told: dict[str, list[Figure]], seen: Outcome | None) -> bool:
    """Whether a figure belongs to the training data: by its name, or because it follows the run's own losses."""
    if is_of_training(name):
        return True
    plain = name == UNNAMED or (not tells_evaluation(name) and direction_of(name) == "min")
    if not plain or seen is None:
        return False
    well = [figure for figure in told[name] if figure.source not in LESSER_SOURCES]
    figures = [figure for figure in well if math.isfinite(figure.value) and figure.step]
    if not figures or any(figure.source == "logged" for figure in figures):
        return False
    return any(_follows(figures, kind) for kind in _kinds(figures, seen.losses))


def _kinds(figures: Sequence[Figure], losses: Sequence[float]) -> Iterator[list[float]]:
    """The run's losses in the forms in which a script may print them at the steps of these figures."""
    ends = [figure.step for figure in figures if figure.step <= len(losses)]
    begins = [0, *ends[:-1]]
    yield [losses[end - 1] for end in ends]
    yield [fmean(losses[begin:end] or losses[end - 1 : end]) for begin, end in zip(begins, ends, strict=True)]
    yield [fmean(losses[:end]) for end in ends]
    for weight in _SMOOTHED if ends else ():
        smooth, line = losses[0], list[float]()
        for loss in losses:
            smooth = weight * smooth + (1 - weight) * loss
            line.append(smooth)
        yield [line[end - 1] for end in ends]


def _follows(figures: Sequence[Figure], losses: Sequence[float]) -> bool:
    """Whether figures equal these losses, or three or more are a constant multiple of them (a sum over batches)."""
    if len(losses) != len(figures) or not all(map(math.isfinite, losses)) or not all(losses):
        return False
    factor = (
        median(figure.value / loss for figure, loss in zip(figures, losses, strict=True)) if len(losses) > 2 else 1.0
    )
    return all(
        abs(figure.value - factor * loss) <= _LIKE_A_TRAINING_LOSS * abs(factor * loss) + _half_a_digit(figure.value)
        for figure, loss in zip(figures, losses, strict=True)
    )
