"""`diverged`: the loss ends clearly above where it began.

Source: docs/reference/findings.md, L01: the last level above the first by 3 noise sd. Here by 6, since a first level is
        a point or a few, and by a fifth of what had been won; and not while a validation figure says that the run
        learns.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import clip, lower_rate, warm_up
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.losses.chance import stands_above
from ratecraft.diagnosis.rule import LARGE, UNSTABLE, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.records.watching.guarding import series_of

_SHARE = 0.2  # of what had been won
_NOISES = 6.0
_EARLY = 0.05  # of the run: a rate that fails so soon is far off (L01: divide by 10, later by 3)
_FEWEST, _MANY = 5, 10  # points; of fewer than the second the noise is hardly known, so they must plainly rise
_RISES = 2.0  # rank test


def diverged(view: RunView) -> Iterator[Finding]:
    """The finding, if the training loss ends above its start by more than noise."""
    loss = view.loss
    if loss is None or len(loss) < _FEWEST or view.is_game:
        return
    blocks = loss.blocks
    rise = loss.end - loss.start
    is_short = len(loss) < _MANY and loss.direction() < _RISES
    noise = max(view.point_noise, blocks.noise)
    rose = rise > max(view.negligible_change(_SHARE), _NOISES * noise)
    went_back = series_of("back") in view.run.series  # by a rule of its own, a guard took the run for lost just there
    if not went_back and (is_short or not (rose or stands_above(view)) or view.learns):
        return
    lowest, level = loss.lowest
    step = max((int(step) for step in blocks.steps[blocks.values <= loss.start]), default=loss.first)
    factor = 10 if step <= loss.first + _EARLY * loss.length else 3
    end = max(loss.end, float(loss.values[-1])) if went_back else loss.end
    evidence = {"start": loss.start, "lowest": level, "end": end, "step": step, "last": loss.last}
    advice = (lower_rate(view, step, factor), Advice("go-back", {"step": lowest}), warm_up(view), *clip(view))
    yield Finding("diverged", "error", 0.9, (step, loss.last), evidence, advice)


DIVERGED = Rule(
    diverged,
    (
        Kind(
            "diverged",
            "error",
            "too-large-too-small",
            advice=("set-rate", "divide-rate", "go-back", "warm-up", "clip", "clip-usual"),
            explains=("course", "lost", "rate-far-above", "standstill"),
            proof=UNSTABLE,
            faults=(*LARGE, "bad-step"),
        ),
    ),
)
