"""What the documented commands say of faulty and healthy runs, each a plain script: a sample by a fixed seed.

    OMP_NUM_THREADS=1 python benchmarks/faulty_runs/by_command.py --half fresh     # a minute a script; resumable
    python benchmarks/faulty_runs/by_command.py --half fresh --table               # what is there so far

Each script is run by `ratecraft watch SCRIPT --json` and by `ratecraft diagnose SCRIPT --prove --json`, and nothing
else is looked at than what they print. It trains a case of `cases.py` in an ordinary loop, with a loader, a scheduler,
and checks that it prints; batches come in another order than in the frozen run, whose truth (`truth.py`) it is judged
by. Where the first advice of a faulty run is a change that a program can make, that is trained too.

Path:   a sample of the half -> scripts -> commands -> by_command.jsonl -> counts.
"""

import argparse
import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tuning"))

from cases import Case  # noqa: E402 - all found by the line above, or beside it
from commands import COMMANDS, commit_of, findings_of  # noqa: E402
from experiment import SPECIAL, is_named, warnings_in  # noqa: E402
from judging import false_warnings  # noqa: E402
from lines import append, read  # noqa: E402
from mending import advised, followed  # noqa: E402
from score import loaded  # noqa: E402
from task_list import TASKS  # noqa: E402
from training_run import train  # noqa: E402
from truth import SPLITS, Judged  # noqa: E402

LINES = HERE / "by_command.jsonl"
SEED = 22

SCRIPT = """import sys

sys.path[:0] = [{here!r}]
import torch
from cases import by_name
from task_list import TASKS
from torch.utils.data import DataLoader, TensorDataset
from training_run import CHECKS, parts_of, started

task, case, seed = TASKS[{task!r}], by_name({case!r}), {seed}
steps = round(task.steps * case.length)
torch.manual_seed(seed)
inputs, targets, held, targets_held = parts_of(task, case, seed)
size = min(max(round(case.batch * task.batch), 1) if case.batch else len(inputs), len(inputs))
loader = DataLoader(TensorDataset(inputs, targets), batch_size=size, shuffle=True, drop_last=True)
model, optimizer, clip = started(task, case, seed)
for group in optimizer.param_groups:
    group["lr"] = task.rate * case.factor * group["share"]
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: case.shape(step / steps, steps))

step = 0
while step < steps:
    for batch, wanted in loader:
        optimizer.zero_grad()
        loss = task.loss(model(batch), wanted, case.smoothing)
        loss.backward()
{strike}        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        scheduler.step()
        step += 1
        if step % max(steps // CHECKS, 1) == 0 or step == steps:
            model.eval()
            with torch.no_grad():
                val_loss = task.loss(model(held), targets_held).item()
            model.train()
            print(f"step {{step}} loss {{loss.item():.6g}} val_loss {{val_loss:.6g}}")
        if step == steps:
            break
"""
"""A case as a plain script."""

STRIKES: Mapping[str, str] = {
    "": "",
    "nan": "        if step == {step}:\n            list(model.parameters())[-1].grad.view(-1)[0] = float('nan')\n",
    "bad-step": "        if step == {step}:\n            for weight in model.parameters():\n"
    "                weight.grad.mul_({amount})\n",
}
"""What happens at a step, as lines of the script."""


def script_of(judged: Judged) -> str:
    """The run as a plain script."""
    case, task = judged.case, TASKS[judged.task]
    strike = STRIKES[case.strike].format(step=round(case.at * round(task.steps * case.length)), amount=case.amount)
    return SCRIPT.format(here=str(HERE), task=judged.task, case=case.name, seed=judged.seed, strike=strike)


def is_plain(judged: Judged) -> bool:
    """Whether it can be told as a script, and its truth is known."""
    plain, case = Case(""), judged.case
    special = any(getattr(case, name) != getattr(plain, name) for name in SPECIAL)
    return judged.label in ("faulty", "healthy") and not judged.way and not special and case.strike in STRIKES


