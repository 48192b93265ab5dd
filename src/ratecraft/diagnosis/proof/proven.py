"""Judges findings by short branches: each is proven, seen, refuted, or still only observed.

Path:   a diagnosis, the arms that were tried -> the diagnosis with its findings judged, and what the arms show alone.
Units:  rates are absolute; those of advice are peaks.

What validation shows over a quarter of the run is proven; all else was seen in some steps, and no more than ten times
the rate is advised from it. What a short branch shows of a run that learns is a hint; what a long one shows by the
validation loss, or a short one of a run that does not learn, is a warning (`comparing`).

Within the same steps a higher rate mostly comes further: shorter runs want higher rates. That the run would end better
with it is only shown where such a branch comes clearly lower than the whole run as it is; else it gets there sooner.
Likewise where a run over-fits: calmer steps over-fit less within a quarter of it, which says nothing of the rate unless
they come lower than the run as it is did at its lowest.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ratecraft.diagnosis.diagnosing import Diagnosis
from ratecraft.diagnosis.finding import Advice, Finding, Shown, Status
from ratecraft.diagnosis.proof.comparing import (
    CALMER,
    CLEAR,
    LADDERS,
    WIDE,
    Compared,
    Row,
    compared,
    mean_of,
    proof_steps,
)
from ratecraft.diagnosis.proof.not_the_rate import without_blame
from ratecraft.diagnosis.proof.one_batch import one_batch_of
from ratecraft.diagnosis.proof.proving import PROOFS, REFUTABLE, arms_of, start_of
from ratecraft.laws.trials.paired import paired
from ratecraft.records.proof import TriedArm
from ratecraft.records.treatment import clip_norm_of

_FAR = 10.0  # no higher rate is advised that validation did not show
_SHOWN = frozenset({"proven", "seen"})
_SOONER = "higher-rate-sooner"
_OVERFIT = frozenset({"overfit", "overfit-calibration"})

_WINNERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(LADDERS[0], "higher-rate-wins"),
        **dict.fromkeys(LADDERS[1], "lower-rate-wins"),
        "clipped": "clipping-wins",
        "warmed-up": "warm-up-wins",
        "standardised": "standardising-wins",
        "undecayed": "no-decay-wins",
        "held": "cool-down-wins",
    }
)
"""Arm to the finding that it shows if no observed finding explains its gain."""

_ADVISED: Mapping[str, str] = MappingProxyType({"clipped": "clip", "warmed-up": "warm-up", "held": "cool-down"})
"""Arm to the advice that it follows: where it does no better, it is not given."""


@dataclass(frozen=True, slots=True)
class AsItIs:
    """The unmodified run, if it was seen in full.

    Attributes:
        first: The loss with which it began; None takes the highest from which a branch began.
        peak: Largest rate of the run; None takes that of the branch as it is.
        samples: Samples of a batch.
        lowest: By the metric of an arm, empty for the training loss, the lowest level of that loss over the run.
    """

    first: float | None = None
    peak: float | None = None
    samples: float | None = None
    lowest: Mapping[str, float] = field(default_factory=dict[str, float])


def proven(said: Diagnosis, tried: Sequence[TriedArm], planned: int, own: AsItIs | None = None) -> Diagnosis:
    """The diagnosis, with its findings judged by the branches.

    Args:
        said: What was observed.
        tried: What came of the arms.
        planned: Steps of a full run, from which the branches' places follow.
        own: The run as it is; None if the branches alone were seen.
    """
    own = own or AsItIs()
    observed = (*said.findings, *(explained.finding for explained in said.explained))
    over_fits = not _OVERFIT.isdisjoint(finding.code for finding in observed)
    judge = _Judge(_longest(compared(tried, own.first)), planned, own, over_fits=over_fits)
    blameless = without_blame(said, judge.arms, one_batch_of(tried, own.samples))
    of_it = () if blameless is None else blameless[1]
    left = [finding for finding in said.findings if all(finding is not one.finding for one in of_it)]
    findings = [judge.judged(finding) for finding in left] + ([] if blameless is None else [blameless[0]])
    findings += list(judge.winners(findings))
    explained = [replace(explained, finding=judge.judged(explained.finding)) for explained in (*said.explained, *of_it)]
    order = {"proven": 0, "seen": 1, "observed": 2, "refuted": 3}
    severity = {"error": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda finding: (finding.status == "refuted", severity[finding.severity], order[finding.status]))
    is_warned = any(finding.severity != "info" and finding.status != "refuted" for finding in findings)
    unjudged = None if is_warned else said.unjudged  # branches do not make more of what was seen
    return Diagnosis(tuple(findings), tuple(explained), said.undecided, unjudged)


def _longest(rows: Sequence[Row]) -> tuple[Compared, ...]:
    """Every arm of every place: where a longer try was made of a kind, what that shows counts."""
    every = [arm for row in rows for arm in row]
    long = {(arm.tried.start, arm.kind) for arm in every if arm.tried.validated}
    return tuple(arm for arm in every if arm.tried.validated or (arm.trusted_at, arm.kind) not in long)


@dataclass(frozen=True)
class _Judge:
    """Judges what branches showed about a run.

    Attributes:
        arms: Every arm against the run as it is.
        planned: Steps of a full run.
        own: What is known of the run as it is.
        over_fits: It was observed to over-fit.
    """

    arms: Sequence[Compared]
    planned: int
    own: AsItIs
    over_fits: bool = False

    def judged(self, finding: Finding) -> Finding:
        """The finding with its status, and the arm that decided it."""
        proof = PROOFS.get(finding.code)
        if proof is None:
            return finding
        at, names = start_of(finding, proof, self.planned), arms_of(proof)
        row = [
            arm
            for arm in self.arms
            if arm.name in names and (at in (None, arm.tried.start) or (arm.tried.validated and arm.shows))
        ]
        if not row:
            return finding
        best = self._mildest(max(row, key=self._rank))
        if best.shows:
            if self._is_sooner(best):
                return replace(finding, status=self._status(best), shown=_shown(best))
            advice = self._advice(best)
            failed = {_ADVISED.get(arm.name, "") for arm in row if not arm.shows}
            known = {one.code for one in advice} | failed
            rest = tuple(advice for advice in finding.advice if advice.code.removesuffix("-usual") not in known)
            severity = "warning" if finding.severity == "info" and self._decides(best) else finding.severity
            judged = replace(finding, status=self._status(best), shown=_shown(best), severity=severity)
            return replace(judged, confidence=0.99, advice=(*advice, *rest))
        learns = not any(arm.stands for arm in row)  # where nothing moves, no change of a rate shows
        if finding.code in REFUTABLE and learns and all(arm.gain.is_no_better for arm in row):
            return replace(finding, status="refuted", shown=_shown(best), severity="info")
        return replace(finding, shown=_shown(best))

    def winners(self, observed: Sequence[Finding]) -> Iterator[Finding]:
        """What the arms show beside what was observed, where no cause is proven yet: of each kind the best.

        That a higher rate does better at the very beginning is so of many good runs, and no hint.
        """
        if any(finding.status in _SHOWN and finding.severity != "info" for finding in observed):
            return
        hints = [arm for arm in self.arms if arm.shows and arm.name in _WINNERS and not self._over_fits_less(arm)]
        hints = [hint for hint in hints if self._decides(hint) or hint.name not in LADDERS[0] or hint.tried.start > 0]
        decided = [hint for hint in hints if self._decides(hint)]
        ranked = sorted(decided or hints, key=self._rank)
        tops = {arm.tried.place: arm for arm in ranked}  # two that do better at one place are mostly one thing
        best = {self._winner(arm): self._mildest(arm) for arm in ranked if arm in tops.values()}
        known = [finding.shown.arm for finding in observed if finding.shown is not None and finding.status in _SHOWN]
        if not set(LADDERS[0]).isdisjoint(known):
            best.pop(_SOONER, None)  # which is said of it there
        for code, arm in reversed(best.items()):
            where = (arm.tried.start, arm.tried.start + arm.tried.steps)
            evidence = {"rate": arm.control.rate, "steps": arm.tried.steps, "start": arm.tried.start}
            evidence |= {"lowest": self.own.lowest[arm.tried.metric]} if code == _SOONER else {}
            severity = "warning" if self._decides(arm) else "info"
            if all(one.code != code for one in observed):
                yield Finding(code, severity, 0.95, where, evidence, self._advice(arm), self._status(arm), _shown(arm))

    def _winner(self, each: Compared) -> str:
        """The finding that an arm shows if no observed finding explains its gain."""
        return _SOONER if self._is_sooner(each) else _WINNERS[each.name]

    def _is_sooner(self, each: Compared) -> bool:
        """Whether a higher rate, tried for long, came no clearly lower than the whole run does as it is."""
        lowest = self.own.lowest.get(each.tried.metric)
        if lowest is None or each.name not in LADDERS[0] or not each.tried.validated or each.stands:
            return False
        gain = paired([lowest] * len(each.tried.scores), each.tried.scores)
        return gain is not None and gain.gain <= CLEAR

    def _over_fits_less(self, each: Compared) -> bool:
        """Whether calmer steps of a run that over-fits came no lower than it did itself, before it rose again."""
        lowest = self.own.lowest.get(each.tried.metric)
        if not self.over_fits or lowest is None or not each.tried.metric or each.name not in CALMER:
            return False
        gain = paired([lowest] * len(each.tried.scores), each.tried.scores)
        return gain is not None and not gain.is_better

    def _decides(self, each: Compared) -> bool:
        """Whether what an arm shows is a warning: by validation, where the run does not learn, or by a long branch."""
        is_doubtful = self._is_sooner(each) or self._over_fits_less(each)
        if not each.shows or is_doubtful or (each.name == "standardised" and each.gain.low <= WIDE):
            return False
        told = bool(each.tried.metric) or (each.tried.validated and each.gain.low > CLEAR)
        return each.stands or (told and (each.is_trusted or each.gain.low >= WIDE))

    def _rank(self, each: Compared) -> tuple[bool, bool, float, float]:
        """What shows a fault after what does not, what decides last, then the larger gain, then the lower loss."""
        loss = mean_of(each.tried.scores)
        return each.shows, self._decides(each), each.gain.gain, -math.inf if loss is None else -loss

    def _mildest(self, best: Compared) -> Compared:
        """Of the lower rates of a short branch, which favours the lowest, the highest that does as well as the best."""
        if best.tried.metric or best.name not in LADDERS[1]:
            return best
        beside = {arm.name: arm for arm in self.arms if arm.tried.place == best.tried.place and arm.shows}
        nearer = (beside[name] for name in LADDERS[1][: LADDERS[1].index(best.name)] if name in beside)
        return next((arm for arm in nearer if not _is_clearly_better(best, arm)), best)

    def _status(self, each: Compared) -> Status:
        """Proven if validation shows it over a quarter of the run; otherwise only seen within the steps of a branch."""
        is_doubtful = self._is_sooner(each) or self._over_fits_less(each)
        is_proof = each.tried.metric and each.tried.steps >= proof_steps(self.planned) and not is_doubtful
        return "proven" if is_proof else "seen"

    def _advice(self, each: Compared) -> tuple[Advice, ...]:
        """What carries the arm out, with its numbers."""
        if self._is_sooner(each):
            return (Advice("find-rate"),)
        arm = each.tried.arm
        factor = arm.factor if each.tried.metric else min(arm.factor, _FAR)
        before = self.own.peak or each.control.rate
        rate = before * factor
        match arm.name:
            case name if name in LADDERS[0]:
                return (Advice("raise-rate", {"rate": rate, "before": before, "factor": factor}),)
            case name if name in LADDERS[1]:
                return (Advice("set-rate", {"rate": rate, "before": before, "factor": 1 / factor}),)
            case "clipped":
                return (Advice("clip-usual", {"norm": clip_norm_of(arm.treatment) or math.inf}),)
            case "warmed-up":
                return (Advice("warm-up", {"steps": arm.warm_up}),)
            case "standardised":
                return (Advice("standardise", {}),)
            case "undecayed":
                return (Advice("lower-decay", {"decay": 0.0}),)
            case "held" if each.tried.validated:
                return (Advice("cool-down", {"share": each.tried.steps / self.planned, "steps": each.tried.steps}),)
            case _:
                return ()  # what was observed advises a cool-down itself


def _is_clearly_better(one: Compared, other: Compared) -> bool:
    gain = paired(other.tried.scores, one.tried.scores)
    return gain is None or gain.is_better


def _shown(each: Compared) -> Shown:
    cooled = each.name == "held"  # there the run as it is shows what a cool-down wins
    better, other = (each.control, each.tried) if cooled else (each.tried, each.control)
    return Shown(
        arm="cooled" if cooled else each.name,
        start=each.tried.start,
        steps=each.tried.steps,
        loss=mean_of(better.scores),
        as_it_is=mean_of(other.scores),
        gain=each.gain.gain,
        low=each.gain.low,
        high=each.gain.high,
        repeats=len(each.tried.scores),
        metric=each.tried.metric,
    )
