"""When the probes of a search do not tell a good rate, and why: no number is given then.

Path:   probes, their scores, the noise of a score -> the reason, or None.
Units:  scores with smaller = better; losses are training losses.
Source: other finders answer a flat curve with a number, and so does a bisection of noise. Scores whose noise is not
        measured must fall and rise evenly: 50 to 85 % of random scores, tried in the same way, do not. In case of doubt
        the live losses of the probes, which all saw the same batches, are a second source.
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.tune.probes import Probed, Probes
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.laws.losses.noise import margin, paired_noise
from ratecraft.laws.responses.range_ramp import batch_noise
from ratecraft.laws.responses.rate_response import unevenness
from ratecraft.records.answer import Decision


def why_uninformative(
    plan: StudyPlan, settings: FindSettings, probes: Probes, scores: Mapping[float, float], noise: float | None
) -> Decision | None:
    """Why the scores of a closed bracket do not tell a rate; None if they do.

    Args:
        plan: What was fixed before the first probe.
        settings: Settings of the search.
        probes: The bracket with the first seed.
        scores: Octave to score, the mean over all seeds.
        noise: Noise sd of such a score; None if it was not measured.
    """
    finite = {octave: score for octave, score in scores.items() if math.isfinite(score)}
    values = {"low": plan.rate(min(finite)), "high": plan.rate(max(finite))}
    spread = max(finite.values()) - min(finite.values())
    trained = _trained(plan, settings, probes)
    if trained:
        return trained
    if len(finite) < 3:
        return None  # between rates that blew up there is little room
    flat = plan.settings.flat
    if noise is not None:
        return Decision("flat", {**values, "spread": spread}) if spread <= flat * noise else None
    tails = [tail for probe in probes.values() if (tail := _tail(probe, settings.tail)) and math.isfinite(probe.score)]
    means = [statistics.fmean(tail) for tail in tails]
    doubt, disorder = paired_noise(tails), unevenness(finite)
    if disorder and doubt is not None and max(means) - min(means) <= flat * doubt:
        return Decision("losses-alike", {**values, "spread": max(means) - min(means)})
    if spread < settings.uneven * disorder:
        return Decision("scores-uneven", {**values, "spread": spread})
    return None


def _trained(plan: StudyPlan, settings: FindSettings, probes: Probes) -> Decision | None:
    """Whether any rate made the training loss fall; a decision if none did."""
    lowest = probes[min(octave for octave, probe in probes.items() if math.isfinite(probe.score))]
    begun = _losses(lowest)[: settings.tail]
    tails = [tail for probe in probes.values() if (tail := _tail(probe, settings.tail))]
    if len(begun) < settings.tail or not tails:
        return None
    first, last = statistics.fmean(begun), min(statistics.fmean(tail) for tail in tails)
    noise = batch_noise(_losses(lowest)) * math.sqrt(2 / settings.tail)
    if first - last > margin(first, plan.settings.worse, plan.settings.flat * noise):
        return None
    return Decision("nothing-learned", {"first": first, "last": last, "stop": plan.rungs[0].stop})


def _losses(each: Probed) -> tuple[float, ...]:
    return tuple(_finite(loss for _, outcome in each.tried for loss in outcome.losses))


def _tail(each: Probed, count: int) -> Sequence[float]:
    """The last live losses of a probe that came to its end; empty for one that did not."""
    losses = each.tried[-1][1].losses[-count:] if each.tried else ()
    return losses if len(losses) == count and all(math.isfinite(loss) for loss in losses) else ()


def _finite(losses: Iterator[float]) -> Iterator[float]:
    return (loss for loss in losses if math.isfinite(loss))
