"""How far the rate that `ratecraft scale` foresees is from the best one of the target, and what it costs there.

    PYTHONPATH=benchmarks/tuning/tasks python benchmarks/scale/measure.py --foresee   # writes predictions.json
    PYTHONPATH=benchmarks/tuning/tasks python benchmarks/scale/measure.py --targets   # trains the targets: results.json
    python benchmarks/scale/measure.py                                                # the table, in a second

Path:   tasks/*.py -> what small runs foresee (predictions.json, committed before any target was trained) -> the targets
        at a ladder of rates and at what each way advises (results.json) -> a row a task.
Units:  octaves are log2(rate / the best rate of the target); regret is a share of the target's best score.

Every way is judged by one run of the target at its rate, under the shape that all searches have. `same` is the best
rate of the largest small run, `1/width` that rate moved by µP's rule for hidden matrices, `plan` what `ratecraft plan`
says of the target, `tune` a tune of the target itself, whose rate is run like the others.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ratecraft.laws.rate_response import bottom

HERE = Path(__file__).parent
PREDICTIONS, RESULTS = HERE / "predictions.json", HERE / "results.json"
ASKED: Mapping[str, tuple[str, str]] = {
    "mlp": ("--width {16,32,64}", "--width 512"),
    "cnn": ("--channels {8,16,32}", "--channels 128"),
    "transformer": ("--width {16,32,64}", "--width 256"),
    "gru": ("--steps {100,200,400}", "--steps 3200"),
}
"""What is varied, and the target."""
FEWEST_ABOUT = 1  # octaves of the ladder beyond every rate that is advised


def typed(*words: str) -> dict[str, Any]:
    """What a command of ratecraft prints, typed in the folder of the scripts."""
    told = subprocess.run(
        [sys.executable, "-m", "ratecraft.cli.main", *words, "--json"] if "--" not in words else _json_first(words),
        cwd=HERE / "tasks",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if not told.stdout:
        raise SystemExit(told.stderr)
    return json.loads(told.stdout)


def _json_first(words: tuple[str, ...]) -> list[str]:
    at = words.index("--")
    return [sys.executable, "-m", "ratecraft.cli.main", *words[:at], "--json", *words[at:]]


def foreseen() -> None:
    """Train the small runs, and write down what follows from them."""
    found = [
        {"task": name, **typed("scale", f"{name}.py", "--vary", vary, "--target", target)}
        for name, (vary, target) in ASKED.items()
    ]
    PREDICTIONS.write_text(json.dumps(found, indent=1) + "\n")


def advised(said: Mapping[str, Any]) -> dict[str, float]:
    """The rate that each way advises for a target."""
    name = said["task"]
    own = ASKED[name][1].split()
    largest = said["points"][-1]
    rates: dict[str, float] = {"scale": said["rate"]} if said["rate"] else {}
    rates["same"] = largest["rate"]
    ((argument, size),) = said["target"].items()
    if said["axes"][0]["kind"] == "width":
        rates["1/width"] = largest["rate"] * largest["sizes"][argument] / size
    rates["plan"] = typed("plan", f"{name}.py", "--", *own)["plan"]["settings"]["rate"]["value"]
    rates["tune"] = typed("tune", f"{name}.py", "--", *own)["rate"]
    return rates


def trained() -> None:
    """Train the targets that were not trained yet."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for said in json.loads(PREDICTIONS.read_text()):
        name = said["task"]
        if name in results:
            continue
        rates = advised(said)
        octaves = [math.log2(rate / 1e-3) for rate in rates.values() if rate]
        low, high = math.floor(min(octaves)) - FEWEST_ABOUT, math.ceil(max(octaves)) + FEWEST_ABOUT
        while True:
            ladder = [1e-3 * 2.0**octave for octave in range(low, high + 1)]
            wanted = sorted({*ladder, *(rate for rate in rates.values() if rate)})
            words = ("--rate", ",".join(map(repr, wanted)), "--", *ASKED[name][1].split())
            trials = typed("search", f"{name}.py", "--method", "grid", *words)["search"]["trials"]
            scores = {each["values"]["rate"]: each["score"] for each in trials}
            best = min((rate for rate in ladder if scores[rate] is not None), key=lambda rate: scores[rate])
            if best not in (ladder[0], ladder[-1]):
                break
            low, high = low - (best == ladder[0]), high + (best == ladder[-1])
        results[name] = {"advised": rates, "ladder": ladder, "scores": {repr(rate): scores[rate] for rate in wanted}}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def table() -> Iterator[str]:
    """A row a task: octaves from the best rate, and in brackets what that costs."""
    said = {each["task"]: each for each in json.loads(PREDICTIONS.read_text())}
    ways = ("same", "1/width", "plan", "tune")
    columns = (
        "task",
        "target",
        "best rate",
        "cost",
        "first rule",
        "inside",
        "second rule",
        "inside",
        "abstained",
        *ways,
    )
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for name, found in json.loads(RESULTS.read_text()).items():
        scores = {
            math.log2(float(rate)): math.inf if score is None else score for rate, score in found["scores"].items()
        }
        best = bottom({octave: scores[octave] for octave in map(math.log2, found["ladder"])})
        law = said[name]
        cells = [_cell(rate, best, scores) for rate in (found["advised"].get(way) for way in ways)]
        foreseen = [
            cell
            for each in (law["first"], law)
            for cell in (_cell(each["rate"], best, scores), _inside(each["interval"], 2**best))
        ]
        abstained = (law["no_law"] or {}).get("code", "")
        head = f"| {name} | {ASKED[name][1]} | {2**best:.2g} | {law['cost']['target_runs']:.2f}"
        yield f"{head} | {' | '.join(foreseen)} | {abstained} | {' | '.join(cells)} |"


def _cell(rate: float | None, best: float, scores: Mapping[float, float]) -> str:
    """How far from the best rate, and what that costs: between the rates that were run, by a line."""
    if not rate:
        return ""
    octaves = sorted(scores)
    score = float(np.interp(math.log2(rate), octaves, [scores[each] for each in octaves]))
    return f"{math.log2(rate) - best:+.2f} ({score / min(scores.values()) - 1:+.1%})"


def _inside(interval: tuple[float, float] | None, rate: float) -> str:
    return "" if interval is None else "yes" if interval[0] <= rate <= interval[1] else "no"


def main() -> None:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--foresee", action="store_true")
    parser.add_argument("--targets", action="store_true")
    asked = parser.parse_args()
    if asked.foresee:
        foreseen()
    elif asked.targets:
        trained()
    else:
        print("\n".join(table()))


if __name__ == "__main__":
    main()
