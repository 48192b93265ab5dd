"""`decayed-too-soon`, `finished-early`: the rate was near 0 long before the run was over.

Source: docs/reference/findings.md, T04, P12, N01. Below a twentieth of its peak a rate hardly moves the weights. A step
        schedule of three tenths stands at a tenth until two thirds of the run, so it is not meant.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import SLOW, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_LOW = 0.05  # of the peak
_SOON = 0.6  # of the run
_IDLE = 0.8  # of the run
_ROSE, _NOISES = 0.05, 3.0  # of all that was won, and noise sd: what was learned did not help
_FEWEST = 16  # points of the rate: fewer do not show when it fell
_FLOOR = 0.005  # of the first loss: nothing was left to learn


def decayed_too_soon(view: RunView) -> Iterator[Finding]:
    """The finding, if the rate stays near 0 for the rest of the run."""
    rate = view.rate
    if rate is None or len(rate.curve) < _FEWEST or rate.rises or rate.peak_step >= rate.curve.last or view.is_game:
        return
    above = rate.curve.steps[rate.curve.values > _LOW * rate.peak]
    step = int(above[-1])
    share = step / max(view.planned, 1)
    if share >= _IDLE or rate.end > _LOW * rate.peak:
        return
    idle = view.steps - step
    evidence = {"step": step, "share": share, "rate": rate.end, "peak": rate.peak, "wasted": idle, "last": view.steps}
    lengthen = Advice("lengthen-schedule", {"steps": view.planned})
    if share < _SOON and not _is_done(view, step):
        yield Finding(
            "decayed-too-soon",
            "warning",
            0.85,
            (step, view.steps),
            evidence,
            (lengthen, Advice("stop-run", {"step": step})),
        )
    else:
        yield Finding(
            "finished-early", "info", 0.9, (step, view.steps), evidence, (Advice("stop-run", {"step": step}),)
        )


def _is_done(view: RunView, step: int) -> bool:
    """Whether there was nothing left to learn, or what was learned did not help."""
    loss, checks = view.loss, view.val_loss
    if loss is not None and 0 <= loss.end <= _FLOOR * loss.start:
        return True
    if checks is None or len(checks) < 5:
        return False
    return checks.level(step, checks.last) - checks.lowest[1] > max(
        view.negligible_change(_ROSE), _NOISES * checks.blocks.noise
    )


DECAYED_TOO_SOON = Rule(
    decayed_too_soon,
    (
        Kind(
            "decayed-too-soon",
            "warning",
            "schedules",
            advice=("lengthen-schedule", "stop-run"),
            families=("course",),
            explains=("finished-early", "too-small"),
            proof=SLOW,
            is_refutable=True,
            faults=("gone-early",),
        ),
        Kind("finished-early", "info", "schedules", advice=("stop-run",), families=("course", "standing")),
    ),
)
