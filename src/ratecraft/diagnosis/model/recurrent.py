"""`recurrent-explodes`: gradients through time blow up in a recurrent net that nothing clips.

Source: docs/reference/findings.md, O02 (Pascanu et al. 2013, arXiv 1211.5063): three spikes of the norm in 500 steps;
        RMSprop divides by a memory of ten steps, which a sudden gradient exceeds. Clip at 1, at 5 at the most. One norm
        of a thousand times their level is enough (`source_rnn` of `benchmarks/faulty_runs`): with a long memory RMSprop
        takes hardly a step for hundreds after it, so that no second spike comes.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import clip, lower_rate
from ratecraft.diagnosis.finding import Finding
from ratecraft.diagnosis.rule import LARGE, Kind, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import most_within

_HIGH = 6.0  # noise sd of the log norm
_COUNT, _WINDOW = 3, 500  # spikes in so many steps
_FAR = 25.0  # the largest norm over their level (S04)
_WALL = 1000.0  # one norm over their level is the wall of a cliff, no noise
_FEWEST = 40
_RISES, _AFTER = 4.0, 8  # noise sd, steps: the loss rises after one of them, else the run copes


def recurrent_explodes(view: RunView) -> Iterator[Finding]:
    """The finding, for a network that is known to be recurrent."""
    norms, loss = view.grad_norm, view.loss
    if not view.fact("recurrent") or norms is None or loss is None or view.fact("clip") is not None:
        return
    if len(norms) < _FEWEST:
        return
    level, highest = norms.level(norms.first, norms.last), float(norms.values.max())
    high = norms.steps[norms.log_scores >= _HIGH]
    crowded = most_within(high, _WINDOW)
    is_crowded = crowded >= _COUNT and _FAR * level <= highest and loss.follows(high, _RISES, _AFTER)
    if not is_crowded:
        high = norms.steps[norms.values >= _WALL * level]
        crowded = most_within(high, _WINDOW)
    if not level > 0 or not (is_crowded or any(_throws(loss, step) for step in high.tolist())):
        return
    evidence = {"count": len(high), "crowded": crowded, "norm": level, "highest": highest, "step": int(high[0])}
    advice = (*clip(view), lower_rate(view, norms.last, 3))
    yield Finding("recurrent-explodes", "warning", 0.85, (int(high[0]), int(high[-1])), evidence, advice)


def _throws(loss: Curve, step: int) -> bool:
    """Whether the loss leaps from where it stood before a step; early on there is too little before it to score it."""
    after = loss.between(step, step + _AFTER).values
    return step > loss.first and bool(len(after)) and after.max() - loss.at(step - 1) > _RISES * loss.noise


RECURRENT_EXPLODES = Rule(
    recurrent_explodes,
    (
        Kind(
            "recurrent-explodes",
            "warning",
            "unstable",
            advice=("clip", "set-rate", "divide-rate"),
            explains=("clip-missing", "level-shift", "spikes", "warm-up-missing"),
            faults=LARGE,
        ),
    ),
)
