"""Training programs that others wrote, each tuned by the first command that a stranger would type (resumable).

    python benchmarks/strangers/measure.py [--only NAME ...] [--held-out] [--controls] [--jobs 1] [--table]
    python benchmarks/strangers/measure.py --watch [--only NAME ...]    # by `ratecraft watch --json` instead
    python benchmarks/strangers/measure.py --several-processes          # those whose processes train together
    python benchmarks/strangers/measure.py --repositories               # those that are files of a public repository

Each program gets an environment of its packages, layered over the one that runs this file. It is run once as it is and
then under `ratecraft tune --json`, each in a fresh folder; one line of JSON is added for it. A program that has a line
is not run again, and a crash costs only its own program. Needs what `make setup` installs, pip's network, and git's
for programs that are files of a public repository.

Path:   `programs.toml` -> environments, runs -> results.jsonl -> `outcome_table.py`.
Units:  seconds of wall time; rates are those of the leading group.
"""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tuning")]

from environments import environment  # noqa: E402 - found by the line above
from lines import append, read  # noqa: E402
from outcome_table import table, watch_table  # noqa: E402
from programs import Program, programs  # noqa: E402
from running import controlled, measured, watched  # noqa: E402

RESULTS, WATCHES = HERE / "results.jsonl", HERE / "watched.jsonl"
SEVERAL, REPOSITORIES = HERE / "several_processes.jsonl", HERE / "repositories.jsonl"
RUNS = {"study": measured, "controls": controlled, "watch": watched}
WORK = Path.home() / ".cache" / "ratecraft-strangers"  # outside of any repository: some programs write to its root


def main() -> None:
    """Measure what is not measured yet, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list(programs()), default=[])
    parser.add_argument("--held-out", action="store_true", help="the ten that are fixed beforehand, and no others")
    parser.add_argument("--controls", action="store_true", help="full runs at 1/4, 4 and 16 times the own rate as well")
    parser.add_argument("--several-processes", action="store_true", help="those of several processes, and no others")
    parser.add_argument("--repositories", action="store_true", help="those of public repositories, and no others")
    parser.add_argument("--watch", action="store_true", help="watch each program as it is, and tune none")
    parser.add_argument("--jobs", type=int, default=1, help="programs at a time")
    parser.add_argument("--table", action="store_true", help="print the table alone")
    parser.add_argument("--results", type=Path, nargs="+", default=[], help="the last one is added to")
    parser.add_argument("--work", type=Path, default=WORK, help="environments and folders of the runs")
    given = parser.parse_args()
    given.results = given.results or [_results(given)]
    part = (given.held_out, given.several_processes, given.repositories)
    wanted = [
        each
        for each in programs().values()
        if (each.held_out, each.processes > 1, each.published) == part and (not given.only or each.name in given.only)
    ]
    if not given.table:
        with ThreadPoolExecutor(given.jobs) as pool:
            for _ in pool.map(lambda each: _one(each, given), wanted):
                pass
    if given.watch:
        print(watch_table(read(given.results[-1])))
        return
    latest = {(line["program"], line["kind"]): line for each in given.results for line in read(each)}
    print(table(latest.values(), programs()))


def _results(given: argparse.Namespace) -> Path:
    """Where the lines of the chosen part are kept."""
    if given.watch:
        return WATCHES
    return SEVERAL if given.several_processes else REPOSITORIES if given.repositories else RESULTS


def _one(program: Program, given: argparse.Namespace) -> None:
    """Add the lines of one program that are not there yet."""
    lines = {(line["program"], line["kind"]): line for line in read(given.results[-1])}
    for kind in ("watch",) if given.watch else ("study", *(("controls",) if given.controls else ())):
        if (program.name, kind) in lines:
            continue
        line: dict[str, Any] = {"program": program.name, "kind": kind, "load": os.getloadavg()[1]}
        try:
            place = environment(program.packages, given.work / "environments")
            line |= RUNS[kind](program, place, given.work / "runs" / program.name, lines)
        except Exception as error:  # noqa: BLE001 - whatever it is, it costs this program alone
            line |= {"outcome": "not-run", "code": type(error).__name__, "message": str(error)[-2000:]}
        append(given.results[-1], line)
        lines[program.name, kind] = line
        print(f"{program.name}: {kind}: {line['outcome']} {line.get('code', '')}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
