"""The second rung: three rates start again under the full run's warm-up and show which way the best rate moves.

Path:   bracket -> probes to T/8 -> scores for the choice, and whether the run is saturated.
Units:  octaves above the script's own rate; scores with smaller = better.
Source: docs/reference/tuner.md, "Branch" and "Learned, or not". Saturation (four times the steps did not help) was
        found in 7 of 9 studies of the two tasks whose runs are several times too long, and on no other task.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ratecraft.controllers.synchronous import Asking
from ratecraft.controllers.tune.bracket import Bracket
from ratecraft.controllers.tune.learning import onset_of
from ratecraft.controllers.tune.probes import Probed, Probes, best_of, helped, jobs_of, probe
from ratecraft.controllers.tune.study_plan import StudyPlan, after_probes
from ratecraft.records.answer import Decision


@dataclass(frozen=True, slots=True)
class Branch:
    """What the second rung found.

    Attributes:
        plan: The plan from here on; if nothing was learned by the usual length, its last rung is longer.
        probes: The probes; empty in studies of one rung.
        saturated: Four times the steps did not help.
        decisions: What was done, for the reader.
    """

    plan: StudyPlan
    probes: Probes = field(default_factory=dict[int, Probed])
    saturated: bool = False
    decisions: tuple[Decision, ...] = ()


def branch(plan: StudyPlan, bracket: Bracket) -> Asking[Branch]:
    """Probe the second rung if the plan has one, or if the first one was too short to learn anything."""
    if bracket.bottom is None:
        return (yield from _until_learned(plan, bracket))
    if len(plan.rungs) < 2:
        return Branch(plan)
    (short, long), settings = plan.rungs, plan.settings
    bottom = bracket.bottom
    finite = (octave for octave, probe in bracket.probes.items() if math.isfinite(probe.score))
    centre = min(sorted(finite), key=lambda octave: abs(octave - bottom))
    probes = yield from probe(plan, (centre, centre - 1), long, "branch", {})
    decisions = [Decision("branch-start", {"high": plan.rate(centre), "low": plan.rate(centre - 1), "stop": long.stop})]

    best_short = min(probe.score for probe in bracket.probes.values())
    best_long = min(probe.score for probe in probes.values())
    doubtful = math.isfinite(best_long) and best_long >= best_short
    falls_down = probes[centre - 1].score <= probes[centre].score
    third = centre - 3 if doubtful else centre - 2 if falls_down else centre + 1
    if not _affordable(plan.in_doubt(), bracket, probes):
        decisions.append(Decision("dropped-third", {"rate": plan.rate(third)}))
        return Branch(plan, probes, False, tuple(decisions))
    code = "third-saturation" if doubtful else "third-down" if falls_down else "third-up"
    decisions.append(Decision(code, {"rate": plan.rate(third)}))
    probes = {**probes, **(yield from probe(plan, (third,), long, "branch", {}))}
    if not doubtful:
        probes, said = yield from _beyond_ends(plan.in_doubt(), bracket, probes)
        decisions += said
    saturated = doubtful and not helped(bracket.probes, probes, settings.worse)
    if saturated:
        best_long = min(probe.score for probe in probes.values())
        scores = {"short": plan.figure(best_short), "long": plan.figure(best_long)}
        decisions.append(Decision("saturated", {**scores, "short_stop": short.stop, "long_stop": long.stop}))
    return Branch(plan, probes, saturated, tuple(decisions))


def _until_learned(plan: StudyPlan, bracket: Bracket) -> Asking[Branch]:
    """Probe the two highest rates that are not worse than the untrained model, for long enough to learn something."""
    start, tried = bracket.untrained, bracket.probes
    hopeful = sorted(octave for octave, probe in tried.items() if not start.is_worse(probe, tried))[-2:]
    if bracket.is_flat or not hopeful:
        return Branch(plan)
    begins = onset_of(plan)
    plan = plan.in_doubt().lengthened(begins)
    rung = plan.rungs[-1]
    values = {"low": plan.rate(hopeful[0]), "high": plan.rate(hopeful[-1]), "stop": rung.stop}
    decisions = [Decision("longer", values)]
    probes = yield from probe(plan, hopeful, rung, "branch", {})
    learned = sorted(octave for octave, probe in probes.items() if start.has_learned(probe, probes))
    if not learned:
        onset = {"step": begins} if begins else {}
        code = "longer-unlearned-onset" if begins else "longer-unlearned"
        return Branch(plan, probes, False, (*decisions, Decision(code, {"stop": rung.stop, **onset})))
    third = _third_of(hopeful, best_of(probes), learned)
    if _affordable(plan, bracket, probes):
        code = "third-up" if third > hopeful[-1] else "third-down"
        decisions.append(Decision(code, {"rate": plan.rate(third)}))
        probes = {**probes, **(yield from probe(plan, (third,), rung, "branch", {}))}
    return Branch(plan, probes, False, tuple(decisions))


def _beyond_ends(plan: StudyPlan, bracket: Bracket, probes: Probes) -> Asking[tuple[Probes, list[Decision]]]:
    """Probe one rate further, at most twice, while the best is at an end: it is then still open which way it moves."""
    decisions = list[Decision]()
    for _ in range(plan.settings.beyond_ends):
        best = best_of(probes)
        beyond = best + 1 if best == max(probes) else best - 1 if best == min(probes) else None
        if beyond is None or not _affordable(plan, bracket, probes):
            break
        decisions.append(Decision("one-more-up" if beyond > best else "one-more-down", {"rate": plan.rate(beyond)}))
        probes = {**probes, **(yield from probe(plan, (beyond,), plan.rungs[-1], "branch", {}))}
    return probes, decisions


def _third_of(octaves: Sequence[int], best: int, learned: Sequence[int]) -> int:
    """The octave to probe third: above the higher of the two, below the lower, or between them if both learned."""
    if best == octaves[-1]:
        return best + 1
    return best + 1 if len(learned) > 1 and octaves[-1] - best > 1 else best - 1


def _affordable(plan: StudyPlan, bracket: Bracket, probes: Probes) -> bool:
    """Whether the budget holds one more rate, with the final run still to come."""
    after = after_probes(plan.rungs, plan.budget, plan.settings)
    return plan.affords(plan.budget.of_piece(plan.rungs[-1].stop), jobs_of(bracket.probes, probes), after)
