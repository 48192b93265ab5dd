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

from world import SOURCES, WorldRun, chosen, world_runs

from ratecraft.api.diagnose import diagnose
from ratecraft.diagnosis.finding import Finding
from ratecraft.errors import InvalidInput

LARGE = frozenset(
    {"diverged", "collapsed", "collapsed-at-once", "too-large-noise", "zigzag", "level-shift", "rate-far-above"}
    | {"non-finite-after-growth", "non-finite-at-once", "standstill"}
)
SMALL = frozenset({"too-small", "still-learning", "updates-small", "creeping", "stuck", "rate-far-below"})
UNREADABLE = "unreadable"


def said_of(path: Path) -> tuple[Finding, ...] | None:
    """What is found in a log, the worst first; None where it cannot be read."""
    try:
        return diagnose(path).findings
    except InvalidInput:
        return None


def is_named(found: Sequence[Finding], codes: frozenset[str]) -> bool:
    """Whether the first finding is one of the codes."""
    return bool(found) and found[0].code in codes


def is_hinted(found: Sequence[Finding], codes: frozenset[str]) -> bool:
    """Whether a finding of any severity is one of the codes."""
    return any(each.code in codes for each in found)


def row_of(title: str, said: Sequence[tuple[Finding, ...] | None]) -> str:
    """One row of the table."""
    found = [each for each in said if each is not None]
    worst = [each[0].severity if each else None for each in found]
    counts = (
        sum(each is None for each in said),
        sum(each in ("warning", "error") for each in worst),
        sum(each == "error" for each in worst),
        sum(is_named(each, LARGE) for each in found),
        sum(is_hinted(each, SMALL) for each in found),
        sum(each[0].code.startswith("overfit") and each[0].severity != "info" for each in found if each),
    )
    shares = (f"{count} ({count / max(len(said), 1):.1%})" for count in counts)
    return f"| {title} | {len(said)} | {' | '.join(shares)} |"


def codes_of(said: Iterable[tuple[Finding, ...] | None]) -> str:
    """Which warnings came first, and how often."""
    first = [UNREADABLE if each is None else each[0].code for each in said if each is None or each]
    return ", ".join(f"{code} {count}" for code, count in Counter(first).most_common())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tuned", "confirmed"))
    parser.add_argument("--logs", type=Path)
    arguments = parser.parse_args()
    print("| runs | count | unreadable | warned of | lost | named too large | hinted too small | over-fitting |")
    print("|---|---|---|---|---|---|---|---|")
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


def show(title: str, said: Sequence[tuple[Finding, ...] | None]) -> None:
    """Print a row, and below the table's name what came first."""
    print(row_of(title, said))
    print(f"<!-- {codes_of(said)} -->")


if __name__ == "__main__":
    main()
