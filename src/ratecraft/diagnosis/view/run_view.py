"""A run as rules see it.

A rule holds changes of a loss against `won`, `little` and noise, never against the loss itself, so that a constant
added to it and its unit decide nothing. Known sizes are those of guessing (`guessing`, where classes are known) and
of norms, updates and accuracies, of which 0 means something.

Source: docs/reference/findings.md, "Statistics".
Path:   `ObservedRun` -> `RunView`: curves by normal name, the shape of the rate, how long the run is -> every rule.
Units:  steps are those of the run; `unit` says what they count.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from ratecraft.diagnosis.view.curve import Curve, curve_of
from ratecraft.diagnosis.view.rate_shape import RateShape
from ratecraft.laws.robust import median, persistence
from ratecraft.records.watching.observed import ObservedRun, StepUnit

_SMOOTHED = -0.25  # lag-1 autocorrelation of differences: -0.41 to -0.57 of raw losses (S05), -0.05 smoothed
_FEWEST_TO_TELL = 30
_BEGINS = 0.2  # how far from ln C a fresh model may begin
_GUESSING = 0.97  # of ln C, the loss of guessing among C classes
_FEWEST_CHECKS = 5  # that tell a validation that guesses from one that is passing
_NEAR, _NEAR_SHARE = 0.03, 0.06  # how near its loss is to ln C, and its accuracy to 1/C
_MOST_CLASSES = 100_000
_PERCENT = 1.5  # an accuracy above it is one in percent
_TINY_UPDATE = 2e-4  # of the weights a step: too small, or collapsed (S03)
_KILLED = 100.0  # the largest early update over their level
_LARGEST_FACT = 2.0**53  # counts above it are not whole numbers any more
_SHARES = frozenset({"beta2", "momentum"})  # of what was gathered, kept at each step
_AVERAGED = 14.0  # what a moving average with factor 0.9 divides the jumps between neighbours by


@dataclass(frozen=True, eq=False)
class RunView:
    """What the rules may ask of a run.

    Attributes:
        run: The run as it was seen.
    """

    run: ObservedRun

    @cached_property
    def loss(self) -> Curve | None:
        """The training loss."""
        return self.curve("loss")

    @cached_property
    def val_loss(self) -> Curve | None:
        """The validation loss."""
        return self.curve("val_loss")

    @cached_property
    def grad_norm(self) -> Curve | None:
        """The norm of the gradient before clipping."""
        return self.curve("grad_norm")

    @property
    def can_clip(self) -> bool:
        """Whether gradients can be clipped at a norm. Sparse ones have none: `clip_grad_norm_` raises for them."""
        return self.grad_norm is not None or "grad_norm" not in self.run.series

    @cached_property
    def rate(self) -> RateShape | None:
        """The shape of the rate; None if it was not logged or never above 0."""
        curve = self.curve("rate")
        return RateShape(curve) if curve is not None and len(curve) > 1 and curve.values.max() > 0 else None

    @property
    def unit(self) -> StepUnit:
        """What the steps count."""
        return self.run.unit

    @cached_property
    def is_game(self) -> bool:
        """Whether no loss measures progress: two networks play against each other, or one acts and learns from that."""
        if self.fact("acts"):
            return True
        names = " ".join(self.run.series)
        return any(
            word in names for word in ("loss_d", "loss_g", "d_loss", "g_loss", "loss_disc", "loss_gen", "reward")
        )

    @cached_property
    def is_smoothed(self) -> bool:
        """Whether the loss was logged as a moving average, so that single steps cannot be seen."""
        loss = self.loss
        if loss is None or len(loss) < _FEWEST_TO_TELL:
            return False
        return persistence(loss.values[len(loss) // 4 :]) > _SMOOTHED

    @cached_property
    def learns(self) -> bool:
        """Whether a validation figure clearly became better from its first third to its last.

        A loss that came down to what guessing costs did not.
        """
        classes = self.fact("classes")
        guessing = _GUESSING * math.log(classes) if classes and classes > 1 else math.inf
        for name, sign in (("val_loss", -1), ("val_accuracy", 1), ("accuracy", 1)):
            curve = self.curve(name)
            if curve is None or len(curve) < 3 or (sign < 0 and curve.end > guessing):
                continue
            before, after = curve.part(0.0, 1 / 3), curve.part(2 / 3, 1.0)
            gain = sign * (median(after.values) - median(before.values))
            return gain > max(
                3 * curve.noise, self.negligible_change(0.2) if sign < 0 else 0.05 * abs(median(before.values))
            )
        return False

    @cached_property
    def stopped_moving(self) -> bool:
        """Whether the weights hardly move any more but did at first, so that too large steps killed the run."""
        updates = self.curve("update_ratio")
        if updates is None:
            return False
        held = updates.between(*self.held)  # a rate that is gone moves nothing either
        level = held.level(*self.held)
        early = float(updates.part(0.0, 0.2).values.max())
        return level < _TINY_UPDATE and early >= max(_KILLED * level, 10 * _TINY_UPDATE)

    @property
    def point_noise(self) -> float:
        """Standard deviation of one logged loss, before any smoothing; 0 without a loss."""
        if self.loss is None:
            return 0.0
        return self.loss.noise * (_AVERAGED if self.is_smoothed else 1.0)

    @cached_property
    def improvement(self) -> float:
        """How far the training or validation loss fell at its best, whichever is more; at least 0.

        Rules hold a change of a loss against this, never against the loss itself: a constant that was added to it, as
        a penalty is, or a factor, must not change what is said.
        """
        return max((curve.progress for curve in (self.loss, self.val_loss) if curve is not None), default=0.0)

    def negligible_change(self, share: float) -> float:
        """A change of a loss below which it hardly changed: a share of what was won, or the noise of one batch.

        If the loss is known to begin at guessing, at least that share of what guessing costs.
        """
        return max(share * max(self.improvement, self.guessing or 0.0), self.point_noise)

    @cached_property
    def guessing(self) -> float | None:
        """What guessing costs, ln C; None if the number of classes is not known, or the loss does not begin there.

        The one size of a loss that is known beforehand: of a mean cross entropy, without terms and factors.
        """
        classes, loss = self.fact("classes"), self.loss
        if not classes or classes < 2 or loss is None:
            return None
        guess = math.log(classes)
        return guess if abs(loss.start / guess - 1) <= _BEGINS else None

    @cached_property
    def chance_classes(self) -> int:
        """The number of classes among which the validation guesses, at every check; 0 if it does not.

        With C classes guessing has an accuracy of 1/C *and* a loss of ln C, whatever C is. Either alone is met by
        accident; a model that knows something has no loss of minus the logarithm of its own accuracy at every check.
        """
        loss, shares = self.val_loss, self.curve("val_accuracy")
        if loss is None or shares is None or min(len(loss), len(shares)) < _FEWEST_CHECKS:
            return 0
        in_percent = float(shares.values.max()) > _PERCENT
        share = shares.level(shares.first + 0.5 * shares.length, shares.last) / (100 if in_percent else 1)
        if not 1 / _MOST_CLASSES <= share <= 0.6:
            return 0
        classes = round(1 / share)
        guess = math.log(classes)
        is_near = abs(share * classes - 1) <= _NEAR_SHARE and abs(loss.end / guess - 1) <= _NEAR
        return classes if is_near and float(loss.values[1:].min()) >= (1 - _NEAR) * guess else 0

    @cached_property
    def steps(self) -> int:
        """Steps that were seen of the run, over all series."""
        return max((int(series.steps[-1]) for series in self.run.series.values() if len(series)), default=0)

    @cached_property
    def first(self) -> int:
        """The first step that was seen, over all series."""
        return min((int(series.steps[0]) for series in self.run.series.values() if len(series)), default=0)

    @cached_property
    def planned(self) -> int:
        """Steps that the run was to have, where the log tells; else those that were seen."""
        total = self.fact("total_steps" if self.unit == "step" else "epochs")
        return max(int(total), self.steps) if total is not None else self.steps

    @property
    def is_finished(self) -> bool:
        """Whether the log tells how long the run was to be, and it was that long."""
        return (
            self.fact("total_steps" if self.unit == "step" else "epochs") is not None
            and self.steps >= 0.98 * self.planned
        )

    def curve(self, name: str) -> Curve | None:
        """The finite points of a series; None where there are none."""
        return curve_of(self.run.series.get(name))

    def fact(self, name: str) -> float | None:
        """A number that is known of the run; None if it is not, or where what was logged cannot be."""
        value = self.run.facts.get(name)
        if not isinstance(value, int | float) or not abs(value) < _LARGEST_FACT:
            return None
        return float(value) if name not in _SHARES or 0 <= value < 1 else None

    def known(self, name: str) -> float | None:
        """A number that is known of the run, or the first value of the series of that name."""
        curve = self.curve(name)
        return self.fact(name) if curve is None else float(curve.values[0])

    @property
    def optimizer(self) -> str:
        """Name of the optimizer in small letters; empty where unknown."""
        return str(self.run.facts.get("optimizer", "")).lower()

    def rate_at(self, step: float) -> float | None:
        """The rate at a step; None where it was not logged."""
        return None if self.rate is None else self.rate.curve.at(step)

    @cached_property
    def held(self) -> tuple[int, int]:
        """First and last step between warm-up and decay, where the rate is at least half of its peak.

        The whole run where the rate was not logged.
        """
        if self.rate is None:
            return 0, self.steps
        return self.rate.peak_step, self.rate.held_until
