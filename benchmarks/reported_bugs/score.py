"""What the documented commands say of reported bugs and their mended twins: `python benchmarks/reported_bugs/score.py`.

Each script is a file of its own and is run by `ratecraft watch SCRIPT --json`; with `--prove` by
`ratecraft diagnose SCRIPT --prove --json`. Nothing else is looked at than what the command prints. An answer becomes a
line of `answers.jsonl` as soon as it is there, and a script that has one is not run again: a table that was broken off
goes on.
Printed is a table, and at its end how many causes were named and how many right scripts were warned of.

Units:  seconds of wall time; runs are trainings of the script's own length.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from listed import LISTED
from reported import ALIKE, CASES, Case

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tuning"))

from commands import commit_of, findings_of  # noqa: E402 - found by the line above
from lines import append, read  # noqa: E402

ANSWERS = HERE / "answers.jsonl"

Said = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Answers:
    """What one command said, script by script.

    Attributes:
        command: `watch` or `prove`.
        file: Where answers are kept, those of both commands.
    """

    command: str
    file: Path

    def known(self) -> dict[str, Said]:
        """Findings by the digest of the script's text."""
        return {each["script"]: each["said"] for each in read(self.file) if each["command"] == self.command}

    def ask(self, name: str, text: str) -> None:
        """Run a script and keep the answer."""
        begun, commit = time.monotonic(), commit_of(HERE)
        found, runs = findings_of(text, self.command)
        said = [_short(finding) for finding in found]
        line = {"command": self.command, "name": name, "script": digest(text), "said": said}
        append(self.file, {**line, "runs": runs, "seconds": round(time.monotonic() - begun), "commit": commit})


def digest(text: str) -> str:
    """By which a script is known again."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _short(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Its code, severity and status, the arm that decided, and the codes of what is advised."""
    kept = {key: finding[key] for key in ("code", "severity", "status")}
    shown = finding.get("shown") or {}
    kept |= {key: shown[key] for key in ("arm", "metric", "steps", "gain") if shown.get(key) is not None}
    return {**kept, "advice": [each["code"] for each in finding["advice"]]}


def main() -> None:
    """Score what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[*CASES, *LISTED])
    parser.add_argument("--lists", action="store_true", help="the faults of others' lists, not those of reports")
    parser.add_argument("--parts", nargs="+", choices=("bugs", "alike", "twins"), default=["bugs", "alike", "twins"])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--answers", type=Path, default=ANSWERS)
    parser.add_argument("--table", action="store_true", help="run nothing: the table of what is known")
    asked = parser.parse_args()
    answers = Answers("prove" if asked.prove else "watch", asked.answers)
    known_cases = {**CASES, **LISTED}
    cases = {name: known_cases[name] for name in asked.only or (LISTED if asked.lists else CASES)}
    if not asked.table:
        known, wanted = answers.known(), _wanted(cases, asked.parts)
        with ThreadPoolExecutor(asked.workers) as pool:
            list(pool.map(lambda each: answers.ask(*each), [each for each in wanted if digest(each[1]) not in known]))
    print("\n".join(table(cases, answers.known())))


def _wanted(cases: Mapping[str, Case], parts: Sequence[str]) -> list[tuple[str, str]]:
    """Names and texts; several bugs have the same mended twin."""
    bugs = [(name, case.broken) for name, case in cases.items()]
    twins = {case.mended: f"{name}, mended" for name, case in reversed(cases.items())}
    made = {"bugs": bugs, "alike": list(ALIKE.items()), "twins": [(name, text) for text, name in twins.items()]}
    return [each for part in parts for each in made[part]]


def table(cases: Mapping[str, Case], known: Mapping[str, Said]) -> list[str]:
    """Of what is known, a line a bug, a line a look-alike, and the sums."""
    lines = ["| case | reported | first finding | mended twin |", "|---|---|---|---|"]
    counts = {"named": 0, "another": 0, "silent": 0}
    tried = {name: case for name, case in cases.items() if digest(case.broken) in known}
    for name, case in tried.items():
        first, is_loud = _first(known[digest(case.broken)])
        how = "named" if is_loud and first in case.codes else "another" if is_loud else "silent"
        counts[how] += 1
        shown = f"**{first}**" if how == "named" else f"{first}{'' if is_loud else ' (no warning)'}"
        twin = known.get(digest(case.mended))
        of_twin = "not run" if twin is None else ", ".join(_loud(twin)) or "-"
        lines.append(f"| {name} | [{case.report}]({case.source}) | {shown} | {of_twin} |")
    named, another, silent = counts.values()
    lines += ["", f"{named} of {len(tried)} causes named, {another} with another first finding, {silent} not warned of"]
    alike = {name: known[digest(text)] for name, text in ALIKE.items() if digest(text) in known}
    lines += ["", *(f"- look-alike, {name}: {', '.join(_loud(said)) or '-'}" for name, said in alike.items())]
    twins = {case.mended: known[digest(case.mended)] for case in cases.values() if digest(case.mended) in known}
    right = [*alike.values(), *twins.values()]
    return [*lines, "", f"{sum(bool(_loud(each)) for each in right)} of {len(right)} right scripts warned of"]


def _loud(said: Said) -> list[str]:
    """The codes that warn."""
    return [each["code"] for each in said if each["severity"] != "info" and each["status"] != "refuted"]


def _first(said: Said) -> tuple[str, bool]:
    """The foremost finding, and whether it warns."""
    loud = _loud(said)
    return (loud[0], True) if loud else (said[0]["code"] if said else "-", False)


if __name__ == "__main__":
    main()
