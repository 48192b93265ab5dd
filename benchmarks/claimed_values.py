"""The figures of the pages, made of frozen data: a function for each passage and table of `claims.toml`.

Path:   frozen studies, rivals, programs, faulty runs -> values of passages, lines of tables.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path += [str(HERE), *(str(HERE / each) for each in ("tuning", "strangers", "faulty_runs"))]

import calibration  # noqa: E402 - found where they lie
import methods  # noqa: E402
import outcome_table  # noqa: E402
import plan  # noqa: E402
import searches  # noqa: E402
import studies  # noqa: E402
import table as rivals_table  # noqa: E402
import trained_studies  # noqa: E402
from frozen import Frozen, load  # noqa: E402
from judging import WON_BACK, answer_of, score, seen_at, won_back  # noqa: E402
from lines import read  # noqa: E402
from looks import count  # noqa: E402
from programs import programs  # noqa: E402
from score import loaded  # noqa: E402
from scoring import Reference, failed, reference_of  # noqa: E402
from suite import TASKS  # noqa: E402
from tuner_figures import Judged, figure  # noqa: E402

from ratecraft.diagnosis.diagnosing import diagnosis_of  # noqa: E402

__all__ = [
    "faults",
    "first_edition",
    "looks",
    "plan_on_design",
    "plan_on_held_out",
    "replayed_searches",
    "rules_cost",
    "rules_errors",
    "rules_outcome",
    "rules_sureness",
    "second_edition",
    "strangers",
    "trained_searches",
    "unseen_headline",
    "unseen_outcome",
    "unseen_rivals",
    "zero_by_task",
    "zero_cost",
    "zero_counts",
    "zero_errors",
    "zero_outcome",
    "zero_sureness",
]

ZERO = HERE / "tuning" / "frozen" / "zero.jsonl.gz"
"""Studies of the tuner as it was before the second edition changed a rule of it."""
RULES = ZERO.with_name("rules.jsonl.gz")
"""Studies of the tuner with today's rules."""
_MINUS = "−"
WAYS = {
    "default, linear": "default rate, linear to 0",
    "Prodigy": "Prodigy",
    "Schedule-Free": "Schedule-Free",
    "fastai one-cycle": "fastai one-cycle at its suggestion",
    "range test, valley": "range test, valley",
    "range test, minimum/10": "range test, minimum/10",
    "ratecraft, cheap": "ratecraft, `--cheap`",
    "ratecraft": "**ratecraft**",
    "default, linear ×1.6": "default rate for as long, linear",
    "ratecraft, 3 runs": "**ratecraft, `--budget 3`**",
    "default, linear ×3": "default rate for 3 runs, linear",
    "grid of 4": "grid of 4",
    "random 4": "random 4",
    "ASHA 16": "ASHA of 16",
    "TPE 8": "TPE of 8",
    "random 8": "random 8",
    "default, linear ×8": "default rate for 8 runs, linear",
    "random 16": "random 16",
    "TPE 16": "TPE of 16",
}
"""The ways of the first edition, as the table calls them."""


@cache
def frozen(name: str) -> Frozen:
    """A frozen task."""
    return load(name)


@cache
def reference(name: str) -> Reference:
    """What its results are held against."""
    return reference_of(frozen(name))


@cache
def rows(half: str) -> Mapping[str, rivals_table.Row]:
    """The rivals of the first edition on a half of its tasks."""
    names = [task.name for task in TASKS if task.half == half]
    by_rival: dict[str, list[Mapping[str, Any]]] = {}
    for line in read(rivals_table.KEPT):
        if line["task"] in names:
            by_rival.setdefault(line["rival"], []).append(line)
    references = {name: reference(name) for name in names}
    return {rival: rivals_table.row_of(rival, lines, references) for rival, lines in by_rival.items()}


def first_edition() -> list[str]:
    """The table of the first edition: both halves side by side."""
    lines = [
        "| way | runs | design: regret, % | sd | failures | held-out: regret, % | sd | failures |",
        "|---" * 8 + "|",
    ]
    for rival, way in WAYS.items():
        both = [rows(half)[rival] for half in ("design", "held-out")]
        cells = [f"{sum(row.runs for row in both) / 2:.2f}"]
        for row in both:
            cells += [signed(row.median[0]), signed(row.median_sd[0]), f"{100 * row.failures[0]:.0f} %"]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return lines


def signed(value: float) -> str:
    """A number of one digit with its sign."""
    return f"{value:+.1f}".replace("-", _MINUS)


