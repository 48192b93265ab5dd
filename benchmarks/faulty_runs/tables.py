"""The tables of the benchmark.

Path:   judged runs -> `score.py`'s answers -> lines of Markdown.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence

from judging import (
    RIGHT_CODES,
    TIERS,
    WON_BACK,
    Mends,
    Score,
    answer_of,
    false_warnings,
    is_right,
    live,
    score,
    seen_at,
    won_back,
)
from mending import followed
from published_rules import RIVALS
from truth import Judged

from ratecraft.diagnosis.diagnosing import diagnosis_of

__all__ = ["print_live", "print_mends", "print_rivals", "print_scores"]

BY_HAND = frozenset({"find-rate", "one-batch", "start-again", "go-back", "full-precision", "regularise"})
"""Advice that no program can follow here."""


_RULE = "|---"


def share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def print_scores(runs: Sequence[Judged], mends: Mends, *, kinds: bool, each: bool) -> None:
    """The main table, and one a kind."""
    by_tier: dict[str, dict[str, Score]] = {}
    print("| tier | faulty | recall@1 | recall@3 | by its own name | hint only | asked | precision | top-1 cause | "
          "healthy | warned of | harmless | warned of |\n" + _RULE * 13 + "|")  # fmt: skip
    for tier in TIERS:
        total, by_tier[tier] = score(runs, tier, mends, each)
        print(
            f"| {tier} | {total.faulty} | {share(total.first, total.faulty)} | {share(total.third, total.faulty)} | "
            f"{share(total.named, total.faulty)} | {share(total.hinted, total.faulty)} | "
            f"{share(total.asked, total.faulty)} | {share(total.true, total.said)} | "
            f"{share(total.first, total.spoke)} | {total.healthy} | {total.warned} | {total.harmless} | "
            f"{total.harmless_warned} |"
        )
    if kinds:
        print("\n| kind | faulty | " + " | ".join(TIERS) + " | harmless |\n" + _RULE * (len(TIERS) + 3) + "|")
        for kind in RIGHT_CODES:
            scores = [by_tier[tier].get(kind, Score()) for tier in TIERS]
            print(f"| {kind} | {scores[0].faulty} | " + " | ".join(f"{one.third}" for one in scores)
                  + f" | {scores[0].harmless} |")  # fmt: skip


def print_live(runs: Sequence[Judged], mends: Mends) -> None:
    """When a watch tells of a fault, and of how many healthy runs it warns."""
    waits, told, faulty = list[float](), 0, 0
    warned, healthy = Counter[str](), 0
    for judged in runs:
        steps = float(judged.run.facts["total_steps"])
        if judged.label == "faulty":
            faulty += 1
            right = [step for step, finding in live(judged, "everything") if is_right(judged, finding, mends)]
            if right:
                told += 1
                onset = judged.case.at * steps if judged.case.strike else 0.0
                waits.append((right[0] - onset) / steps)
        elif judged.label == "healthy" and not judged.way:
            healthy += 1
            codes = false_warnings(judged, [finding for _, finding in live(judged, "everything")])
            warned.update(set(codes))
    quarters = statistics.quantiles(waits, n=4) if len(waits) > 1 else [math.nan] * 3
    print(
        f"\nlive: told of {told} of {faulty} faulty runs, after (quartiles, share of the run) "
        f"{quarters[0]:.2f}, {quarters[1]:.2f}, {quarters[2]:.2f}; healthy {healthy}, false {dict(warned)}"
    )


def print_mends(runs: Sequence[Judged], mends: Mends) -> None:
    """What following the first advice of the first finding wins back."""
    print(
        "\n| advice followed | runs | won back half | median | by hand | not trained | nothing said |\n"
        + _RULE * 7
        + "|"
    )
    for tier in ("loss", "everything"):
        shares, missing = list[float](), Counter[str]()
        for judged in runs:
            if judged.label != "faulty":
                continue
            answer = answer_of(diagnosis_of(seen_at(judged, tier)))
            advice = followed(judged, answer[0]) if answer else None
            back = won_back(judged, answer[0], mends) if answer else None
            if back is not None:
                shares.append(back)
            else:
                missing[
                    "silent" if not answer else "by hand" if advice is None or advice.code in BY_HAND else "later"
                ] += 1
        mended = sum(each >= WON_BACK for each in shares)
        middle = statistics.median(shares) if shares else math.nan
        print(f"| {tier} | {len(shares)} | {share(mended, len(shares))} | {middle:.0%} | {missing['by hand']} | "
              f"{missing['later']} | {missing['silent']} |")  # fmt: skip


def print_rivals(runs: Sequence[Judged]) -> None:
    """Other rules on the same runs: any word about a faulty run counts for them."""
    print("\n| rules | faulty runs spoken of | healthy runs warned of |\n|---|---|---|")
    for name, rule in RIVALS.items():
        said = {label: [bool(rule(each)) for each in runs if each.label == label] for label in ("faulty", "healthy")}
        print(f"| {name} | {share(sum(said['faulty']), len(said['faulty']))} | "
              f"{share(sum(said['healthy']), len(said['healthy']))} |")  # fmt: skip
