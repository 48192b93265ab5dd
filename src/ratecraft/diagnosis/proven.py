"""What short branches showed: each finding proven, seen, refuted or only observed still, and what to set.

Path:   a diagnosis, the arms that were tried -> the diagnosis with its findings judged, and what the arms show alone.
Units:  rates are absolute; those of advice are peaks.

What validation shows over a quarter of the run is proven; all else was seen in some steps, and no more than ten times
the rate is advised from it. What a short branch shows of a run that learns is a hint; what a long one shows by the
validation loss, or a short one of a run that does not learn, is a warning (`comparing`).

Within the same steps a higher rate mostly comes further: shorter runs want higher rates. That the run would end better
with it is only shown where such a branch comes clearly lower than the whole run as it is; else it gets there sooner.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ratecraft.diagnosis.comparing import CLEAR, LADDERS, WIDE, Compared, Row, compared, mean_of, proof_steps
from ratecraft.diagnosis.diagnosing import Diagnosis
from ratecraft.diagnosis.finding import Advice, Finding, Shown, Status
from ratecraft.diagnosis.not_the_rate import without_blame
from ratecraft.diagnosis.proving import PROOFS, REFUTABLE, arms_of, start_of
from ratecraft.laws.paired import paired
from ratecraft.records.proof import TriedArm
from ratecraft.records.treatment import clip_norm_of

__all__ = ["AsItIs", "proven"]

_FAR = 10.0  # no higher rate is advised that validation did not show
_SHOWN = frozenset({"proven", "seen"})
_SOONER = "higher-rate-sooner"

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
"""Arm to the code of what it shows where nothing that was observed does."""

_ADVISED: Mapping[str, str] = MappingProxyType({"clipped": "clip", "warmed-up": "warm-up", "held": "cool-down"})
"""Arm to the advice that it follows: where it does no better, it is not given."""


@dataclass(frozen=True, slots=True)
class AsItIs:
    """What is known of the run as it is, where it was seen as a whole.

    Attributes:
        first: The loss with which it began; None takes the highest from which a branch began.
        peak: Its largest rate; None takes that of a branch as it is.
        lowest: By the metric of an arm, empty for the training loss, the lowest level of that loss over the run.
    """

    first: float | None = None
    peak: float | None = None
    lowest: Mapping[str, float] = field(default_factory=dict[str, float])


def proven(said: Diagnosis, tried: Sequence[TriedArm], planned: int, own: AsItIs | None = None) -> Diagnosis:
    """The diagnosis with its findings judged by what was tried.

    Args:
        said: What was observed.
        tried: What came of the arms.
        planned: Steps of a full run, from which the branches' places follow.
        own: The run as it is; None where the branches alone were seen.
    """
    own = own or AsItIs()
    judge = _Judge(_longest(compared(tried, own.first)), planned, own)
    blameless = without_blame(said, judge.arms)
    of_it = () if blameless is None else blameless[1]
    left = [each for each in said.findings if all(each is not one.finding for one in of_it)]
    findings = [judge.judged(each) for each in left] + ([] if blameless is None else [blameless[0]])
    findings += list(judge.winners(findings))
    explained = [replace(each, finding=judge.judged(each.finding)) for each in (*said.explained, *of_it)]
    order = {"proven": 0, "seen": 1, "observed": 2, "refuted": 3}
    severity = {"error": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda each: (each.status == "refuted", severity[each.severity], order[each.status]))
    is_warned = any(each.severity != "info" and each.status != "refuted" for each in findings)
    unjudged = None if is_warned else said.unjudged  # branches do not make more of what was seen
    return Diagnosis(tuple(findings), tuple(explained), said.undecided, unjudged)


def _longest(rows: Sequence[Row]) -> tuple[Compared, ...]:
    """Every arm of every place: where a longer try was made of a kind, what that shows counts."""
    every = [each for row in rows for each in row]
    long = {(each.tried.start, each.kind) for each in every if each.tried.validated}
    return tuple(each for each in every if each.tried.validated or (each.trusted_at, each.kind) not in long)


@dataclass(frozen=True)
class _Judge:
    """What was shown of a run.

    Attributes:
        arms: Every arm against the run as it is.
        planned: Steps of a full run.
        own: What is known of the run as it is.
    """

    arms: Sequence[Compared]
    planned: int
    own: AsItIs

    def judged(self, finding: Finding) -> Finding:
        """The finding with its status, and the arm that decided it."""
        proof = PROOFS.get(finding.code)
        if proof is None:
            return finding
        at, names = start_of(finding, proof, self.planned), arms_of(proof)
        row = [
            each
            for each in self.arms
            if each.name in names and (at in (None, each.tried.start) or (each.tried.validated and each.shows))
        ]
        if not row:
            return finding
        best = max(row, key=self._rank)
        if best.shows:
            if self._is_sooner(best):
                return replace(finding, status=self._status(best), shown=_shown(best))
            advice = self._advice(best)
            failed = {_ADVISED.get(each.name, "") for each in row if not each.shows}
            known = {one.code for one in advice} | failed
            rest = tuple(each for each in finding.advice if each.code.removesuffix("-usual") not in known)
            severity = "warning" if finding.severity == "info" and self._decides(best) else finding.severity
            judged = replace(finding, status=self._status(best), shown=_shown(best), severity=severity)
            return replace(judged, confidence=0.99, advice=(*advice, *rest))
        learns = not any(each.stands for each in row)  # where nothing moves, no change of a rate shows
        if finding.code in REFUTABLE and learns and all(each.gain.is_no_better for each in row):
            return replace(finding, status="refuted", shown=_shown(best), severity="info")
        return replace(finding, shown=_shown(best))

    def winners(self, observed: Sequence[Finding]) -> Iterator[Finding]:
        """What the arms show beside what was observed, where no cause is proven yet: of each kind the best.

        That a higher rate does better at the very beginning is so of many good runs, and no hint.
        """
        if any(each.status in _SHOWN and each.severity != "info" for each in observed):
            return
        hints = [each for each in self.arms if each.shows and each.name in _WINNERS]
        hints = [each for each in hints if self._decides(each) or each.name not in LADDERS[0] or each.tried.start > 0]
        decided = [each for each in hints if self._decides(each)]
        ranked = sorted(decided or hints, key=self._rank)
        tops = {each.tried.place: each for each in ranked}  # two that do better at one place are mostly one thing
        best = {self._winner(each): each for each in ranked if each in tops.values()}
        known = [each.shown.arm for each in observed if each.shown is not None and each.status in _SHOWN]
        if not set(LADDERS[0]).isdisjoint(known):
            best.pop(_SOONER, None)  # which is said of it there
        for code, each in reversed(best.items()):
            where = (each.tried.start, each.tried.start + each.tried.steps)
            evidence = {"rate": each.control.rate, "steps": each.tried.steps, "start": each.tried.start}
            evidence |= {"lowest": self.own.lowest[each.tried.metric]} if code == _SOONER else {}
            severity = "warning" if self._decides(each) else "info"
            if all(one.code != code for one in observed):
                yield Finding(
                    code, severity, 0.95, where, evidence, self._advice(each), self._status(each), _shown(each)
                )

    def _winner(self, each: Compared) -> str:
        """The code of what an arm shows where nothing that was observed does."""
        return _SOONER if self._is_sooner(each) else _WINNERS[each.name]

    def _is_sooner(self, each: Compared) -> bool:
        """Whether a higher rate, tried for long, came no clearly lower than the whole run does as it is."""
        lowest = self.own.lowest.get(each.tried.metric)
        if lowest is None or each.name not in LADDERS[0] or not each.tried.validated or each.stands:
            return False
        gain = paired([lowest] * len(each.tried.scores), each.tried.scores)
        return gain is not None and gain.gain <= CLEAR

    def _decides(self, each: Compared) -> bool:
        """Whether what an arm shows is a warning: by validation, where the run does not learn, or by a long branch."""
        if not each.shows or self._is_sooner(each) or (each.name == "standardised" and each.gain.low <= WIDE):
            return False
        told = bool(each.tried.metric) or (each.tried.validated and each.gain.low > CLEAR)
        return each.stands or (told and (each.is_trusted or each.gain.low >= WIDE))

    def _rank(self, each: Compared) -> tuple[bool, bool, float, float]:
        """What shows a fault after what does not, what decides last, then the larger gain, then the lower loss."""
        loss = mean_of(each.tried.scores)
        return each.shows, self._decides(each), each.gain.gain, -math.inf if loss is None else -loss

    def _status(self, each: Compared) -> Status:
        """Proven is what validation shows over a quarter of the run; all else was seen in so many steps."""
        is_proof = each.tried.metric and each.tried.steps >= proof_steps(self.planned) and not self._is_sooner(each)
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
