"""The figures of the guide: ten minutes on one core to train and draw them, a second to draw them.

    pip install -e '.[torch,benchmarks]'
    OMP_NUM_THREADS=1 python benchmarks/guide/figures.py                # trains everything anew, and draws
    OMP_NUM_THREADS=1 python benchmarks/guide/figures.py --only valley  # one experiment
    python benchmarks/guide/figures.py --draw                           # draws what is frozen

Path:   experiments -> `frozen/<name>.json` -> `docs/guide/figures/<name>.<language>.svg` -> the chapters.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.append(str(HERE))
sys.path.append(str(HERE.parents[1]))

import charts  # noqa: E402 - found where it lies
import charts_measured  # noqa: E402
import charts_of_trouble  # noqa: E402

CHARTS = charts.CHARTS | charts_of_trouble.CHARTS | charts_measured.CHARTS
FIGURES = charts.GUIDE / "figures"
LANGUAGES = sorted(file.parent.name for file in charts.GUIDE.glob("*/figures.toml"))

__all__ = ["CHARTS", "FIGURES", "drawn"]


def drawn(name: str, language: str) -> str:
    """A figure's file.

    Args:
        name: Key of `CHARTS`.
        language: Code of a language, e.g. `ja`.
    """
    return CHARTS[name](charts.Said(name, language)).svg(name, with_axes=name not in ("shapes", "not-learning"))


def train(names: list[str]) -> None:
    """Run experiments and keep what came out."""
    import measured
    import torch
    from experiments import EXPERIMENTS, short

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # weights that vanish would be many times slower
    every: dict[str, Any] = {**EXPERIMENTS, "batch": measured.batch, "plan": measured.plan, "cost": measured.cost}
    every["scale"] = measured.scale
    for name in names or every:
        begun = time.process_time()
        found = json.dumps(short(every[name]()), separators=(",", ":"))
        (HERE / "frozen" / f"{name}.json").write_text(found + "\n", encoding="utf-8")
        print(f"{name}: {time.process_time() - begun:.0f} s of processor time", flush=True)


def main() -> None:
    """Train, unless only to draw, and draw everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draw", action="store_true", help="train nothing")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="experiments to run")
    given = parser.parse_args()
    if not given.draw:
        train(given.only)
    for name in CHARTS:
        for language in LANGUAGES:
            (FIGURES / f"{name}.{language}.svg").write_text(drawn(name, language), encoding="utf-8")


if __name__ == "__main__":
    main()
