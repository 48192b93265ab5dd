"""The second rung: three of the rates go on four times as far, and show which way the best rate moves.

Path:   bracket -> probes to T/8 -> scores for the choice, and whether the run is saturated.
Units:  octaves above the script's own rate; scores with smaller = better.
Source: docs/reference/tuner.md, "Branch". Saturated (four times the steps did not help) was found in 7 of 9 studies of
        the two tasks whose runs are several times too long, and never on another task.
"""

import math
from dataclasses import dataclass, field

from ratecraft.controllers.bracket import Bracket
from ratecraft.controllers.plan import Plan, after_probes
from ratecraft.controllers.probes import Probed, Probes, helped, jobs_of, probe
from ratecraft.controllers.synchronous import Asking
from ratecraft.records.answer import Decision

__all__ = ["Branch", "branch"]


@dataclass(frozen=True, slots=True)
class Branch:
    """What the second rung found: its probes (none in short and cheap studies), and whether the run is saturated."""

    probes: Probes = field(default_factory=dict[int, Probed])
    saturated: bool = False
    decisions: tuple[Decision, ...] = ()


def branch(plan: Plan, bracket: Bracket, bottom: float) -> Asking[Branch]:
    """Probe the second rung, where the plan has one.

    Args:
        plan: The frame of the study.
        bracket: The first rung.
        bottom: The best octave there.
    """
    if len(plan.rungs) < 2:
        return Branch()
    (short, long), settings = plan.rungs, plan.settings
    expected = bottom + settings.expected_slope * math.log2(long.stop / short.stop)
    finite = (octave for octave, each in bracket.probes.items() if math.isfinite(each.score))
    centre = min(sorted(finite), key=lambda octave: abs(octave - expected))
    probes = yield from probe(plan, (centre, centre - 1), long, "branch", bracket.probes)
    decisions = [Decision("branch-start", {"high": plan.rate(centre), "low": plan.rate(centre - 1), "stop": long.stop})]

    best_short = min(each.score for each in bracket.probes.values())
    best_long = min(each.score for each in probes.values())
    doubtful = math.isfinite(best_long) and best_long >= best_short
    falls_down = probes[centre - 1].score <= probes[centre].score
    third = centre - 3 if doubtful else centre - 2 if falls_down else centre + 1
    if not _affordable(plan, bracket, probes, third):
        decisions.append(Decision("dropped-third", {"rate": plan.rate(third)}))
        return Branch(probes, False, tuple(decisions))
    code = "third-saturation" if doubtful else "third-down" if falls_down else "third-up"
    decisions.append(Decision(code, {"rate": plan.rate(third)}))
    probes = {**probes, **(yield from probe(plan, (third,), long, "branch", bracket.probes))}
    saturated = doubtful and not helped(bracket.probes, probes, settings.worse)
    if saturated:
        best_long = min(each.score for each in probes.values())
        scores = {"short": plan.figure(best_short), "long": plan.figure(best_long)}
        decisions.append(Decision("saturated", {**scores, "short_stop": short.stop, "long_stop": long.stop}))
    return Branch(probes, saturated, tuple(decisions))


def _affordable(plan: Plan, bracket: Bracket, probes: Probes, third: int) -> bool:
    """Whether a third rate is within the budget, with the final run still to come."""
    shorter = bracket.probes.get(third)
    leaves_at = plan.rungs[0].trunk if shorter is not None and shorter.trunk else 0
    piece = plan.budget.of_piece(plan.rungs[1].stop, leaves_at)
    after = after_probes(plan.rungs, plan.budget, plan.settings)
    return plan.affords(piece, jobs_of(bracket.probes, probes), after)