def of_searches(path: Path, names: Iterable[str]) -> list[str]:
    """A table of classic searches beside the tuner."""
    lines = [line for line in read(path) if line["task"] in set(names)]
    known = {name: reference(name) for name in {line["task"] for line in lines}}
    if path == methods.KEPT:
        known = {name: methods.reference_for(each, range(5)) for name, each in known.items()}
    return searches.rows_of(lines, known)


def replayed_searches() -> list[str]:
    """Those by replay."""
    return of_searches(searches.KEPT, [task.name for task in TASKS if task.half == "design"])


def trained_searches() -> list[str]:
    """Those trained for real."""
    return of_searches(methods.KEPT, methods.CHEAPEST)


@cache
def zero(mode: str) -> Sequence[Judged]:
    """The studies of the zero rows."""
    return studies.kept(ZERO, mode)


@cache
def rules(mode: str) -> Sequence[Judged]:
    """The studies of today's rules."""
    return studies.kept(RULES, mode)


def _table(kept: Callable[[str], Sequence[Judged]], *names: str) -> list[str]:
    return list(studies.table({"by forks": kept("fork"), "by replay": kept("replay")}, names))


_NOT_OF_ZERO = "interval as good as the rate"
"""A figure that the studies before the rules were not judged by."""


def zero_outcome() -> list[str]:
    """What the studies came to."""
    return _table(zero, *studies.MAIN)


def zero_cost() -> list[str]:
    """What they cost, and how their verdicts are wrong."""
    return _table(zero, *studies.COST, *studies.WRONG)


def zero_sureness() -> list[str]:
    """How sure they were, and how right to be."""
    return [
        *_table(zero, *(each for each in studies.INTERVAL if each != _NOT_OF_ZERO)),
        "",
        *_table(zero, *studies.AHEAD),
    ]


def rules_outcome() -> list[str]:
    """As `zero_outcome`, of today's rules."""
    return _table(rules, *studies.MAIN)


def rules_cost() -> list[str]:
    """As `zero_cost`, of today's rules."""
    return _table(rules, *studies.COST, *studies.WRONG)


def rules_sureness() -> list[str]:
    """As `zero_sureness`, of today's rules."""
    return [*_table(rules, *studies.SURE), "", *_table(rules, *studies.INTERVAL), "", *_table(rules, *studies.AHEAD)]


def rules_errors() -> list[str]:
    """As `zero_errors`, of today's rules."""
    return list(calibration.table(rules("fork")))


_SURENESS = {"sure": "sure", "sure_failed": "failures, sure", "unsure_failed": "failures, not sure"}


def second_edition() -> dict[str, str]:
    """What the first page says of today's rules."""
    told = {name: figure(name, rules("fork")).value for name in ("regret, sd", "regret, %", "runs", "answers")}
    failed, before = (figure("failures", kept("fork")).value for kept in (rules, zero))
    return {
        "tasks": str(len(_names_of(rules("fork")))),
        "sd": f"{told['regret, sd']:.1f}",
        "percent": f"{told['regret, %']:.1f}",
        "runs": f"{told['runs']:.2f}",
        "failed": f"{100 * failed:.0f}",
        "before": f"{100 * before:.0f}",
        "answered": f"{100 * told['answers']:.0f}",
        **{key: f"{100 * figure(name, rules('fork')).value:.0f}" for key, name in _SURENESS.items()},
    }


@cache
def unseen() -> Sequence[Judged]:
    """The studies of the part that no rule was chosen on, trained for real."""
    return tuple(trained_studies.judge(trained_studies.unseen_tasks(), read(trained_studies.KEPT)))


def unseen_headline() -> dict[str, str]:
    """What the first page says of them."""
    able = [each for each in unseen() if each.learns]
    told = {name: figure(name, unseen()).value for name in ("regret, sd", "regret, %", "runs", "sure")}
    return {
        "tasks": str(len(_names_of(able))),
        "studied": str(len(able)),
        "sd": f"{told['regret, sd']:.1f}",
        "percent": f"{told['regret, %']:.1f}",
        "runs": f"{told['runs']:.2f}",
        "failed": str(sum(failed(each.regret) for each in able)),
        "wrong": str(sum(bool(each.wrongs) for each in able)),
        "sure": f"{100 * told['sure']:.0f}",
        "sure_failed": f"{100 * figure('failures, sure', unseen()).value:.0f}",
    }


