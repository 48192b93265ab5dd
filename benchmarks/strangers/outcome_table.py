"""What came of the programs, as a table and a summary.

Path:   results.jsonl + `programs.toml` -> rows with a judgement each -> Markdown.
Units:  seconds of wall time; cost in full runs, baseline included.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

from programs import Program

__all__ = ["Kind", "kind", "summary", "table"]

Kind = Literal["right figure", "wrong figure", "abstention", "refusal", "error", "not run"]
_HEAD = "| program | outcome | figure | verdict | rate, own → found | runs | plain s | study s | way | files |"


def kind(line: Mapping[str, Any], program: Program) -> Kind:
    """What a study came to: refusals, abstentions and answers about a wrong figure are kinds of their own."""
    outcome = line["outcome"]
    if outcome != "answer":
        return "not run" if outcome == "not-run" else outcome
    figure = f"{line['metric']['name']}:{line['metric']['direction']}"
    return "right figure" if figure in program.figures else "wrong figure"


def table(lines: Iterable[Mapping[str, Any]], programs: Mapping[str, Program]) -> str:
    """All that was measured, and how it adds up."""
    studies = [line for line in lines if line["kind"] == "study" and line["program"] in programs]
    rows = [_row(line, programs[line["program"]]) for line in studies]
    kinds = [kind(line, programs[line["program"]]) for line in studies]
    return "\n".join((_HEAD, "|---" * 10 + "|", *rows, "", summary(kinds)))


def summary(kinds: Iterable[Kind]) -> str:
    """How many came to what; programs that did not run as they are do not count."""
    all_of = [each for each in kinds if each != "not run"]
    if not all_of:
        return "Nothing has been measured."
    counts = ", ".join(f"{each} {all_of.count(each)}" for each in get_args(Kind) if each in all_of)
    return f"{len(all_of)} programs: {counts}."


def _row(line: Mapping[str, Any], program: Program) -> str:
    metric, told = line.get("metric"), kind(line, program)
    cells = (
        program.name,
        f"{told} `{line['code']}`" if "code" in line else told,
        f"`{metric['name']}` ({metric['direction']})" if metric else f"`{program.figures[0]}`",
        f"{line['verdict']}: {_number(line['baseline'])} → {_number(line['tuned'])}" if "verdict" in line else "",
        f"{_number(line['own_rate'])} → {_number(line['rate'])}" if "rate" in line else "",
        f"{line['total_runs']:.2f}" if "total_runs" in line else "",
        f"{line['plain_s']:.0f}" if "plain_s" in line else "",
        f"{line['study_s']:.0f}" if "study_s" in line else "",
        _way(line),
        _files(line),
    )
    return f"| {' | '.join(cells)} |"


def _way(line: Mapping[str, Any]) -> str:
    if line["outcome"] != "answer":
        return ""
    return f"replayed: {line['replayed'].strip('`')}" if line.get("replayed") else "forked"


def _files(line: Mapping[str, Any]) -> str:
    if "changed" not in line:
        return ""
    touched = [*(f"changed {name}" for name in line["changed"]), *(f"left {name}" for name in line["left"])]
    return ", ".join(touched) or "untouched"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
