"""What the rules say of runs whose truth is known: how many faults are named, and how many healthy runs are warned of.

    OMP_NUM_THREADS=1 python benchmarks/faulty_runs/score.py [--runs] [--recorded]

Path:   `curves.py` -> `diagnosis_of` -> a table a kind and a tier of evidence.
"""

import argparse
import math
from collections import Counter
from collections.abc import Iterable

from cases import CASES
from curves import Judged, frozen_runs, logged, recorded_runs

from ratecraft.diagnosis.diagnosing import Diagnosis, diagnosis_of

TIERS = {
    "loss": ("loss",),
    "loss, rate": ("loss", "rate"),
    "loss, rate, validation": ("loss", "rate", "val_loss", "val_accuracy"),
    "all": ("loss", "rate", "val_loss", "val_accuracy", "grad_norm"),
}
TOO_LARGE = {
    *("diverged", "collapsed", "collapsed-at-once", "non-finite", "non-finite-after-growth", "too-large-noise"),
    *("zigzag", "level-shift", "clip-missing", "warm-up-missing", "warm-up-short", "rate-far-above"),
}
TOO_SMALL = {"too-small", "still-learning", "stuck", "creeping", "not-learning", "rate-zero", "rate-far-below"}
ALIASES = {
    "too-large": TOO_LARGE,
    "too-small": TOO_SMALL,
    "schedule-too-slow": {"stepped-too-rarely"},
    "schedule-too-fast": {"stepped-too-often"},
    "not-learning": {"not-learning", "stuck", "creeping", "no-gradient"},
    "overfit": {"overfit", "overfit-calibration"},
    "inputs": {"collapsed-at-once"},
    "spike": {"spikes"},
    "bad-spike": {"level-shift", "collapsed", "diverged"},
    "warm-up-missing": TOO_LARGE,
    "non-finite": {"non-finite", "non-finite-after-growth"},
    "decay-missing": {"decay-missing", "too-large-noise", "still-learning"},
}


def expected_of(judged: Judged) -> set[str]:
    """Codes of which one must be said."""
    case = next((case for case in CASES if case.name == judged.kind), None)
    names = case.expected if case is not None else () if judged.kind == "healthy" else (judged.kind,)
    return {code for name in names for code in ALIASES.get(name, {name})}


def has_overfitted(judged: Judged) -> bool:
    """Whether the validation loss ended above its lowest by more than a twentieth: saying so is true."""
    checks = judged.run.series.get("val_loss")
    if checks is None or not len(checks):
        return False
    end = float(checks.values[-1])
    return not math.isfinite(end) or end > 1.05 * float(checks.values.min())


def stopping_mends(judged: Judged) -> bool:
    """Whether stopping at the lowest validation loss wins back half of what was lost: then saying so is a remedy."""
    checks = judged.run.series.get("val_loss")
    if checks is None or not len(checks) or not math.isfinite(judged.best):
        return False
    end = float(checks.values[-1])
    lost = (end if math.isfinite(end) else math.inf) - judged.best
    return lost > 0 and end - float(checks.values.min()) >= 0.5 * lost


def is_harmless(judged: Judged) -> bool:
    """Whether a run that was tampered with ended within a tenth of the best: then silence is right."""
    checks = judged.run.series.get("val_loss")
    return checks is not None and len(checks) > 0 and float(checks.values[-1]) <= 1.1 * judged.best


def warnings_of(judged: Judged, said: Diagnosis) -> list[str]:
    """Warnings about a healthy run that are false."""
    allowed = {"overfit"} if has_overfitted(judged) else set()
    return [each.code for each in said.findings if each.severity != "info" and each.code not in allowed]


def verdict_of(judged: Judged, said: Diagnosis, expected: set[str]) -> str:
    """What came of a faulty run: its fault was named or hinted at, another remedy or another fault was, or nothing."""
    codes = {finding.code for finding in said.findings[:3] if finding.severity != "info"}
    if expected & codes:
        return "named"
    if "overfit" in codes and stopping_mends(judged):
        return "mended"
    if any(finding.severity != "info" for finding in said.findings):
        return "other"
    if is_harmless(judged):
        return "harmless"
    if expected & {finding.code for finding in said.findings}:
        return "hinted"
    return "asked" if said.undecided else "missed"


def table(runs: Iterable[Judged], every: int, way: str, each: bool) -> None:
    """Print how many runs of each kind were named rightly, wrongly or not, by tier."""
    runs = list(runs)
    for tier, names in TIERS.items():
        counts: dict[str, Counter[str]] = {}
        for judged in runs:
            said = diagnosis_of(logged(judged.run, names, every, way))
            expected = expected_of(judged)
            codes = [finding.code for finding in said.findings]
            wrong = warnings_of(judged, said) if judged.kind == "healthy" else []
            if judged.kind == "healthy":
                verdict = "false" if wrong else "silent"
            else:
                verdict = verdict_of(judged, said, expected)
            counts.setdefault(judged.kind, Counter())[verdict] += 1
            if each:
                print(f"{tier:24}{verdict:10}{judged.name:40}{' '.join(codes)}")
        print(f"-- {tier}, every {every} ({way})")
        for kind, count in counts.items():
            print(f"   {kind:24}{sum(count.values()):4}  {dict(count)}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", action="store_true", help="one line a run as well")
    parser.add_argument("--recorded", action="store_true", help="the recorded runs instead of the frozen ones")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--way", choices=("point", "mean", "smooth"), default="point")
    args = parser.parse_args()
    table(recorded_runs() if args.recorded else frozen_runs(), args.every, args.way, args.runs)


if __name__ == "__main__":
    main()
