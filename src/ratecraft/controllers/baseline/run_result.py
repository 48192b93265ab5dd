"""The result of a full run: its value at the end and at its best, by the script's figures or its last training losses.

Path:   outcome of a baseline or final run -> `RunResult`, for the verdict.
Units:  the unit of the metric; steps are optimizer steps.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.answer import RunResult
from ratecraft.records.metrics import Metric, is_reward, normal_name
from ratecraft.records.outcome import Ending, Figure, Outcome

LESSER_SOURCES = ("bar", "raw")  # a progress bar rounds, and raw bytes arrive late


def figures_of(figures: Sequence[Figure], metric: Metric) -> tuple[Figure, ...]:
    """The figures of a metric in order, from the most reliable source that gave any.

    Lines printed after an evaluation go before those of the same name printed in training; progress bars and raw bytes
    count only if there is nothing else.
    """
    own = tuple(figure for figure in figures if normal_name(figure.name) == metric.name)
    after_evaluations = any(figure.source == "evaluated" for figure in own)
    lesser = (*LESSER_SOURCES, "printed") if after_evaluations else LESSER_SOURCES
    return tuple(figure for figure in own if figure.source not in lesser) or own


def tail_of(outcome: Outcome, horizon: int, settings: TunerSettings) -> tuple[float, ...]:
    """The last live training losses, whose mean stands in for a figure in runs without one."""
    return outcome.losses[-max(settings.least_tail, int(horizon * settings.tail_share)) :]


def _by_evaluation(figures: Sequence[Figure], metric: Metric) -> Sequence[Figure]:
    """Where episodes are told one by one, the mean of those between two steps; other figures as they are."""
    if not is_reward(metric.name):
        return figures
    evaluations = (list(each) for _, each in groupby(figures, key=lambda figure: figure.step))
    return [replace(each[-1], value=statistics.fmean(figure.value for figure in each)) for each in evaluations]


def run_result_of(outcome: Outcome, steps: int, metric: Metric, horizon: int, settings: TunerSettings) -> RunResult:
    """The result of a full run.

    Args:
        outcome: Outcome of the run.
        steps: Steps of the run, those of its trunks included.
        metric: The metric that is compared.
        horizon: Steps of a full run.
        settings: How many last losses are averaged in a run without figures.

    Returns:
        `final` is None if the run blew up or failed, or its last figure is not a number.
    """
    ended = outcome.ending in (Ending.DONE, Ending.ENDED_EARLY)
    if metric.source == "training":
        losses = [loss for loss in tail_of(outcome, horizon, settings) if math.isfinite(loss)]
        return RunResult(statistics.fmean(losses) if ended and losses else None, None, None, steps)
    figures = _by_evaluation(figures_of(outcome.figures, metric), metric)
    last = figures[-1].value if figures else outcome.score
    best = min(
        (figure for figure in figures if math.isfinite(figure.value)),
        key=lambda figure: metric.sign() * figure.value,
        default=None,
    )
    return RunResult(
        final=last if ended and last is not None and math.isfinite(last) else None,
        best=outcome.best_score if outcome.best_score is not None else best.value if best else None,
        best_at=outcome.best_step if outcome.best_score is not None else best.step if best else None,
        steps=steps,
    )
