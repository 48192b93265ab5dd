"""What `ratecraft diagnose LOG` says of the world's runs: of those that did well, and of those at a wrong rate.

    .venv/bin/python benchmarks/world_runs/verdicts.py                    # all frozen runs
    .venv/bin/python benchmarks/world_runs/verdicts.py --half confirmed   # the half that no rule was changed by
    .venv/bin/python benchmarks/world_runs/verdicts.py --logs FOLDER      # whole logs of runs that did well

Path:   frozen logs -> `diagnose`, as the command calls it -> a table, in percent of the runs of a row.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from world import SOURCES, WorldRun, chosen, world_runs

from ratecraft.api.diagnose.diagnose import DiagnoseResult, diagnose
from ratecraft.errors import InvalidInput

LARGE = frozenset(
    {"diverged", "collapsed", "collapsed-at-once", "too-large-noise", "zigzag", "level-shift", "rate-far-above"}
    | {"non-finite-after-growth", "non-finite-at-once", "standstill"}
)
SMALL = frozenset({"too-small", "still-learning", "updates-small", "creeping", "stuck", "rate-far-below"})
OVERFIT = frozenset({"overfit", "overfit-calibration"})
UNREADABLE = "unreadable"
COLUMNS = (
    "runs",
    "count",
    UNREADABLE,
    "cannot judge",
    "warned of",
    "lost",
    "named too large",
    "hinted too small",
    "over-fitting",
)


Said: TypeAlias = DiagnoseResult | None
"""What is said of a log; None where it cannot be read."""


def said_of(path: Path) -> Said:
    """What is said of a log, as the command reads it."""
    try:
        return diagnose(path)
    except InvalidInput:
        return None


def is_named(said: DiagnoseResult, codes: frozenset[str]) -> bool:
    """Whether the first finding is one of the codes."""
    return bool(said.findings) and said.findings[0].code in codes


def is_hinted(said: DiagnoseResult, codes: frozenset[str]) -> bool:
    """Whether a finding of any severity is one of the codes."""
    return any(each.code in codes for each in said.findings)


def is_overfit(said: DiagnoseResult) -> bool:
    """Whether the first finding is over-fitting, as a warning."""
    return is_named(said, OVERFIT) and said.findings[0].severity != "info"


def row_of(title: str, said: Sequence[Said]) -> str:
    """One row of the table."""
    read = [each for each in said if each is not None]
    counts = (
        sum(each is None for each in said),
        sum(each.verdict == "cannot-judge" for each in read),
        sum(each.verdict in ("warning", "lost") for each in read),
        sum(each.verdict == "lost" for each in read),
        sum(is_named(each, LARGE) for each in read),
        sum(is_hinted(each, SMALL) for each in read),
        sum(map(is_overfit, read)),
    )
    shares = (f"{count} ({count / max(len(said), 1):.1%})" for count in counts)
    return f"| {title} | {len(said)} | {' | '.join(shares)} |"


def codes_of(said: Iterable[Said]) -> str:
    """What came first, and how often."""
    first = [UNREADABLE if each is None else first_of(each) for each in said]
    return ", ".join(f"{code} {count}" for code, count in Counter(filter(None, first)).most_common())


def first_of(said: DiagnoseResult) -> str:
    """The code of the first finding, or why a run cannot be judged; nothing where nothing is said."""
    unjudged = next((run.diagnosis.unjudged for run in said.runs if run.diagnosis.unjudged), None)
    if said.verdict == "cannot-judge" and unjudged is not None:
        return unjudged.reason
    return f"{said.findings[0].code} ({said.verdict})" if said.findings else ""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tuned", "confirmed"))
    parser.add_argument("--logs", type=Path)
    arguments = parser.parse_args()
    print(f"| {' | '.join(COLUMNS)} |")
    print(f"|{'---|' * len(COLUMNS)}")
    if arguments.logs is not None:
        show("as they are", [said_of(path) for path in sorted(arguments.logs.rglob("*")) if path.is_file()])
        return
    with tempfile.TemporaryDirectory() as folder:
        for source in SOURCES:
            runs = chosen(world_runs(source, Path(folder, source)), arguments.half)
            said = {run: said_of(run.path) for run in runs}
            for label in dict.fromkeys(run.label for run in sorted(runs, key=label_order)):
                show(f"{source}, {label}", [said[run] for run in runs if run.label == label])


def label_order(run: WorldRun) -> int:
    """Where the label of a run comes in the table."""
    return ("good", "too large", "far too large", "too small", "neither").index(run.label)


def show(title: str, said: Sequence[Said]) -> None:
    """Print a row, and below the table's name what came first."""
    print(row_of(title, said))
    print(f"<!-- {codes_of(said)} -->")


if __name__ == "__main__":
    main()
