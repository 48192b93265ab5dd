"""What came of the programs, as a table and a summary.

Path:   results.jsonl + `programs.toml` -> rows with a judgement each -> Markdown.
Units:  seconds of wall time; cost in full runs, baseline included.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, get_args

from programs import Program

__all__ = ["Kind", "holds", "kind", "summary", "table", "watch_table"]

Kind = Literal["right figure", "wrong figure", "abstention", "refusal", "error", "not run"]
Line: TypeAlias = Mapping[str, Any]
_COLUMNS = ("program", "outcome", "figure", "verdict", "best control", "rate, own → found", "runs")
_HEAD = f"| {' | '.join((*_COLUMNS, 'plain s', 'study s', 'way', 'files'))} |"
_TOLERANCE = 0.05
"""How much worse than the best control an answer may be; one run of each has no spread that could be taken off."""


def kind(line: Line, program: Program) -> Kind:
    """What a study came to: refusals, abstentions and answers about a wrong figure are kinds of their own."""
    outcome = line["outcome"]
    if outcome != "answer":
        return "not run" if outcome == "not-run" else outcome
    figure = f"{line['metric']['name']}:{line['metric']['direction']}"
    return "right figure" if figure in program.figures else "wrong figure"


def table(lines: Iterable[Line], programs: Mapping[str, Program]) -> str:
    """All that was measured, and how it adds up."""
    known = [line for line in lines if line["program"] in programs]
    studies = [line for line in known if line["kind"] == "study"]
    controls = {line["program"]: line for line in known if line["kind"] == "controls" and "trials" in line}
    rows = [_row(line, programs[line["program"]], controls.get(line["program"])) for line in studies]
    kinds = [kind(line, programs[line["program"]]) for line in studies]
    held = [holds(line, controls[line["program"]]) for line in studies if line["program"] in controls]
    tail = f" Of {len(held)} with controls {sum(held)} are as good as the best of them, within 5 %." if held else ""
    return "\n".join((_HEAD, "|---" * 11 + "|", *rows, "", summary(kinds) + tail))


def holds(study: Line, controls: Line) -> bool:
    """Whether what the user ends with, the better of both full runs, is as good as the best control, within 5 %."""
    best = _best(study, controls)
    ends = [each for each in (study.get("baseline"), study.get("tuned")) if each is not None]
    if best is None or not ends:
        return bool(ends)
    if study["metric"]["direction"] == "max":
        return max(ends) >= best[0] - _TOLERANCE * abs(best[0])
    return min(ends) <= best[0] + _TOLERANCE * abs(best[0])


def _best(study: Line, controls: Line) -> tuple[float, float] | None:
    """The best score of the controls and its rate as a multiple of the program's own."""
    scored = [(trial["score"], trial["values"]["rate"]) for trial in controls["trials"] if trial["score"] is not None]
    if not scored:
        return None
    score, rate = (max if study["metric"]["direction"] == "max" else min)(scored)
    return score, rate / study["own_rate"]


def summary(kinds: Iterable[Kind]) -> str:
    """How many came to what; programs that did not run as they are do not count."""
    all_of = [each for each in kinds if each != "not run"]
    if not all_of:
        return "Nothing has been measured."
    counts = ", ".join(f"{each} {all_of.count(each)}" for each in get_args(Kind) if each in all_of)
    return f"{len(all_of)} programs: {counts}."


def _row(line: Line, program: Program, controls: Line | None) -> str:
    metric, told = line.get("metric"), kind(line, program)
    cells = (
        program.name,
        f"{told} `{line['code']}`" if "code" in line else told,
        f"`{metric['name']}` ({metric['direction']})" if metric else f"`{program.figures[0]}`",
        f"{line['verdict']}: {_number(line['baseline'])} → {_number(line['tuned'])}" if "verdict" in line else "",
        _control(line, controls),
        f"{_number(line['own_rate'])} → {_number(line['rate'])}" if "rate" in line else "",
        _cost(line),
        f"{line['plain_s']:.0f}" if "plain_s" in line else "",
        f"{line['study_s']:.0f}" if "study_s" in line else "",
        _way(line, program),
        _files(line),
    )
    return f"| {' | '.join(cells)} |"


def _cost(line: Line) -> str:
    """The total, and in brackets what the budget limits, where that was kept: without baseline and evaluation."""
    limited = f" ({line['runs']:.2f})" if "runs" in line else ""
    return f"{line['total_runs']:.2f}{limited}" if "total_runs" in line else ""


def _control(line: Line, controls: Line | None) -> str:
    best = _best(line, controls) if controls else None
    return f"{_number(best[0])} (×{best[1]:.3g})" if best else ""


def _way(line: Line, program: Program) -> str:
    if line["outcome"] != "answer":
        return ""
    if program.processes > 1:  # such runs are never forked
        return "replayed: processes"
    return f"replayed: {line['replayed'].strip('`')}" if line.get("replayed") else "forked"


def _files(line: Line) -> str:
    if "changed" not in line:
        return ""
    touched = [*(f"changed {name}" for name in line["changed"]), *(f"left {name}" for name in line["left"])]
    return ", ".join(touched) or "untouched"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def watch_table(lines: Iterable[Line]) -> str:
    """What a watch said of programs as they are, and how many it warned of."""
    known = {line["program"]: line for line in lines}.values()
    watched = [line for line in known if line["outcome"] == "watched"]
    rows = [_watch_row(line) for line in known]
    warned = sum(bool(line["warnings"]) for line in watched)
    head = "| program | outcome | steps | warnings | hints |\n|---|---|---|---|---|"
    return "\n".join(
        (head, *rows, "", f"{len(watched)} watched, {warned} warned of, {len(rows) - len(watched)} not watched")
    )


def _watch_row(line: Line) -> str:
    told = [", ".join(line.get(each, ())) or "-" for each in ("warnings", "hints")]
    outcome = line.get("verdict", line.get("code", line["outcome"]))
    return f"| {line['program']} | {outcome} | {line.get('steps', '-')} | {' | '.join(told)} |"
