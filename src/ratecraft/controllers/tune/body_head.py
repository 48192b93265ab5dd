"""The body at a lower rate than the head: ratios tried at the length of the longest probes, the common rate first.

Path:   the best common rate -> probes whose body has a share of the head's rate, from step 0 on -> the share of the
        full run, and the plan that makes it.
Units:  a share is the body's rate over the head's, 0 if the body is frozen; a lift is the head's over the common.
Source: shares of 1, 1/3, 1/10, 1/30 and 0: as is usual in fine-tuning (BEiT, MAE, ULMFiT). If the body is what suffers
        from too high a rate, the best common rate is the body's; if the head decides, it is the head's. A share of 1/10
        tried both ways, by a head ten times higher and by a body ten times lower, shows which.

A share holds from the first step on, since the first steps are what harms a pretrained body: a probe cannot branch off
a trunk with another share. A share that is not clearly better than the common rate is not worth separate groups; and a
frozen body, which cannot improve in the steps to come, must be clearly better than one that learns.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.synchronous import Asking
from ratecraft.controllers.tune.probes import Probed, Probes, best_of, jobs_of, noise_of, probe, record_of
from ratecraft.controllers.tune.study_plan import StudyPlan, left_at
from ratecraft.errors import InvalidInput
from ratecraft.laws.losses.noise import margin
from ratecraft.records.answer import Decision, Share
from ratecraft.records.job import Job, Phase

_FEW = 8  # names of parameters that are shown; more of them would be a mere pattern to the reader


@dataclass(frozen=True, slots=True)
class _Ratio:
    """The body's share of the head's rate, and the head's multiple of the common one."""

    share: float = 1.0
    lift: float = 1.0


@dataclass(frozen=True, slots=True)
class BodyHead:
    """The result for body and head.

    Attributes:
        plan: The plan for what follows: its rates are the head's, and its jobs scale the body's.
        probes: The probe of the chosen share, whose trunk the full run may continue; empty for the common rate.
        share: The chosen share; None if body and head were not asked for.
        tried: Every probe of a share, as the answer records it.
        jobs: The jobs of those probes.
        decisions: What was decided, for the reader.
    """

    plan: StudyPlan
    probes: Probes = field(default_factory=dict[int, Probed])
    share: float | None = None
    tried: tuple[Share, ...] = ()
    jobs: tuple[Job, ...] = ()
    decisions: tuple[Decision, ...] = ()


def knows_parts(start: Start, settings: TunerSettings) -> Start:
    """What is known before the first probe, with body and head if they are asked for.

    Raises:
        InvalidInput: No head was found, or no parameters are left for the body.
    """
    if not settings.groups:
        return start
    parts = start.facts.parts
    if parts is None or not parts.head:
        code = "groups-head-unknown" if settings.head else "groups-no-head"
        raise InvalidInput(code, head=settings.head, optimizers=", ".join(start.facts.optimizers))
    if not parts.body_values or not parts.head_values:
        raise InvalidInput("groups-one-part", head=_told(parts.head))
    values = {"head": _told(parts.head), "head_values": parts.head_values, "body_values": parts.body_values}
    return replace(start, decisions=(*start.decisions, Decision(f"parts-{parts.found_by}", values)))


def body_head(plan: StudyPlan, probes: Probes, spent: tuple[Job, ...], phase: Phase) -> Asking[BodyHead]:
    """Try shares about the best common rate, if body and head are asked for.

    Args:
        plan: What was fixed before the first probe.
        probes: The longest probes at a common rate, the best of them finite.
        spent: The jobs so far.
        phase: Phase of the jobs in the record.
    """
    if not plan.settings.groups:
        return BodyHead(plan)
    octave, rung = best_of(probes), next(iter(probes.values())).rung
    common = _Ratio()
    found: dict[_Ratio, Probed] = {common: probes[octave]}
    decisions = [Decision("body-start", {"rate": plan.rate(octave), "stop": rung.stop})]
    of_parts = plan.settings.share_probes * plan.budget.of_piece(rung.stop)
    after = max(0, plan.to_come - of_parts) and plan.budget.of_run(left_at(plan.rungs, plan.settings))
    for wanted in (_first, _second):
        asked = wanted(plan, found)
        made = jobs_of(*({0: probe} for ratio, probe in found.items() if ratio != common))
        kept = asked[: plan.remaining(plan.budget.of_piece(rung.stop), (*spent, *made), after)]
        for ratio in kept:
            found |= {ratio: (yield from probe(_plan(plan, ratio), (octave,), rung, phase, {}))[octave]}
        decisions += [Decision("body-dropped", _values(plan, ratio, octave)) for ratio in asked[len(kept) :]]
    chosen, why = _choose(plan, found, octave, noise_of(probes))
    tried = {ratio: probe for ratio, probe in found.items() if ratio != common}
    return BodyHead(
        plan=_plan(plan, chosen),
        probes={} if chosen == common else {octave: found[chosen]},
        share=chosen.share,
        tried=tuple(_records(plan, tried)),
        jobs=jobs_of(*({octave: probed} for probed in tried.values())),
        decisions=(*decisions, *why),
    )


