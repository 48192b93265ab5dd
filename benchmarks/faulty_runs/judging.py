"""What the rules say of one run, and whether it is right.

Path:   a `Judged` run, a tier of evidence -> `diagnosis_of`, a watch -> counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mending import PLACES, followed, key_of, stopped
from truth import Judged, logged

from ratecraft.diagnosis.diagnosing import RULES, Diagnosis, diagnosis_of
from ratecraft.diagnosis.finding import Finding
from ratecraft.records.watching.observed import ObservedRun, ObservedSeries
from ratecraft.watching.watcher import Watcher

__all__ = [
    "RIGHT_CODES",
    "SHOWN",
    "TIERS",
    "WON_BACK",
    "Answer",
    "Mends",
    "Score",
    "answer_of",
    "false_warnings",
    "is_right",
    "live",
    "score",
    "seen_at",
    "won_back",
]

PLAIN = ("optimizer", "total_steps")
"""Facts that are known at every tier."""

TIERS: Mapping[str, tuple[str, ...]] = {
    "loss": ("loss",),
    "+ rate": ("loss", "rate"),
    "+ validation": ("loss", "rate", "val_loss", "val_accuracy"),
    "everything": (
        "loss",
        "rate",
        "val_loss",
        "val_accuracy",
        "grad_norm",
        "update_ratio",
        "effective_rate",
        "zero_gradient",
        "weight_scale",
    ),
}
"""Series that are logged; everything also has the facts of a configuration."""

_KINDS = [kind for rule in RULES for kind in rule.kinds]
RIGHT_CODES: Mapping[str, frozenset[str]] = {
    fault: frozenset(kind.code for kind in _KINDS if fault in kind.faults)
    for fault in dict.fromkeys(fault for kind in _KINDS for fault in kind.faults)
}
"""Kind of a fault to the codes that name it."""

PLUMBING = frozenset({"left-out", "no-gradient", "stepped-rarely", "stepped-often", "wraps", "endless-warm-up",
                      "begun-anew", "lost-state", "gone-early", "tight-clip"})  # fmt: skip
"""Kinds that are facts: true also where nothing was lost by them."""

WON_BACK = 0.5
"""Share of the loss that advice must win back to count as a remedy."""

_LOWER = frozenset({"lower-rate-wins", "clipping-wins", "warm-up-wins"})
SHOWN: Mapping[str, frozenset[str]] = {
    "too-large": _LOWER,
    "no-warm-up": _LOWER,
    "held": _LOWER | {"cool-down-wins"},
    "hot-fine-tuning": _LOWER,
    "unclipped": _LOWER,
    "bad-step": frozenset({"clipping-wins"}),
    "weight-decay": frozenset({"no-decay-wins"}),
    "too-small": frozenset({"higher-rate-wins"}),
    "tight-clip": frozenset({"higher-rate-wins"}),
    "small-weights": frozenset({"higher-rate-wins"}),
    "unscaled": frozenset({"standardising-wins"}),
}
"""Kind to what branches alone may show of it."""

Answer = Sequence[Finding]
Mends = Mapping[str, float]


# ---- one run


def seen_at(judged: Judged, tier: str) -> ObservedRun:
    """The run as it is seen at a tier."""
    return logged(judged.run, TIERS[tier], None if tier == "everything" else PLAIN)


def answer_of(said: Diagnosis) -> Answer:
    """The first three warnings and errors."""
    return [finding for finding in said.findings if finding.severity != "info"][:3]


def is_right(judged: Judged, finding: Finding, mends: Mends) -> bool:
    """Whether a finding names the fault, or its advice was shown to win back half of what was lost."""
    if finding.code in RIGHT_CODES[judged.case.kind]:
        return True
    share = won_back(judged, finding, mends)
    return share is not None and share >= WON_BACK


def won_back(judged: Judged, finding: Finding, mends: Mends) -> float | None:
    """What following the advice wins back; None where no program can follow it, or it was not trained."""
    advice = followed(judged, finding)
    if advice is None or judged.label != "faulty":
        return None
    if advice.code in PLACES:
        return 1.0
    final = stopped(judged, advice)
    if final is None:
        final = mends.get(f"{judged.task} {key_of(judged, advice)}")
    return None if final is None else judged.won_back(final)


def false_warnings(judged: Judged, answer: Answer) -> list[str]:
    """Codes of warnings about a run that is well; that it over-fits is no false one where it does."""
    checks = judged.run.series["val_loss"].values
    rose = float(checks[-1]) > 1.05 * float(checks.min())
    return [each.code for each in answer if not (rose and each.code.startswith("overfit"))]


def live(judged: Judged, tier: str) -> list[tuple[int, Finding]]:
    """What a watch tells, and after how many steps: the run is given to it in pieces of 32 steps."""
    run, told = seen_at(judged, tier), list[tuple[int, Finding]]()
    steps = int(float(run.facts["total_steps"]))
    now = 0
    watcher = Watcher(lambda run: diagnosis_of(run).findings, lambda finding: told.append((now, finding)))
    for first in range(0, steps + 32, 32):
        now = min(first + 32, steps)
        watcher.take(ObservedRun({name: _part(each, first, first + 32) for name, each in run.series.items()},
                                 run.unit, run.facts, run.source))  # fmt: skip
    watcher.end()
    return told


def _part(series: ObservedSeries, first: int, after: int) -> ObservedSeries:
    inside = (series.steps >= first) & (series.steps < after)
    return ObservedSeries(series.name, series.steps[inside], series.values[inside])


# ---- all runs


@dataclass
class Score:
    """Counts over runs."""

    faulty: int = 0
    first: int = 0
    third: int = 0
    named: int = 0
    asked: int = 0
    hinted: int = 0
    said: int = 0
    true: int = 0
    spoke: int = 0
    healthy: int = 0
    warned: int = 0
    harmless: int = 0
    harmless_warned: int = 0


def score(runs: Iterable[Judged], tier: str, mends: Mends, each: bool = False) -> tuple[Score, dict[str, Score]]:
    """Everything together, and by kind of fault."""
    total, kinds = Score(), dict[str, Score]()
    for judged in runs:
        said = diagnosis_of(seen_at(judged, tier))
        answer = answer_of(said)
        for into in (total, kinds.setdefault(judged.case.kind, Score())):
            _count(into, judged, said, answer, mends)
        if each:
            codes = " ".join(finding.code for finding in answer)
            hints = " ".join(finding.code for finding in said.findings if finding.severity == "info")
            print(f"{tier:14}{judged.label:10}{judged.name:44}{codes} ({hints})")
    return total, kinds


def _count(into: Score, judged: Judged, said: Diagnosis, answer: Answer, mends: Mends) -> None:
    if judged.label == "healthy":
        wrong = false_warnings(judged, answer)
        into.healthy += 1
        into.warned += bool(wrong)
        into.said += len(wrong)
    elif judged.label == "harmless":
        facts = RIGHT_CODES[judged.case.kind] if judged.case.kind in PLUMBING else frozenset[str]()
        into.harmless += 1
        into.harmless_warned += any(each.code not in facts for each in answer)
    elif judged.label == "faulty":
        right = [is_right(judged, each, mends) for each in answer]
        codes = RIGHT_CODES[judged.case.kind]
        into.faulty += 1
        into.first += right[:1] == [True]
        into.third += any(right)
        into.named += any(each.code in codes for each in answer)
        into.said += len(right)
        into.true += sum(right)
        into.spoke += bool(right)
        into.hinted += not right and any(each.code in codes for each in said.findings)
        into.asked += not said.findings and bool(said.undecided)