def unseen_outcome() -> list[str]:
    """All their figures."""
    rows = {"trained for real": unseen()}
    blocks = (studies.MAIN, studies.COST + studies.WRONG, studies.SURE, studies.INTERVAL, studies.AHEAD)
    return [line for names in blocks for line in (*studies.table(rows, names), "")][:-1]


def unseen_rivals() -> list[str]:
    """Beside them what others would have come to, cheapest first."""
    found = [
        "| way | runs | regret, % (90 %) | in seed-sd (90 %) | p95, sd | failures | runs of it |",
        f"|{'---|' * 7}",
    ]
    for row in trained_studies.beside_rivals(trained_studies.unseen_tasks(), unseen()):
        cells = [f"{each[0]:+.1f} ({each[1]:+.1f} … {each[2]:+.1f})" for each in (row.median, row.median_sd)]
        share, count_of = row.failures
        cells += [f"{row.p95[1]:+.1f}", f"{100 * share:.0f} %", str(count_of)]
        found.append(f"| {WAYS[row.rival]} | {row.runs:.2f} | {' | '.join(cells)} |")
    return found


def zero_by_task() -> list[str]:
    """A line a task, without bounds: those of one task say nothing."""
    names = ("regret, %", "regret, sd", "failures", "wrong verdicts", "interval holds best", "away, octaves", "runs")
    by_task = {name: [each for each in zero("fork") if each.task == name] for name in _names_of(zero("fork"))}
    lines = list(studies.table(by_task, names))
    return [re.sub(r" \([^()|]*…[^()|]*\)", "", line) for line in lines]


def zero_errors() -> list[str]:
    """How wide intervals and forecasts would have to be."""
    return list(calibration.table(zero("fork")))


def plan_on_design() -> list[str]:
    """What a plan's rate is worth on the design half."""
    return list(plan.tables("design"))


def plan_on_held_out() -> list[str]:
    """The same on the other half."""
    return list(plan.tables("held-out"))


def looks() -> dict[str, str]:
    """How often the unseen part was scored."""
    return {"looks": str(count())}


def _names_of(studied: Sequence[Judged]) -> list[str]:
    return list(dict.fromkeys(each.task for each in studied))


def zero_counts() -> dict[str, str]:
    """Of how many tasks they are."""
    parts = Counter(task.part for task in TASKS if task.name in {each.task for each in zero("fork")})
    return {"tasks": str(sum(parts.values())), "design": str(parts["design"]), "check": str(parts["check"])}


def strangers() -> dict[str, str]:
    """What the first page says of other people's programs."""
    known = programs()
    lines = [line for name in ("results", "again") for line in read(HERE / "strangers" / f"{name}.jsonl")]
    latest = {(line["program"], line["kind"]): line for line in lines if line["program"] in known}
    kinds = {name: outcome_table.kind(line, known[name]) for (name, kind), line in latest.items() if kind == "study"}
    held = [name for name in kinds if known[name].held_out]
    counts = Counter(kinds.values())
    as_good = sum(outcome_table.holds(latest[name, "study"], latest[name, "controls"]) for name in held)
    return {
        "programs": str(len(kinds)),
        "right": str(counts["right figure"]),
        "wrong": str(counts["wrong figure"]),
        "asked": str(counts["abstention"]),
        "refused": str(counts["refusal"]),
        "seen": str(len(kinds) - len(held)),
        "held_right": str(sum(kinds[name] == "right figure" for name in held)),
        "held": str(len(held)),
        "as_good": str(as_good),
    }


def faults() -> dict[str, str]:
    """What the first page says of `diagnose`: tasks that it had not seen."""
    runs, mends = loaded("fresh")
    everything, _ = score(runs, "everything", mends)
    loss, _ = score(runs, "loss", mends)
    backs = []
    for judged in runs:
        answer = answer_of(diagnosis_of(seen_at(judged, "everything"))) if judged.label == "faulty" else []
        back = won_back(judged, answer[0], mends) if answer else None
        backs += [] if back is None else [back >= WON_BACK]
    return {
        "faulty": str(everything.faulty),
        "named": f"{100 * everything.third / everything.faulty:.0f}",
        "by_loss": f"{100 * loss.third / loss.faulty:.0f}",
        "won": f"{100 * sum(backs) / len(backs):.0f}",
        "healthy": str(everything.healthy),
        "warned": f"{100 * everything.warned / everything.healthy:.0f}",
    }
