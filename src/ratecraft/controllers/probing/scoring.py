"""How the probes of a study are scored: by the script's own figure if they can reach it, else by frozen losses.

Path:   rungs, the cadence of the script's evaluation -> rungs with the way they are scored, and the metric they are
        compared by.
Units:  optimizer steps; a frozen step costs a third of one.
Source: docs/reference/scoring.md. All probes of a study are scored the same way, fixed before the first of them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.compared import figure_decisions
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.probing.rungs import Rung, moved_rungs
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import NoAnswer
from ratecraft.records.answer import Decision
from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import TRAINING_LOSS, Metric
from ratecraft.records.outcome import FROZEN_STEP


def scoring(
    start: Start, planned: tuple[Rung, ...], settings: TunerSettings
) -> tuple[tuple[Rung, ...], Metric, tuple[Decision, ...]]:
    """How the probes of a study are scored: by the script's own figure if they can reach it, else by frozen losses.

    Args:
        start: What is known of the script.
        planned: The rungs by their lengths alone.
        settings: How many frozen steps a probe may wait for a figure.

    Returns:
        The rungs with their evaluation, moved to the script's own evaluation steps where those are near; what they are
        compared by; and what was decided.

    Raises:
        NoAnswer: Same as `raise_where_losses_are_opposed`.
    """
    metric, cadence = start.metric, start.cadence
    if metric is None:
        return frozen_rungs(planned, settings), TRAINING_LOSS, tuple(figure_decisions(start.compared, None, None))
    rungs = moved_rungs(planned, cadence.steps, settings)
    scored = scored_rungs(rungs, metric, start.horizon, cadence, settings)
    if scored is None:
        raise_where_losses_are_opposed(start, metric, rungs[0].stop)
        too_far = tuple(figure_decisions(start.compared, metric, None))
        return frozen_rungs(planned, settings), TRAINING_LOSS, too_far
    found = figure_decisions(start.compared, metric, metric)
    return scored, metric, (*found, *_lengths(planned, rungs), *_waiting(scored, start, settings))


def raise_where_losses_are_opposed(start: Start, metric: Metric, stop: int) -> None:
    """Refuse to compare training losses where the optimizers minimize losses that pull against each other.

    Raises:
        NoAnswer: The optimizers learn from different losses (`opponents-without-figure`).
    """
    if start.facts.opponents:
        raise NoAnswer("opponents-without-figure", metric=metric.name, stop=stop)


def scored_rungs(
    rungs: Sequence[Rung], metric: Metric, horizon: int, cadence: Cadence, settings: TunerSettings
) -> tuple[Rung, ...] | None:
    """The rungs scored by the script's own figure.

    A script that evaluates where its loader ends can be made to evaluate at any step. One that evaluates every so many
    steps goes on, frozen, to the next of them; all probes of a study together may spend at most
    `settings.most_evaluation` runs on that. (Longer rungs instead would cost three times as much: a frozen step costs a
    third of a step.)

    Args:
        rungs: Rungs, moved where they can be.
        metric: The figure that probes are compared by.
        horizon: Steps of a full run; 0 if they are unknown.
        cadence: When the script tells the figure.
        settings: The most frozen steps a probe may wait for it.

    Returns:
        None if the figure is too far away from the end of a rung: then all rungs are scored by frozen losses.
    """
    most = max(settings.most_frozen, int(horizon * settings.most_frozen_share))
    waits = tuple(wait_at(rung.stop, cadence) for rung in rungs)
    if None in waits or waited(rungs, cadence, settings) > settings.most_evaluation * horizon > 0:
        return None
    evaluate = Evaluate("figure", metric.name, steps=most, direction=metric.direction)
    if not cadence.is_led:
        evaluate = replace(evaluate, lead="steps")
    steps = (max(most, (wait or 0) + settings.least_frozen) for wait in waits)
    return tuple(replace(rung, evaluate=replace(evaluate, steps=step)) for rung, step in zip(rungs, steps, strict=True))


def wait_at(stop: int, cadence: Cadence) -> int | None:
    """Frozen steps from `stop` to the next figure: 0 if the script can be made to evaluate there; None if none follows.

    Example:
        >>> wait_at(77, Cadence("every", (100, 200))), wait_at(77, Cadence("epoch-end")), wait_at(77, Cadence("none"))
        (23, 0, None)
    """
    if cadence.is_led:
        return 0
    following = cadence.next_after(stop) if cadence.kind == "every" else None
    return None if following is None else following - stop


def reaching(evaluate: Evaluate, stop: int, cadence: Cadence, settings: TunerSettings) -> Evaluate:
    """The same evaluation, with enough frozen steps after `stop` to reach the script's next figure."""
    if evaluate.kind != "figure":
        return evaluate
    return replace(evaluate, steps=max(evaluate.steps, (wait_at(stop, cadence) or 0) + settings.least_frozen))


def waited(rungs: Sequence[Rung], cadence: Cadence, settings: TunerSettings) -> float:
    """Steps that the untrained model and the probes of a study spend frozen on the way to their figures.

    A frozen step counts as a third.
    """
    counts = (settings.short_probes, settings.long_probes)
    waits = ((wait_at(rung.stop, cadence) or 0) * count for rung, count in zip(rungs, counts, strict=False))
    return (sum(waits) + (wait_at(0, cadence) or 0)) * FROZEN_STEP


def frozen_rungs(rungs: Sequence[Rung], settings: TunerSettings) -> tuple[Rung, ...]:
    """The rungs scored by the mean loss of frozen batches: it cannot show over-fitting, but it is always available."""
    return tuple(
        replace(
            rung, evaluate=Evaluate("frozen", steps=max(settings.least_frozen, int(rung.trunk * settings.frozen_share)))
        )
        for rung in rungs
    )


def _waiting(rungs: tuple[Rung, ...], start: Start, settings: TunerSettings) -> Iterator[Decision]:
    """What the probes spend waiting for the figures of a script that evaluates every so many steps."""
    steps = waited(rungs, start.cadence, settings)
    if steps and start.horizon:
        values = {"every": _usual_gap(start.cadence.steps), "runs": steps / start.horizon}
        yield Decision("evaluates-every", values)


def _usual_gap(steps: tuple[int, ...]) -> int:
    gaps = Counter(after - before for before, after in pairwise(steps))
    return gaps.most_common(1)[0][0]


def _lengths(planned: tuple[Rung, ...], rungs: tuple[Rung, ...]) -> Iterator[Decision]:
    for before, after in zip(planned, rungs, strict=True):
        if before.stop != after.stop:
            yield Decision("rung-moved", {"planned": before.stop, "stop": after.stop})
