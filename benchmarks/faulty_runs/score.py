"""What the rules say of runs whose truth is known: which faults are named, how soon, and what following them wins back.

    python benchmarks/faulty_runs/score.py [--half held-out | fresh] [--kinds] [--runs] [--live]

Path:   frozen/ -> `truth.py` -> `judging.py` -> `tables.py`. Nothing is trained.
"""

import argparse
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

from judging import Mends
from tables import print_live, print_mends, print_rivals, print_scores
from truth import FROZEN, HALVES, SPLITS, Judged, judged_runs, load

__all__ = ["loaded"]


def loaded(half: str, folder: Path = FROZEN) -> tuple[list[Judged], Mends]:
    """All frozen runs of a half, and where runs ended that followed an advice."""
    tasks = [name for name, its in HALVES.items() if its == half and (folder / f"{name}.json.gz").exists()]
    return [judged for task in tasks for judged in judged_runs(task, load(task, folder))], packed(
        folder / "mends.json.gz"
    )


def packed(path: Path) -> dict[str, Any]:
    """What a frozen file holds; nothing where there is none."""
    return json.loads(gzip.decompress(path.read_bytes())) if path.exists() else {}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=SPLITS, default="design")
    parser.add_argument("--kinds", action="store_true", help="recall@3 by kind of fault as well")
    parser.add_argument("--runs", action="store_true", help="one line a run as well")
    parser.add_argument("--live", action="store_true", help="when a watch tells: a minute")
    parser.add_argument("--folder", type=Path, default=FROZEN)
    args = parser.parse_args()
    runs, mends = loaded(args.half, args.folder)
    labels = Counter((judged.label, bool(judged.way)) for judged in runs)
    print(f"{args.half}: {dict(Counter(judged.task for judged in runs))}\n{dict(labels)}\n")
    print_scores(runs, mends, kinds=args.kinds, each=args.runs)
    print_mends(runs, mends)
    print_rivals(runs)
    if args.live:
        print_live(runs, mends)


if __name__ == "__main__":
    main()
