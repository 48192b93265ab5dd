"""Compares one arm of an experiment with the unmodified run: when does the difference show a fault?

Path:   arms that were tried -> `compared` -> what to try next, what is proven.
Units:  gains are log ratios of losses (0.1 is 10 %).
Source: docs/reference/findings.md, "Branches". Short branches err towards too small a rate (12 of 12 errors), and the
        loss that they come to is that of training, which a larger rate lowers where validation gains nothing. So a
        branch of a quarter of what is left of the run, scored by validation, shows what a short one only hints at. From
        a run under way it still favours the lower rate, with less far to go; started again it does not: shorter runs
        want higher rates.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ratecraft.laws.trials.paired import Paired, level, paired
from ratecraft.records.proof import AS_IT_IS, Place, TriedArm

FACTORS: Mapping[str, float] = {
    "hundredth": 1 / 100,
    "thirtieth": 1 / 30,
    "lowest": 1 / 10,
    "lower": 1 / 3,
    "higher": 3.0,
    "highest": 10.0,
    "thirtyfold": 30.0,
    "hundredfold": 100.0,
}
"""Arm to its share of the run's rate."""

LADDERS = (("higher", "highest", "thirtyfold", "hundredfold"), ("lower", "lowest", "thirtieth", "hundredth"))
"""Arms on either side of the run's rate, the nearest first."""

_QUARTER = 0.25
"""Of the run: from this length on a branch speaks of the whole, and what its validation shows is a proof."""

FAR_ENDS = ("lowest", "hundredfold")
"""Arms three decades apart."""

CALMER = frozenset({*LADDERS[1], "clipped", "warmed-up"})
"""Arms that make smaller steps, which short branches favour."""

CLEAR = 0.1  # log ratio of losses, from which a higher rate is more than a hint (T01: 0.1 nats)
WIDE = 0.4  # log ratio: what annealing wins where a rate is too large (L03), and not where it is right
_STILL = 0.02  # of the loss where it began: less is not learning
_OFFSET = 0.05  # of it: what an output wins that only forgets where it began (`not_learning`)
_VISIBLE = 0.01  # of the first loss: a smaller difference is none that anyone would see


@dataclass(frozen=True, slots=True)
class Compared:
    """One arm compared with the unmodified run.

    Attributes:
        tried: The arm.
        control: The run as it is.
        gain: How much better the arm is; for `held`, how much better the unmodified run is, which is annealed.
        first: The loss with which the run began.
    """

    tried: TriedArm
    control: TriedArm
    gain: Paired
    first: float

    @property
    def name(self) -> str:
        """The name of the arm."""
        return self.tried.arm.name

    @property
    def kind(self) -> str:
        """What is changed: all rates on one side are one kind, of which the best short try stands for the others."""
        return next((ladder[0] for ladder in LADDERS if self.name in ladder), self.name)

    @property
    def trusted_at(self) -> int:
        """The step from which a long branch of this kind tells the truth about the whole run."""
        return 0 if self.name in CALMER else self.tried.start

    @property
    def is_trusted(self) -> bool:
        """Whether it leaves the run where its kind is not favoured: a lower rate at step 0, a higher one later."""
        if self.name in LADDERS[0]:
            return self.tried.start > 0 or self.gain.low >= WIDE
        return self.tried.start == self.trusted_at

    @property
    def shows(self) -> bool:
        """Whether the arm shows a fault of the run."""
        if not self.gain.is_better or not self._is_visible:
            return False
        if self.name not in CALMER or self.gain.low >= WIDE or self.stands:
            return True
        return bool(self.tried.metric) and self.is_trusted

    @property
    def stands(self) -> bool:
        """Whether the run as it is does not learn from there: it blows up, or ends no lower than it began."""
        return _stands(self.control)

    @property
    def moves_nothing(self) -> bool:
        """Whether it learns no more than the run as it is, which stays where it began.

        Both may forget the offset of untrained outputs, which is more than `stands` lets pass.
        """
        mine, control = mean_of(self.tried.scores), mean_of(self.control.scores)
        if control is None or not _stands(self.control, _OFFSET):
            return False
        return mine is None or (_stands(self.tried, _OFFSET) and mine >= control - _STILL * abs(control))

    @property
    def _is_visible(self) -> bool:
        mine, control = mean_of(self.tried.scores), mean_of(self.control.scores)
        return mine is None or control is None or abs(control - mine) >= _VISIBLE * abs(self.first)


def proof_steps(planned: int) -> int:
    """The fewest steps of a branch that is representative of the whole run: a quarter of it.

    Example:
        >>> proof_steps(600), proof_steps(601)
        (150, 151)
    """
    return math.ceil(_QUARTER * planned)


Row: TypeAlias = tuple[Compared, ...]
"""The arms of one experiment."""


def compared(tried: Sequence[TriedArm], first_loss: float | None = None) -> tuple[Row, ...]:
    """Every arm against the run as it is, one row an experiment.

    Args:
        tried: What came of the arms.
        first_loss: The loss with which the run began; None takes the highest from which a branch began.
    """
    begun = [abs(loss) for arm in tried for loss in arm.before if loss is not None]
    first = max(begun, default=0.0) if first_loss is None else first_loss
    controls = {arm.place: arm for arm in tried if arm.arm.name == AS_IT_IS.name}
    rows: dict[Place, list[Compared]] = {place: [] for place in controls}
    for arm in tried:
        control = controls.get(arm.place)
        if control is None or arm is control or arm.arm.is_on_one_batch:
            continue
        worse, better = (arm, control) if arm.arm.name == "held" else (control, arm)
        gain = paired(worse.scores, better.scores)
        if gain is None and not any(score is not None for score in (*worse.scores, *better.scores)):
            gain = Paired(0.0, 0.0, 0.0)  # both blow up: it does no better
        if gain is not None:
            rows[arm.place].append(Compared(arm, control, gain, first))
    return tuple(tuple(row) for row in rows.values() if row)


def _stands(tried: TriedArm, still: float = _STILL) -> bool:
    after, before = mean_of(tried.scores), mean_of(tried.before)
    return after is None or (not tried.metric and before is not None and after >= before - still * abs(before))


def mean_of(values: Sequence[float | None]) -> float | None:
    """The mean of the finite values; None if half of them blew up.

    Example:
        >>> mean_of([1.0, None, 1.0]), mean_of([1.0, None])
        (1.0, None)
    """
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if 2 * len(finite) <= len(values):
        return None
    found = level(finite)
    return finite[0] if found is None else found.mean
