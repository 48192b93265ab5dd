"""Diagnoses a run: asks every rule, and sets aside findings that another one explains.

Path:   `ObservedRun` -> every rule -> `Diagnosis` -> reports.
Source: docs/reference/findings.md, "Judging": numbers and plumbing first, then the history of the loss, then its end; a
        finding of an earlier stage suppresses those that it explains.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from ratecraft.diagnosis.enough import Unjudged, unjudged_of
from ratecraft.diagnosis.finding import Finding, Severity, Undecided
from ratecraft.diagnosis.losses.chance import AT_CHANCE
from ratecraft.diagnosis.losses.collapse import COLLAPSED
from ratecraft.diagnosis.losses.divergence import DIVERGED
from ratecraft.diagnosis.losses.first_loss import FIRST_LOSS_HIGH
from ratecraft.diagnosis.losses.noise import DECAY_MISSING, ZIGZAG
from ratecraft.diagnosis.losses.non_finite import NON_FINITE
from ratecraft.diagnosis.losses.not_learning import NOT_LEARNING
from ratecraft.diagnosis.losses.overfit import OVERFIT
from ratecraft.diagnosis.losses.slow import TOO_SMALL
from ratecraft.diagnosis.losses.spikes import CLIP_MISSING, SPIKES
from ratecraft.diagnosis.losses.vanishing import VANISHING
from ratecraft.diagnosis.model.clipping import CLIP_IS_THE_RATE
from ratecraft.diagnosis.model.dead_units import UNITS_DIED
from ratecraft.diagnosis.model.dropout import DROPOUT
from ratecraft.diagnosis.model.first_weights import FIRST_WEIGHTS
from ratecraft.diagnosis.model.groups import BODY_AT_HEAD_RATE
from ratecraft.diagnosis.model.inputs import INPUTS_UNSCALED
from ratecraft.diagnosis.model.recurrent import RECURRENT_EXPLODES
from ratecraft.diagnosis.model.scaler import SCALER_SKIPS
from ratecraft.diagnosis.model.weight_decay import WEIGHT_DECAY_STRONG
from ratecraft.diagnosis.program.clearing import CLEARING
from ratecraft.diagnosis.program.feeding import FEEDING
from ratecraft.diagnosis.program.last_layer import LAST_LAYER
from ratecraft.diagnosis.program.left_out import LEFT_OUT
from ratecraft.diagnosis.program.loss_inputs import LOSS_INPUTS
from ratecraft.diagnosis.program.modes import MODES
from ratecraft.diagnosis.program.several_processes import SEVERAL_PROCESSES
from ratecraft.diagnosis.rates.batch_change import BATCH_CHANGED
from ratecraft.diagnosis.rates.decay import DECAYED_TOO_SOON
from ratecraft.diagnosis.rates.effective_rate import EFFECTIVE_RATE_DYING
from ratecraft.diagnosis.rates.rate_range import RATE_RANGE
from ratecraft.diagnosis.rates.resume import RESUMED
from ratecraft.diagnosis.rates.schedule_faults import SCHEDULE_FAULTS
from ratecraft.diagnosis.rates.scheduler_steps import SCHEDULER_STEPS
from ratecraft.diagnosis.rates.warm_up import WARM_UP_MISSING
from ratecraft.diagnosis.rule import Rule
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.records.watching.guarding import as_judged
from ratecraft.records.watching.observed import ObservedRun

RULES: tuple[Rule, ...] = (
    CLEARING,
    LOSS_INPUTS,
    LAST_LAYER,
    MODES,
    FEEDING,
    SCHEDULER_STEPS,
    SEVERAL_PROCESSES,
    NON_FINITE,
    SCALER_SKIPS,
    SCHEDULE_FAULTS,
    RATE_RANGE,
    LEFT_OUT,
    VANISHING,
    INPUTS_UNSCALED,
    FIRST_WEIGHTS,
    FIRST_LOSS_HIGH,
    WEIGHT_DECAY_STRONG,
    RESUMED,
    BATCH_CHANGED,
    BODY_AT_HEAD_RATE,
    DIVERGED,
    COLLAPSED,
    NOT_LEARNING,
    AT_CHANCE,
    WARM_UP_MISSING,
    CLIP_IS_THE_RATE,
    RECURRENT_EXPLODES,
    UNITS_DIED,
    CLIP_MISSING,
    SPIKES,
    ZIGZAG,
    TOO_SMALL,
    DECAYED_TOO_SOON,
    DECAY_MISSING,
    EFFECTIVE_RATE_DYING,
    OVERFIT,
    DROPOUT,
)
"""Every rule, in the order of judgement."""

_WRITTEN = (CLEARING, LOSS_INPUTS, LAST_LAYER, MODES, FEEDING, SCHEDULER_STEPS, SEVERAL_PROCESSES)

_CAUSES = (
    *(kind.code for rule in _WRITTEN for kind in rule.kinds if kind.explains),
    "non-finite",
    "non-finite-after-growth",
    "non-finite-at-once",
    "rate-zero",
    "no-gradient",
    "diverged",
    "collapsed",
    "collapsed-at-once",
    "body-at-head-rate",
    "parameters-left-out",
    "parameters-without-gradient",
    "gradients-vanish",
    "inputs-unscaled",
    "weights-large",
    "weights-small",
    "first-loss-high",
    "clip-is-the-rate",
    "weight-decay-strong",
    "units-died",
    "updates-small",
    "stuck",
    "validation-at-chance",
    "standstill",
    "not-learning",
    "creeping",
    "warm-up-unfinished",
    "stepped-too-rarely",
    "stepped-too-often",
    "schedule-wraps",
    "decayed-too-soon",
    "too-large-noise",
    "overfit",
    "too-small",
    "still-learning",
    "warm-up-missing",
    "recurrent-explodes",
    "clip-missing",
    "resume-schedule",
    "resume-state",
    "scaler-skips",
)
"""Where several explain a finding, the first of these is named, and any other one after them."""


def _explains() -> dict[str, frozenset[str]]:
    kinds = {kind.code: kind for rule in RULES for kind in rule.kinds}
    causes = [code for code in (*_CAUSES, *(kind for kind in kinds if kind not in _CAUSES)) if kinds[code].explains]
    return {
        cause: frozenset(
            code
            for code, kind in kinds.items()
            if code != cause and not {code, *kind.families}.isdisjoint(kinds[cause].explains)
        )
        for cause in causes
    }


EXPLAINS: Mapping[str, frozenset[str]] = MappingProxyType(_explains())
"""Code of a cause to the codes of its consequences."""

Verdict: TypeAlias = Literal["lost", "warning", "cannot-judge", "hint", "nothing"]
"""What is said of a run. `nothing` means that enough was seen, and that nothing is wrong in it."""

VERDICTS: tuple[Verdict, ...] = ("lost", "warning", "cannot-judge", "hint", "nothing")
"""All verdicts, the worst first."""

_OF_SEVERITY: Mapping[Severity, Verdict] = MappingProxyType({"error": "lost", "warning": "warning", "info": "hint"})
_ORDER: Mapping[Severity, int] = MappingProxyType({"error": 0, "warning": 1, "info": 2})
_SILENT = 0.5  # confidence below which nothing is said (docs/reference/findings.md, "Judging")


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding that follows from another one."""

    finding: Finding
    by: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The diagnosis of one run.

    Attributes:
        findings: Causes, the worst and surest first.
        explained: Further findings, each with the code of the finding that it follows from.
        undecided: What looks wrong, and what would have to be logged to decide it.
        unjudged: Why the absence of findings means nothing; None if enough was seen.
    """

    findings: tuple[Finding, ...]
    explained: tuple[Explained, ...]
    undecided: tuple[Undecided, ...]
    unjudged: Unjudged | None = None

    @property
    def severity(self) -> Severity | None:
        """The severity of the worst finding; None if there is none."""
        return self.findings[0].severity if self.findings else None

    @property
    def verdict(self) -> Verdict:
        """The verdict on the run as a whole."""
        if self.unjudged:
            return "cannot-judge"
        return _OF_SEVERITY[self.severity] if self.severity else "nothing"


def diagnosis_of(run: ObservedRun) -> Diagnosis:
    """Ask every rule about a run.

    Args:
        run: The observed run. A guard's changes to its rate are not judged, nor what came after it held the weights.

    Example:
        >>> from ratecraft.records.watching.observed import observed_series
        >>> losses = observed_series("loss", range(100), [2.0] * 60 + [float("nan")] * 40)
        >>> [finding.code for finding in diagnosis_of(ObservedRun({"loss": losses}, "step")).findings]
        ['non-finite']
    """
    view = RunView(as_judged(run))
    said = [item for rule in RULES for item in rule.look(view)]
    found = [item for item in said if isinstance(item, Finding) and item.confidence >= _SILENT]
    codes = {finding.code for finding in found}
    told = set[str]()
    causes: list[Finding] = []
    explained: list[Explained] = []
    for finding in sorted(found, key=lambda finding: (_ORDER[finding.severity], -finding.confidence)):
        if finding.code in told:  # two rules saw the same
            continue
        told.add(finding.code)
        by = next((code for code in EXPLAINS if code in codes and finding.code in EXPLAINS[code]), None)
        if by is None:
            causes.append(finding)
        else:
            explained.append(Explained(finding, by))
    settled = bool(causes) and causes[0].severity == "error"
    undecided = () if settled else tuple(item for item in said if isinstance(item, Undecided))
    is_warned = bool(causes) and causes[0].severity != "info"
    return Diagnosis(tuple(causes), tuple(explained), undecided, None if is_warned else unjudged_of(view, undecided))
