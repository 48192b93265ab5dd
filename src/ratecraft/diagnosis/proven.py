"""What short branches showed: each finding proven, seen, refuted or only observed still, and what to set.

Path:   a diagnosis, the arms that were tried -> the diagnosis with its findings judged, and what the arms show alone.
Units:  rates are absolute; those of advice are peaks.

What validation shows over a quarter of the run is proven; all else was seen in some steps, and no more than ten times
the rate is advised from it. What a short branch shows of a run that learns is a hint; what a long one shows by the
validation loss, or a short one of a run that does not learn, is a warning (`comparing`).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ratecraft.diagnosis.comparing import LADDERS, QUARTER, WIDE, Compared, Row, compared, mean_of
from ratecraft.diagnosis.diagnosing import Diagnosis
from ratecraft.diagnosis.finding import Advice, Finding, Shown, Status
from ratecraft.diagnosis.not_the_rate import without_blame
from ratecraft.diagnosis.proving import PROOFS, REFUTABLE, arms_of, start_of
from ratecraft.records.proof import TriedArm
from ratecraft.records.treatment import clip_norm_of

__all__ = ["proven"]

_CLEAR = 0.1  # log ratio of training losses, from which a higher rate is more than a hint (T01: 0.1 nats)

_FAR = 10.0  # no higher rate is advised that validation did not show
_SHOWN = frozenset({"proven", "seen"})

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


def proven(
    said: Diagnosis,
    tried: Sequence[TriedArm],
    planned: int,
    first: float | None = None,
    peak: float | None = None,
) -> Diagnosis:
    """The diagnosis with its findings judged by what was tried.

    Args:
        said: What was observed.
        tried: What came of the arms.
        planned: Steps of a full run, from which the branches' places follow.
        first: The loss with which the run began; None takes the highest from which a branch began.
        peak: The largest rate of the run; None takes that of a branch as it is.
    """
    judge = _Judge(_longest(compared(tried, first)), planned, peak)
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


def _decides(each: Compared) -> bool:
    """Whether what an arm shows is a warning: by validation, where the run does not learn, or else by a long branch."""
    if not each.shows or (each.name == "standardised" and each.gain.low <= WIDE):
        return False
    told = bool(each.tried.metric) or (each.tried.validated and each.gain.low > _CLEAR)
    return each.stands or (told and (each.is_trusted or each.gain.low >= WIDE))


def _rank(each: Compared) -> tuple[bool, bool, float, float]:
    """What shows a fault after what does not, what decides last, then the larger gain, then the lower loss."""
    loss = mean_of(each.tried.scores)
    return each.shows, _decides(each), each.gain.gain, -math.inf if loss is None else -loss


@dataclass(frozen=True)
class _Judge:
    """What was shown of a run.

    Attributes:
        arms: Every arm against the run as it is.
        planned: Steps of a full run.
        peak: Its largest rate, where it is known.
    """

    arms: Sequence[Compared]
    planned: int
    peak: float | None

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
        best = max(row, key=_rank)
        if best.shows:
            advice = self._advice(best)
            failed = {_ADVISED.get(each.name, "") for each in row if not each.shows}
            known = {one.code for one in advice} | failed
            rest = tuple(each for each in finding.advice if each.code.removesuffix("-usual") not in known)
            severity = "warning" if finding.severity == "info" and _decides(best) else finding.severity
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
        hints = [each for each in hints if _decides(each) or each.name not in LADDERS[0] or each.tried.start > 0]
        decided = [each for each in hints if _decides(each)]
        ranked = sorted(decided or hints, key=_rank)
        tops = {each.tried.place: each for each in ranked}  # two that do better at one place are mostly one thing
        best = {_WINNERS[each.name]: each for each in ranked if each in tops.values()}
        for code, each in reversed(best.items()):
            where = (each.tried.start, each.tried.start + each.tried.steps)
            evidence = {"rate": each.control.rate, "steps": each.tried.steps, "start": each.tried.start}
            severity = "warning" if _decides(each) else "info"
            if all(one.code != code for one in observed):
                yield Finding(
                    code, severity, 0.95, where, evidence, self._advice(each), self._status(each), _shown(each)
                )

    def _status(self, each: Compared) -> Status:
        """Proven is what validation shows over a quarter of the run; all else was seen in so many steps."""
        return "proven" if each.tried.metric and each.tried.steps >= QUARTER * self.planned else "seen"

    def _advice(self, each: Compared) -> tuple[Advice, ...]:
        """What carries the arm out, with its numbers."""
        arm = each.tried.arm
        factor = arm.factor if each.tried.metric else min(arm.factor, _FAR)
        before = self.peak or each.control.rate
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
