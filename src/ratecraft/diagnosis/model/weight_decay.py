"""`weight-decay-strong`: weight decay shrinks the weights faster than the gradient builds them up.

Source: docs/reference/findings.md, O04 (rate × decay × steps within 0.5 to 20; arXiv 2405.13698). SGD's momentum
        multiplies a decay as it does the rate. Where layers are normalised a strong decay is harmless, so of SGD and
        AdamW it is said only of a run that stays where it began. Adam and RMSprop divide a decay that is part of the
        gradient by the gradient's size: at 0.3, thirty times the usual most, it outweighs the gradient.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Proof, Rule
from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.run_view import RunView

_STRONG = 20.0  # times that a decay takes all weights away over the run
_AIM = 1.0
_WITHIN_GRADIENT = ("adam", "nadam", "radam", "rmsprop", "adamax", "adadelta")
_MOST, _USUAL = 0.3, 1e-4
_WON = 0.1  # of what guessing costs: a run that came down further lives with its decay
_NOISES = 2.0  # sd of one logged loss
_FEWEST = 8


def weight_decay_strong(view: RunView) -> Iterator[Finding]:
    """The finding, if the weight decay is known."""
    decay, loss, rate = view.fact("weight_decay"), view.loss, view.rate
    if not decay or loss is None or rate is None or len(loss) < _FEWEST:
        return
    where = (loss.first, loss.last)
    evidence = {"decay": decay, "rate": rate.peak, "start": loss.start, "end": loss.end}
    if view.optimizer in _WITHIN_GRADIENT:
        if decay >= _MOST:
            yield Finding("weight-decay-strong", "warning", 0.8, where, evidence, (_lower(_USUAL),), exact=True)
        return
    times = rate.peak * decay * view.planned / (1 - min(view.fact("momentum") or 0.0, 0.999))
    if times >= _STRONG and loss.start - loss.end <= _little(view, loss):
        yield Finding("weight-decay-strong", "error", 0.9, where, evidence, (_lower(decay * _AIM / times),))


def _little(view: RunView, loss: Curve) -> float:
    """How little a run comes down that stays where it began."""
    return max(_WON * (view.guessing or 0.0), _NOISES * view.point_noise)


def _lower(decay: float) -> Advice:
    return Advice("lower-decay", {"decay": float(f"{decay:.2g}")})


WEIGHT_DECAY_STRONG = Rule(
    weight_decay_strong,
    (
        Kind(
            "weight-decay-strong",
            "warning",
            "optimizers",
            advice=("lower-decay",),
            explains=("course", "collapsed", "collapsed-at-once", "units-died"),
            proof=Proof("hot", ("undecayed",)),
            faults=("weight-decay",),
        ),
    ),
)
