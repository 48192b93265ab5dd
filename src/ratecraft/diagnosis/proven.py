"""What short branches showed: each finding proven, refuted or only observed still, with the numbers, and what to set.

Path:   a diagnosis, the arms that were tried -> the diagnosis with its findings judged, and what the arms show alone.
Units:  gains are log ratios of losses (0.1 is 10 %); rates are absolute.
Source: catalogue §2. Short branches err towards too small a rate (12 of 12 errors): that a higher rate does better can
        be trusted; that a lower one does only where the run as it is does not learn, or by a wide margin.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ratecraft.diagnosis.diagnosing import Diagnosis
from ratecraft.diagnosis.finding import Advice, Finding, Shown
from ratecraft.diagnosis.proving import PROOFS, REFUTABLE, start_of
from ratecraft.laws.paired import Paired, level, paired
from ratecraft.records.proof import AS_IT_IS, TriedArm
from ratecraft.records.treatment import clip_norm_of

__all__ = ["proven"]

_WIDE = 0.4  # log ratio: what annealing wins where a rate is too large (catalogue L03), and not where it is right
_CLEAR = 0.1  # log ratio, from which a higher rate is more than a hint (T01: 0.1 nats)
_STILL = 0.02  # of the loss where it began: less is no learning
_VISIBLE = 0.01  # of the first loss: a smaller difference is none that anyone would see

_WINNERS: Mapping[str, str] = MappingProxyType(
    {
        "higher": "higher-rate-wins",
        "highest": "higher-rate-wins",
        "lower": "lower-rate-wins",
        "lowest": "lower-rate-wins",
        "far-lower": "lower-rate-wins",
        "far-higher": "higher-rate-wins",
        "clipped": "clipping-wins",
        "warmed-up": "warm-up-wins",
        "standardised": "standardising-wins",
    }
)
"""Arm to the code of what it shows where nothing that was observed does."""

_ADVISED: Mapping[str, str] = MappingProxyType({"clipped": "clip", "warmed-up": "warm-up", "held": "cool-down"})
"""Arm to the advice that it follows: where it does no better, it is not given."""

_CALMER = frozenset({"lower", "lowest", "far-lower", "clipped", "warmed-up"})
"""Arms that make smaller steps, which short branches favour."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """One arm against the run as it is.

    Attributes:
        tried: The arm.
        control: The run as it is.
        gain: How much better the arm is; of `held`, how much better the run as it is.
        first: The loss with which the run began.
    """

    tried: TriedArm
    control: TriedArm
    gain: Paired
    first: float

    @property
    def name(self) -> str:
        return self.tried.arm.name

    @property
    def shows(self) -> bool:
        """Whether the arm shows a fault of the run."""
        if not self.gain.is_better or not self._is_visible:
            return False
        return self.name not in _CALMER or self.gain.low >= _WIDE or self.stands

    @property
    def stands(self) -> bool:
        """Whether the run as it is does not learn from there: it blows up, or ends no lower than it began."""
        after, before = _mean(self.control.scores), _mean(self.control.before)
        return after is None or (before is not None and after >= before - _STILL * abs(before))

    @property
    def _is_visible(self) -> bool:
        mine, control = _mean(self.tried.scores), _mean(self.control.scores)
        return mine is None or control is None or abs(control - mine) >= _VISIBLE * abs(self.first)


def proven(said: Diagnosis, tried: Sequence[TriedArm], planned: int, first: float | None = None) -> Diagnosis:
    """The diagnosis with its findings judged by what was tried.

    Args:
        said: What was observed.
        tried: What came of the arms.
        planned: Steps of a full run, from which the branches' places follow.
        first: The loss with which the run began; None takes the highest from which a branch began.
    """
    begun = [abs(loss) for each in tried for loss in each.before if loss is not None]
    rows = _compared(tried, max(begun, default=0.0) if first is None else first)
    findings = [_judged(each, rows, planned) for each in said.findings]
    findings += list(_winners(rows, findings))
    explained = [replace(each, finding=_judged(each.finding, rows, planned)) for each in said.explained]
    order = {"proven": 0, "observed": 1, "refuted": 2}
    severity = {"error": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda each: (each.status == "refuted", severity[each.severity], order[each.status]))
    return Diagnosis(tuple(findings), tuple(explained), said.undecided)


def _compared(tried: Sequence[TriedArm], first_loss: float) -> Mapping[int, Sequence[_Compared]]:
    """By start, every arm that was compared with the run as it is."""
    controls = {each.start: each for each in tried if each.arm.name == AS_IT_IS.name}
    rows: dict[int, list[_Compared]] = {start: [] for start in controls}
    for each in tried:
        control = controls.get(each.start)
        if control is None or each is control:
            continue
        first, second = (each, control) if each.arm.name == "held" else (control, each)
        gain = paired(first.scores, second.scores)
        if gain is None and not any(score is not None for score in (*first.scores, *second.scores)):
            gain = Paired(0.0, 0.0, 0.0)  # both blow up: it does no better
        if gain is not None:
            rows[each.start].append(_Compared(each, control, gain, first_loss))
    return rows


def _judged(finding: Finding, rows: Mapping[int, Sequence[_Compared]], planned: int) -> Finding:
    """The finding with its status, and the arm that decided it."""
    proof = PROOFS.get(finding.code)
    if proof is None:
        return finding
    row = [each for each in rows.get(start_of(finding, proof, planned), ()) if each.name in proof.arms]
    if not row:
        return finding
    best = max(row, key=_rank)
    if best.shows:
        advice = _advice(best)
        failed = {_ADVISED.get(each.name, "") for each in row if not each.shows}
        known = {one.code for one in advice} | failed
        rest = tuple(each for each in finding.advice if each.code.removesuffix("-usual") not in known)
        severity = "warning" if finding.severity == "info" and best.stands else finding.severity
        judged = replace(finding, status="proven", shown=_shown(best), severity=severity)
        return replace(judged, confidence=0.99, advice=(*advice, *rest))
    learns = not any(each.stands for each in row)  # where nothing moves, no change of a rate shows
    if finding.code in REFUTABLE and learns and all(each.gain.is_no_better for each in row):
        return replace(finding, status="refuted", shown=_shown(best), severity="info")
    return replace(finding, shown=_shown(best))


def _winners(rows: Mapping[int, Sequence[_Compared]], observed: Sequence[Finding]) -> Iterator[Finding]:
    """What the arms show beside what was observed, where no cause is proven yet: of each kind the best.

    It is a warning only where nothing worse was observed. That three times the rate does better at the very beginning
    is so of many good runs, and a hint at most.
    """
    if any(each.status == "proven" for each in observed):
        return
    is_alone = all(each.severity == "info" for each in observed)
    best: dict[str, _Compared] = {}
    for row in rows.values():
        shown = sorted((each for each in row if each.shows and each.name in _WINNERS), key=_rank)
        for top in shown[-1:]:  # two that show something at one place are mostly one thing
            code = _WINNERS[top.name]
            best[code] = max(filter(None, (best.get(code), top)), key=_rank)
    for code, each in best.items():
        needed = _WIDE if code == "standardising-wins" else _CLEAR
        early = each.name == "higher" and each.tried.start == 0
        if early and each.gain.low <= needed:
            continue
        where = (each.tried.start, each.tried.start + each.tried.steps)
        evidence = {"rate": each.control.rate, "steps": each.tried.steps, "start": each.tried.start}
        severity = "warning" if is_alone and not early and each.gain.low > needed else "info"
        yield Finding(code, severity, 0.95, where, evidence, _advice(each), "proven", _shown(each))


def _rank(each: _Compared) -> tuple[bool, float, float]:
    """What shows a fault before what does not, then the larger gain, then the lower loss; the last is the best."""
    loss = _mean(each.tried.scores)
    return each.shows, each.gain.gain, -math.inf if loss is None else -loss


def _shown(each: _Compared) -> Shown:
    cooled = each.name == "held"  # there the run as it is shows what a cool-down wins
    better, other = (each.control, each.tried) if cooled else (each.tried, each.control)
    return Shown(
        arm="cooled" if cooled else each.name,
        start=each.tried.start,
        steps=each.tried.steps,
        loss=_mean(better.scores),
        as_it_is=_mean(other.scores),
        gain=each.gain.gain,
        low=each.gain.low,
        high=each.gain.high,
        repeats=len(each.tried.scores),
    )


def _advice(each: _Compared) -> tuple[Advice, ...]:
    """What carries the arm out, with its numbers."""
    arm, rate = each.tried.arm, each.control.rate
    match arm.name:
        case "higher" | "highest" | "far-higher":
            factor = arm.factor
            return (Advice("raise-rate", {"rate": rate * factor, "before": rate, "factor": factor}),)
        case "lower" | "lowest" | "far-lower":
            return (Advice("set-rate", {"rate": rate * arm.factor, "before": rate, "factor": 1 / arm.factor}),)
        case "clipped":
            return (Advice("clip-usual", {"norm": clip_norm_of(arm.treatment) or math.inf}),)
        case "warmed-up":
            return (Advice("warm-up", {"steps": arm.warm_up}),)
        case "standardised":
            return (Advice("standardise", {}),)
        case _:
            return ()  # what was observed advises a cool-down itself


def _mean(values: Sequence[float | None]) -> float | None:
    """None where one in two blew up."""
    finite = [value for value in values if value is not None]
    if 2 * len(finite) <= len(values):
        return None
    found = level(finite)
    return finite[0] if found is None else found.mean