def _first(plan: StudyPlan, found: dict[_Ratio, Probed]) -> tuple[_Ratio, ...]:
    """The middle share, once with the body and once with the head at the common rate."""
    share = plan.settings.shares[1]
    return (_Ratio(share, 1 / share), _Ratio(share))


def _second(plan: StudyPlan, found: dict[_Ratio, Probed]) -> tuple[_Ratio, ...]:
    """The next ratios, on the side of the best: a lower share and 0, or a higher one if the common rate is best."""
    high, _, low = plan.settings.shares
    best = _best(found)
    if best.share == 1:
        return (_Ratio(high, 1 / high), _Ratio(high))
    if best.lift > 1:
        return (_Ratio(low, 1 / low), _Ratio(0.0, best.lift))
    return (_Ratio(low), _Ratio(0.0))


def _best(found: dict[_Ratio, Probed]) -> _Ratio:
    """The best score; of equal ones the first that was tried."""
    return min(found, key=lambda ratio: found[ratio].score)


def _choose(
    plan: StudyPlan, found: dict[_Ratio, Probed], octave: int, noise: float | None
) -> tuple[_Ratio, tuple[Decision, ...]]:
    """The share of the full run, and why."""
    common = _Ratio()
    worse = plan.settings.worse
    learning = _best({ratio: probe for ratio, probe in found.items() if ratio.share > 0})
    chosen, said = learning, list[Decision]()
    frozen = next((ratio for ratio in found if ratio.share == 0), None)
    if frozen is not None and found[frozen].score < found[learning].score:
        best = found[learning].score
        if not math.isfinite(best) or found[frozen].score < best - margin(best, worse, noise):
            chosen = frozen
        else:
            said.append(Decision("body-frozen-alike", {"frozen": plan.figure(found[frozen].score)}))
    reference = found[common].score
    least = margin(reference, worse, noise) if math.isfinite(reference) else 0.0
    gained = found[chosen].score < reference - least
    values = {**_values(plan, chosen, octave), "common": plan.figure(reference)}
    if chosen == common or not gained:
        return common, (*said, Decision("body-alike", {**values, "rate": plan.rate(octave)}))
    values["score"] = plan.figure(found[chosen].score)
    return chosen, (*said, Decision("body-frozen" if chosen.share == 0 else "body-chosen", values))


def _plan(plan: StudyPlan, ratio: _Ratio) -> StudyPlan:
    """The plan whose rates are the head's, at this ratio."""
    if ratio == _Ratio():
        return plan
    start = replace(plan.start, own_rate=plan.start.own_rate * ratio.lift)
    return replace(plan, start=start, scale={"body": ratio.share})


def _values(plan: StudyPlan, ratio: _Ratio, octave: int) -> dict[str, float | str]:
    head = plan.rate(octave) * ratio.lift
    share = f"1/{1 / ratio.share:.0f}" if 0 < ratio.share < 1 else f"{ratio.share:g}"
    return {"share": share, "head": head, "body": head * ratio.share}


def _records(plan: StudyPlan, tried: dict[_Ratio, Probed]) -> Iterator[Share]:
    for ratio, probed in tried.items():
        record = record_of(_plan(plan, ratio), probed)
        if record:
            yield Share(ratio.share, record.rate, record.stop, record.score, record.ending, record.job)


def _told(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    known = list(names)
    more = f", … (+{len(known) - _FEW})" if len(known) > _FEW else ""
    return ", ".join(known[:_FEW]) + more