def sample_of(half: str, faulty: int, healthy: int) -> list[Judged]:
    """So many of either, in an order of chance, so that a part of them is a sample too."""
    runs, draw = [each for each in loaded(half)[0] if is_plain(each)], random.Random(SEED)  # noqa: S311 - a sample, no secret
    counts = {"faulty": faulty, "healthy": healthy}
    chosen = [
        run
        for label, count in counts.items()
        for run in draw.sample([each for each in runs if each.label == label], count)
    ]
    return draw.sample(chosen, len(chosen))


def line_of(judged: Judged, command: str) -> dict[str, Any]:
    """What a command says of the run, and where its first advice leads."""
    begun = time.monotonic()
    found, runs = findings_of(script_of(judged), command)
    said = [
        {key: each[key] for key in ("code", "severity", "status")}
        | {"advice": [[one["code"], one["values"]] for one in each["advice"]]}
        for each in found
    ]
    line: dict[str, Any] = {"command": command, "key": judged.name, "said": said, "runs": runs}
    line |= {"seconds": round(time.monotonic() - begun), "commit": commit_of(HERE)}
    warned = warnings_in(line)
    advice = followed(judged, warned[0]) if warned and judged.label == "faulty" else None
    case = None if advice is None else advised(judged, advice, TASKS[judged.task])
    if case is not None:
        final = train(TASKS[judged.task], case, judged.seed).final
        line["final"] = final if final < judged.untrained else judged.untrained  # no number counts as untrained
    return line


def proven_in(line: Mapping[str, Any]) -> list[str]:
    """Codes of warnings that are called proven."""
    return [each["code"] for each in line["said"] if each["status"] == "proven" and each["severity"] != "info"]


def print_table(sample: Sequence[Judged], lines: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    """Counts by command, and a line a run."""
    for command in COMMANDS:
        done = [(run, lines[command, run.name]) for run in sample if (command, run.name) in lines]
        faulty = [each for each in done if each[0].label == "faulty"]
        healthy = [each for each in done if each[0].label == "healthy"]
        named = [run.name for run, line in faulty if is_named(run, line)]
        false = {run.name: codes for run, line in healthy if (codes := false_warnings(run, warnings_in(line)))}
        wrong = [run.name for run, line in done if proven_in(line) and run.name not in named]
        count = sum(bool(proven_in(line)) for _, line in done)
        costs = sorted(line["runs"] for _, line in done)
        print(
            f"{command}: named {len(named)} of {len(faulty)}; healthy warned of {len(false)} of {len(healthy)} "
            f"{false}; "
            f"proven {count}, wrongly {len(wrong)} {wrong}; runs, median {costs[len(costs) // 2] if costs else 0}"
        )
    print("\n| run | truth | watch | --prove |\n|---|---|---|---|")
    for run in sample:
        cells = [_cell(run, lines.get((command, run.name))) for command in COMMANDS]
        print(f"| {run.name} | {run.label} | {' | '.join(cells)} |")


def _cell(run: Judged, line: Mapping[str, Any] | None) -> str:
    if line is None:
        return "not run"
    shown = ", ".join(f"{each.code}" for each in warnings_in(line)) or "-"
    shown += " (proven)" if proven_in(line) else ""
    return f"**{shown}**" if run.label == "faulty" and is_named(run, line) else shown


def main() -> None:
    """Ask what was not asked yet, or print what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=SPLITS, default="fresh")
    parser.add_argument("--faulty", type=int, default=20)
    parser.add_argument("--healthy", type=int, default=10)
    parser.add_argument("--lines", type=Path, default=LINES)
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    sample = sample_of(given.half, given.faulty, given.healthy)
    lines = {(line["command"], line["key"]): line for line in read(given.lines)}
    for run in [] if given.table else sample:
        for command in COMMANDS:
            if (command, run.name) not in lines:
                line = line_of(run, command)
                append(given.lines, line)
                lines[command, run.name] = line
    print_table(sample, lines)


if __name__ == "__main__":
    main()
