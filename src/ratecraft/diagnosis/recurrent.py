"""`recurrent-explodes`: gradients through time blow up in a recurrent net that nothing clips.

Source: catalogue O02 (Pascanu et al. 2013, arXiv 1211.5063): three spikes of the norm in 500 steps; RMSprop divides
        by a memory of ten steps, which a sudden gradient exceeds. Clip at 1, at 5 at the most.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import clip, lower_rate
from ratecraft.diagnosis.finding import Finding
from ratecraft.diagnosis.run_view import RunView

__all__ = ["recurrent_explodes"]

_HIGH = 6.0  # noise sd of the log norm
_COUNT, _WINDOW = 3, 500  # spikes in so many steps
_FAR = 25.0  # the largest norm over their level (§0.2 `gpeak`)
_FEWEST = 40
_WON = 0.5  # of the first loss: a run that came down so far copes


def recurrent_explodes(view: RunView) -> Iterator[Finding]:
    """Says so of a net that is known to be recurrent."""
    norms, loss = view.grad_norm, view.loss
    if not view.fact("recurrent") or norms is None or loss is None or view.fact("clip") is not None:
        return
    if len(norms) < _FEWEST or loss.end <= (1 - _WON) * loss.start:
        return
    level, highest = norms.level(norms.first, norms.last), float(norms.values.max())
    steps = norms.steps[norms.scores >= _HIGH].tolist()
    crowded = max((sum(step <= each < step + _WINDOW for each in steps) for step in steps), default=0)
    if crowded < _COUNT or level <= 0 or highest < _FAR * level:
        return
    evidence = {"count": len(steps), "crowded": crowded, "norm": level, "highest": highest, "step": steps[0]}
    advice = (clip(view), lower_rate(view, norms.last, 3))
    yield Finding("recurrent-explodes", "warning", 0.85, (steps[0], steps[-1]), evidence, advice)
