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
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ratecraft.laws.responses.rate_response import bottom

HERE = Path(__file__).parent
PREDICTIONS, RESULTS = HERE / "predictions.json", HERE / "results.json"
FIRST: Mapping[str, tuple[str, str]] = {
    "mlp": ("--width {16,32,64}", "--width 512"),
    "cnn": ("--channels {8,16,32}", "--channels 128"),
    "transformer": ("--width {16,32,64}", "--width 256"),
    "gru": ("--steps {100,200,400}", "--steps 3200"),
}
SECOND: Mapping[str, tuple[str, str]] = {
    "mlp, longer": ("--steps {100,200,400}", "--steps 3200"),
    "cnn, longer": ("--steps {75,150,300}", "--steps 1800"),
    "gru, wider": ("--width {24,48,96}", "--width 384"),
    "transformer, wider": ("--width {32,64,128}", "--width 384"),
}
"""What is varied, and the target. The rule was changed after the first four, and the second four were asked then."""
ASKED = {**FIRST, **SECOND}
ABOUT = 1  # octaves of the ladder beyond every rate that is advised
SEEDS = (0, 1, 2)
"""Of the targets of the second four: one seed tells a best rate to an octave at most. Those of the first had one."""


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


def script_of(name: str) -> str:
    """The script of a task."""
    return f"{name.partition(',')[0]}.py"


def foreseen() -> None:
    """Train the small runs that were not trained yet, and write down what follows from them."""
    found = json.loads(PREDICTIONS.read_text()) if PREDICTIONS.exists() else []
    known = {each["task"] for each in found}
    found += [
        {"task": name, **typed("scale", script_of(name), "--vary", vary, "--target", target)}
        for name, (vary, target) in ASKED.items()
        if name not in known
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
    rates["plan"] = typed("plan", script_of(name), "--", *own)["plan"]["settings"]["rate"]["value"]
    if name in FIRST:
        rates["tune"] = typed("tune", script_of(name), "--", *own)["rate"]
    return rates


def scores_at(name: str, rates: Sequence[float]) -> dict[float, float | None]:
    """The score of a target at each rate, a mean of its seeds; None where one of them blew up."""
    found: dict[float, list[float | None]] = {rate: [] for rate in rates}
    words = ("--rate", ",".join(map(repr, rates)), "--", *ASKED[name][1].split())
    for seed in (0,) if name in FIRST else SEEDS:
        trials = typed("search", script_of(name), "--method", "grid", *words, "--seed", str(seed))["search"]["trials"]
        for each in trials:
            found[each["values"]["rate"]].append(each["score"])
    return {
        rate: None if None in scores else statistics.fmean(each for each in scores if each is not None)
        for rate, scores in found.items()
    }


def trained() -> None:
    """Train the targets that were not trained yet."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for said in json.loads(PREDICTIONS.read_text()):
        name = said["task"]
        if name in results:
            continue
        rates = advised(said)
        octaves = [math.log2(rate / 1e-3) for rate in rates.values() if rate]
        low, high = math.floor(min(octaves)) - ABOUT, math.ceil(max(octaves)) + ABOUT
        while True:
            ladder = [1e-3 * 2.0**octave for octave in range(low, high + 1)]
            wanted = sorted({*ladder, *(rate for rate in rates.values() if rate)})
            scores = scores_at(name, wanted)
            told = {rate: score for rate in ladder if (score := scores[rate]) is not None}
            best = min(told, key=lambda rate: told[rate])
            if best not in (ladder[0], ladder[-1]):
                break
            low, high = low - (best == ladder[0]), high + (best == ladder[-1])
        results[name] = {"advised": rates, "ladder": ladder, "scores": {repr(rate): scores[rate] for rate in wanted}}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def table(asked: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """A row a task: octaves from the best rate, and in brackets what that costs."""
    said = {each["task"]: each for each in json.loads(PREDICTIONS.read_text())}
    rules = ("first rule", "inside", "second rule", "inside") if asked is FIRST else ("law", "inside")
    ways = ("same", "1/width", "plan", *(("tune",) if asked is FIRST else ()))
    columns = ("task", "target", "best rate", "cost", *rules, "abstained", *ways)
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for name, found in json.loads(RESULTS.read_text()).items():
        if name not in asked:
            continue
        scores = {
            math.log2(float(rate)): math.inf if score is None else score for rate, score in found["scores"].items()
        }
        best = bottom({octave: scores[octave] for octave in map(math.log2, found["ladder"])})
        law = said[name]
        cells = [_cell(rate, best, scores) for rate in (found["advised"].get(way) for way in ways)]
        foreseen = [
            cell
            for each in ((law["first"], law) if asked is FIRST else (law,))
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
        print("\n".join((*table(FIRST), "", *table(SECOND))))


if __name__ == "__main__":
    main()
