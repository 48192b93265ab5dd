"""From a run to what is wrong with it: every rule is asked, and what another finding explains is set aside.

Path:   `ObservedRun` -> every rule -> `Diagnosis` -> reports.
Source: docs/reference/findings.md, "Judging": numbers and plumbing first, then the history of the loss, then its end; a
        finding of an earlier stage suppresses those that it explains.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ratecraft.diagnosis.batch_change import batch_changed
from ratecraft.diagnosis.chance import at_chance
from ratecraft.diagnosis.clipping import clip_is_the_rate
from ratecraft.diagnosis.collapse import collapsed
from ratecraft.diagnosis.dead_units import units_died
from ratecraft.diagnosis.decay import decayed_too_soon
from ratecraft.diagnosis.divergence import diverged
from ratecraft.diagnosis.effective_rate import effective_rate_dying
from ratecraft.diagnosis.finding import Finding, Severity, Undecided
from ratecraft.diagnosis.first_loss import first_loss_high
from ratecraft.diagnosis.first_weights import first_weights
from ratecraft.diagnosis.groups import body_at_head_rate
from ratecraft.diagnosis.inputs import inputs_unscaled
from ratecraft.diagnosis.left_out import left_out
from ratecraft.diagnosis.noise import decay_missing, zigzag
from ratecraft.diagnosis.non_finite import non_finite
from ratecraft.diagnosis.not_learning import not_learning
from ratecraft.diagnosis.overfit import overfit
from ratecraft.diagnosis.rate_range import rate_range
from ratecraft.diagnosis.recurrent import recurrent_explodes
from ratecraft.diagnosis.resume import resumed
from ratecraft.diagnosis.run_view import RunView
from ratecraft.diagnosis.scaler import scaler_skips
from ratecraft.diagnosis.schedule_faults import schedule_faults
from ratecraft.diagnosis.slow import too_small
from ratecraft.diagnosis.spikes import clip_missing, spikes
from ratecraft.diagnosis.warm_up import warm_up_missing
from ratecraft.diagnosis.weight_decay import weight_decay_strong
from ratecraft.records.guarding import as_scripted
from ratecraft.records.observed import ObservedRun

__all__ = ["EXPLAINS", "RULES", "Diagnosis", "Explained", "diagnosis_of"]

Rule = Callable[[RunView], Iterable[Finding | Undecided]]

RULES: tuple[Rule, ...] = (
    non_finite,
    scaler_skips,
    schedule_faults,
    rate_range,
    left_out,
    inputs_unscaled,
    first_weights,
    first_loss_high,
    weight_decay_strong,
    resumed,
    batch_changed,
    body_at_head_rate,
    diverged,
    collapsed,
    not_learning,
    at_chance,
    warm_up_missing,
    clip_is_the_rate,
    recurrent_explodes,
    units_died,
    clip_missing,
    spikes,
    zigzag,
    too_small,
    decayed_too_soon,
    decay_missing,
    effective_rate_dying,
    overfit,
)
"""Every rule, in the order of judgement."""

_BROKEN = frozenset(
    {"spikes", "level-shift", "too-large-noise", "decay-missing", "overfit", "overfit-calibration", "zigzag"}
    | {"not-learning", "creeping", "too-small", "still-learning", "updates-small", "warm-up-missing", "warm-up-short"}
    | {"finished-early", "decayed-too-soon", "effective-rate-dying", "clip-missing"}
)
_LOST = frozenset({"diverged", "collapsed", "collapsed-at-once", "units-died", "stuck", "standstill"})
_DEAD = frozenset({"units-died", "stuck", "standstill", "rate-far-above"})
_STARTED = _BROKEN | {"collapsed", "collapsed-at-once", "units-died", "stuck"}
_STANDING = frozenset({"too-small", "still-learning", "updates-small", "not-learning", "finished-early"})

EXPLAINS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "non-finite": _BROKEN | _LOST,
        "non-finite-after-growth": _BROKEN | _LOST | {"rate-far-above"},
        "non-finite-at-once": _BROKEN | _LOST | {"rate-far-above"},
        "rate-zero": _BROKEN,
        "no-gradient": _BROKEN,
        "diverged": _BROKEN | _DEAD | {"collapsed", "collapsed-at-once"},
        "collapsed": _BROKEN | _DEAD,
        "collapsed-at-once": _BROKEN | _DEAD,
        "body-at-head-rate": frozenset({"overfit", "overfit-calibration"}),
        "parameters-left-out": _STANDING | {"stuck", "creeping"},
        "parameters-without-gradient": _STANDING | {"stuck", "creeping"},
        "inputs-unscaled": _STARTED | {"first-loss-high"},
        "weights-large": _STARTED | {"first-loss-high"},
        "weights-small": _STANDING | {"stuck", "creeping", "still-learning", "too-small"},
        "first-loss-high": _STARTED,
        "clip-is-the-rate": _STANDING | {"stuck", "creeping"},
        "weight-decay-strong": _BROKEN | {"collapsed", "collapsed-at-once", "units-died"},
        "units-died": _BROKEN | {"stuck", "rate-far-above"},
        "updates-small": frozenset({"too-small", "still-learning", "decay-missing", "rate-far-below"}),
        "stuck": _STANDING | {"creeping", "decay-missing", "overfit", "rate-far-below"},
        "validation-at-chance": frozenset({"overfit", "overfit-calibration", "decay-missing", "too-large-noise"}),
        "standstill": _BROKEN,
        "not-learning": frozenset({"overfit", "overfit-calibration", "decay-missing"}),
        "creeping": _STANDING | {"decay-missing", "overfit", "rate-far-below"},
        "warm-up-unfinished": _STANDING | {"warm-up-missing"},
        "stepped-too-rarely": frozenset({"decay-missing", "schedule-cut", "too-large-noise"}),
        "stepped-too-often": frozenset({"resume-schedule", "schedule-wraps", "spikes", "overfit"}),
        "schedule-wraps": frozenset({"decayed-too-soon", "overfit"}),
        "decayed-too-soon": frozenset({"finished-early", "too-small"}),
        "too-large-noise": frozenset({"decay-missing", "spikes", "overfit"}),
        "overfit": frozenset({"decay-missing"}),
        "too-small": frozenset({"still-learning", "decay-missing", "rate-far-below"}),
        "still-learning": frozenset({"decay-missing"}),
        "warm-up-missing": frozenset({"spikes"}),
        "recurrent-explodes": frozenset({"clip-missing", "spikes", "level-shift", "warm-up-missing"}),
        "clip-missing": frozenset({"spikes"}),
        "resume-schedule": frozenset({"spikes", "level-shift"}),
        "resume-state": frozenset({"spikes", "level-shift"}),
        "scaler-skips": frozenset({"non-finite-passing"}),
    }
)
"""Code of a cause to the codes of what follows from it."""

_ORDER: Mapping[Severity, int] = MappingProxyType({"error": 0, "warning": 1, "info": 2})
_SILENT = 0.5  # confidence below which nothing is said (docs/reference/findings.md, "Judging")


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding that follows from another one."""

    finding: Finding
    by: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that is said of one run.

    Attributes:
        findings: Causes, the worst and surest first.
        explained: What was seen as well, and the code of the finding that it follows from.
        undecided: What looks wrong, and what would have to be logged to tell.
    """

    findings: tuple[Finding, ...]
    explained: tuple[Explained, ...]
    undecided: tuple[Undecided, ...]

    @property
    def severity(self) -> Severity | None:
        """That of the worst finding; None where there is none."""
        return self.findings[0].severity if self.findings else None


def diagnosis_of(run: ObservedRun) -> Diagnosis:
    """Ask every rule about a run.

    Args:
        run: As it was seen. What a guard did to its rate, and what came after it held the weights, is not judged.

    Example:
        >>> from ratecraft.records.observed import observed_series
        >>> losses = observed_series("loss", range(100), [2.0] * 60 + [float("nan")] * 40)
        >>> [finding.code for finding in diagnosis_of(ObservedRun({"loss": losses}, "step")).findings]
        ['non-finite']
    """
    view = RunView(as_scripted(run))
    said = [each for rule in RULES for each in rule(view)]
    found = [each for each in said if isinstance(each, Finding) and each.confidence >= _SILENT]
    codes = {each.code for each in found}
    told = set[str]()
    causes: list[Finding] = []
    explained: list[Explained] = []
    for finding in sorted(found, key=lambda each: (_ORDER[each.severity], -each.confidence)):
        if finding.code in told:  # two rules saw the same
            continue
        told.add(finding.code)
        by = next((code for code in EXPLAINS if code in codes and finding.code in EXPLAINS[code]), None)
        if by is None:
            causes.append(finding)
        else:
            explained.append(Explained(finding, by))
    settled = bool(causes) and causes[0].severity == "error"
    undecided = () if settled else tuple(each for each in said if isinstance(each, Undecided))
    return Diagnosis(tuple(causes), tuple(explained), undecided)
