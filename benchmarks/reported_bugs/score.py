"""What the documented commands say of reported bugs and their mended twins: `python benchmarks/reported_bugs/score.py`.

Each script is a file of its own and is run by `ratecraft watch SCRIPT --json`; with `--prove` by
`ratecraft diagnose SCRIPT --prove --json`. Printed is a table, and at its end how many causes were named and how many
mended scripts were warned of. `--only NAME` scores one. Nothing else is looked at than what the command prints.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reported import ALIKE, CASES

_WATCH, _PROVE = ("watch", "{script}", "--json"), ("diagnose", "{script}", "--prove", "--json")


def said_of(text: str, command: Sequence[str]) -> list[dict[str, str]]:
    """The findings of a script by one command: code, severity and status, the foremost first."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "train.py").write_text(text, encoding="utf-8")
        typed = [each.format(script="train.py") for each in command]
        ran = subprocess.run(
            [str(Path(sys.executable).with_name("ratecraft")), *typed],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    lines = [each for each in ran.stdout.splitlines() if each.startswith("{")]
    if not lines:
        return [{"code": "no-answer", "severity": "warning", "status": ran.stderr.strip()[-200:]}]
    answer = json.loads(lines[-1])
    runs = answer.get("runs", [answer])
    return [{key: each[key] for key in ("code", "severity", "status")} for run in runs for each in run["findings"]]


def main() -> None:
    """Score what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    command = _PROVE if asked.prove else _WATCH
    cases = {name: case for name, case in CASES.items() if asked.only in (None, name)}
    alike = {} if asked.only else ALIKE
    named = wrong = silent = warned = 0
    with ThreadPoolExecutor(asked.workers) as pool:
        broken = {name: pool.submit(said_of, case.broken, command) for name, case in cases.items()}
        twins = {text: pool.submit(said_of, text, command) for text in {case.mended: None for case in cases.values()}}
        mended = {name: twins[case.mended] for name, case in cases.items()}  # several bugs have the same one
        others = {name: pool.submit(said_of, text, command) for name, text in alike.items()}
        print("| case | reported | first finding | mended twin |\n|---|---|---|---|", flush=True)
        for name, case in cases.items():
            first, is_loud = _first(broken[name].result())
            false = _loud(mended[name].result())
            is_named = first in case.codes
            named, warned = named + is_named, warned + bool(false)
            wrong, silent = wrong + (is_loud and not is_named), silent + (not is_loud and not is_named)
            shown = f"**{first}**" if is_named else f"{first}{'' if is_loud else ' (no warning)'}"
            report = f"[{case.report}]({case.source})"
            print(f"| {name} | {report} | {shown} | {', '.join(false) or '-'} |", flush=True)
        print(f"\n{named} of {len(cases)} causes named, {wrong} with another first finding, {silent} not warned of\n")
        for name, said in others.items():
            false = _loud(said.result())
            warned += bool(false)
            print(f"- look-alike, {name}: {', '.join(false) or '-'}", flush=True)
    print(f"\n{warned} of {len(cases) + len(alike)} right scripts warned of")


def _loud(said: Sequence[Mapping[str, str]]) -> list[str]:
    """The codes that warn."""
    return [each["code"] for each in said if each["severity"] != "info" and each["status"] != "refuted"]


def _first(said: Sequence[Mapping[str, str]]) -> tuple[str, bool]:
    """The foremost finding, and whether it warns."""
    loud = _loud(said)
    return (loud[0], True) if loud else (said[0]["code"] if said else "-", False)


if __name__ == "__main__":
    main()
