"""`body-at-head-rate`: fine-tuning destroyed what the body had learned, with one rate for body and head.

Source: docs/reference/findings.md, F01, F02: in the first steps the validation figure falls below what it was before
        training. Their level must, since a single check may be a bad one. Only said of a run that is known to start
        from trained weights.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import warm_up
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import median

_WORSE, _NOISES = 0.1, 3.0  # of all that was won (F01: of the first figure), and noise sd
_EARLY = 0.2  # of the run
_SAME = 1.5  # ratio of two rates that count as one


def body_at_head_rate(view: RunView) -> Iterator[Finding]:
    """The finding, if the first checks are clearly worse than the one before training, and all rates are equal."""
    checks = view.val_loss
    if not view.fact("pretrained") or checks is None or len(checks) < 3 or checks.first > view.first:
        return
    early = checks.between(checks.first + 1, max(_EARLY * checks.last, float(checks.steps[1])))
    worst = float(early.values.max())
    level = median(early.values)
    rates = [
        curve.at(checks.last) for name in view.run.series if name.startswith("rate") and (curve := view.curve(name))
    ]
    if level - float(checks.values[0]) <= max(view.negligible_change(_WORSE), _NOISES * checks.noise) or (
        rates and max(rates) > _SAME * min(rates)
    ):
        return
    rate = view.rate.peak if view.rate is not None else None
    split = (
        Advice("split-rates", {"factor": 10.0})
        if rate is None
        else Advice("body-rate", {"rate": rate / 10, "head": rate})
    )
    evidence = {"first": float(checks.values[0]), "worst": worst, "end": checks.end, "last": early.last}
    yield Finding("body-at-head-rate", "warning", 0.8, (0, early.last), evidence, (split, warm_up(view)))


BODY_AT_HEAD_RATE = Rule(
    body_at_head_rate,
    (
        Kind(
            "body-at-head-rate",
            "warning",
            "questions",
            advice=("body-rate", "split-rates", "warm-up"),
            explains=("overfit", "overfit-calibration"),
            faults=("hot-fine-tuning",),
        ),
    ),
)
