"""The answer of a study: the rate, the schedule and the reason, as values.

Path:   controllers answer -> api adds the costs of the record -> reports and `--json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Group, Parts
from ratecraft.records.proof import TriedArm
from ratecraft.records.trials import Searched
from ratecraft.schedules.trees.nodes import Schedule

Verdict: TypeAlias = Literal[
    "gain", "no-gain", "not-compared", "saturated", "no-information", "not-repeatable", "found", "suggested", "proved"
]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of the tuner: a code of `translations` (`decision.<code>`) and its numbers."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Probe:
    """One scored probe: its constant rate, the step of its end, its score (None: none came) and how it ended.

    The first `warm_up` of its steps rise to that rate; 0 if that is not known.
    """

    job: str
    rate: float
    stop: int
    score: float | None
    ending: str
    seed: int = 0
    warm_up: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """One probe of body and head at rates of their own.

    Attributes:
        share: The body's rate over the head's; 0 if the body was frozen.
        rate: The head's constant rate.
        stop: Step of its end.
        score: What it came to; None if no score came.
        ending: How it ended.
        job: Key of its job.
    """

    share: float
    rate: float
    stop: int
    score: float | None
    ending: str
    job: str


@dataclass(frozen=True, slots=True)
class Ramp:
    """A run whose rate rises at every step: its curve, and what it tells.

    Attributes:
        job: Key of its job.
        rates: The rate of each of its steps.
        losses: The training loss at each step that was done, taken before the step's update; NaN if none was seen.
        edge: The rate at which the loss begins to rise; None if it never did.
        edge_interval: Between which rates the edge lies.
        suggestions: Name of a finder's rule to the rate that it reads off the curve; None if it finds none.
        empty: Why the curve tells nothing of a good rate (`few-points`, `not-training`, `flat`, `noisy`); else empty.
    """

    job: str
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    edge: float | None = None
    edge_interval: tuple[float, float] | None = None
    suggestions: Mapping[str, float | None] = field(default_factory=dict[str, float | None])
    empty: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a full run came out, in the unit of the metric: at its end, and at its best with the step of it."""

    final: float | None
    best: float | None
    best_at: int | None
    steps: int


@dataclass(frozen=True, slots=True)
class Span:
    """An expected value, and the interval that contains it in nine of ten cases."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Where the final run will end, and where one of twice its steps would, in the unit of the metric."""

    final: Span
    twice: Span


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tuning study found.

    Attributes:
        verdict: `gain`, `no-gain` (keep your rate), `not-compared` (there is no baseline), `saturated` (the run is
            several times too long), `no-information` (the scores do not tell rates apart) or `not-repeatable` (the
            difference is inside what two equal starts differ by). Of a search without a full run: `found` (a rate), or
            `suggested` (what a ramp alone tells).
            Of a proof by experiment: `proved`.
        metric: What was compared, and from which kind of figure.
        scored_by: What probes were compared by where it was not the metric; None if it was.
        rate: Peak rate of the leading group; None if there is no information.
        interval: Rates whose predicted score is within one noise sd of the best; None if the noise is unknown.
        rough: The interval's noise is only the scatter of the scores about their parabola.
        edge: The lowest rate that blew up, or at which a ramp began to rise; None if none did.
        own_rate: The largest rate that the script itself wrote.
        horizon: Optimizer steps of the full run, with `horizon_source`.
        schedules: The final job's schedules.
        groups: The script's parameter groups; `rate` is that of `groups[leading]`.
        leading: Index of the leading group.
        baseline: The script as it is; None with `--no-baseline`.
        tuned: The final run; None if none was made.
        constant: The full run at its rate held constant, for comparison; None if that was not asked for.
        final_job: Key of the final job; empty if none was made.
        best_job: Key of the job whose validated state is the best of the study.
        probes: Every scored probe, by rung and rate.
        unannealed: The best long probe before its cool-down, for comparison; None if it was not scored there.
        decisions: What was decided, in order, with its numbers.
        doubts: Why the rate that was found is not sure, as codes of `screen.doubt`; empty if it is, and of studies
            that end without a full run.
        marks: Codes that qualify the result: `training`, `training-probes`, `short-run`, `rough`, `at-edge`, `moved`,
            `length-unknown`.
        ramp: The range ramp; None if none was needed or asked for.
        parts: The model as body and head; None if no one asked for that.
        share: The body's rate over the head's, which `rate` is; 1 if one rate is for both, 0 if the body is
            frozen; None if no one asked, or no share was looked for.
        shares: Every probe of a share.
        search: The trials of a classic search; None for any other study.
        tried: The result of each arm of a proof by experiment.
        foreseen: Where the final run was to end, said before it was made; None if nothing could be said.
        twice: Where a run of twice the steps would end, from where the final run did; None as there.
    """

    verdict: Verdict
    metric: Metric
    rate: float | None = None
    interval: tuple[float, float] | None = None
    rough: bool = False
    edge: float | None = None
    own_rate: float | None = None
    horizon: int = 0
    horizon_source: str = ""
    schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    groups: tuple[Group, ...] = ()
    leading: int = 0
    baseline: RunResult | None = None
    tuned: RunResult | None = None
    final_job: str = ""
    best_job: str = ""
    probes: tuple[Probe, ...] = ()
    decisions: tuple[Decision, ...] = ()
    doubts: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    constant: RunResult | None = None
    unannealed: Probe | None = None
    ramp: Ramp | None = None
    foreseen: Foreseen | None = None
    twice: Span | None = None
    parts: Parts | None = None
    share: float | None = None
    shares: tuple[Share, ...] = ()
    search: Searched | None = None
    tried: tuple[TriedArm, ...] = ()
    scored_by: Metric | None = None

    @property
    def is_sure(self) -> bool:
        """Whether nothing on the way leaves a doubt about the rate that was found."""
        return self.rate is not None and not self.doubts

    @property
    def stands_by(self) -> Literal["baseline", "tuned"]:
        """Whose files the user should have: the final run's, unless there is a baseline that it does not beat."""
        if self.baseline is None:
            return "tuned"
        if self.verdict == "no-gain" or self.tuned is None or self.tuned.final is None:
            return "baseline"
        own = self.baseline.final
        is_worse = own is not None and self.metric.sign() * (self.tuned.final - own) > 0
        return "baseline" if is_worse else "tuned"

    @property
    def probe_metric(self) -> Metric:
        """What the scores of probes are in."""
        return self.scored_by or self.metric

    @property
    def is_split(self) -> bool:
        """Whether body and head get rates of their own."""
        return self.share is not None and self.share != 1

    @property
    def ratios(self) -> tuple[float, ...]:
        """Each group's rate over `rate`: of the script's groups, or of the body's and the head's where it had one.

        A frozen body is not a group.
        """
        if self.is_split and self.share is not None and len(self.groups) < 2:
            return (self.share, 1.0) if self.share else (1.0,)
        return tuple(group.ratio for group in self.groups) or (1.0,)

    @property
    def optimizers(self) -> tuple[tuple[Group, ...], ...]:
        """The groups of each of the script's optimizers, in the order in which it makes them."""
        numbers = dict.fromkeys(group.number for group in self.groups)
        return tuple(tuple(group for group in self.groups if group.number == number) for number in numbers)
