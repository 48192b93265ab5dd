"""The tier with experiments: `ratecraft.prove` on every run of which nothing is warned when all is logged.

    OMP_NUM_THREADS=1 python benchmarks/faulty_runs/experiment.py --half design    # resumable; ten seconds a run
    python benchmarks/faulty_runs/experiment.py --half design --table              # what is there so far
    python benchmarks/faulty_runs/experiment.py --freeze                           # packs the lines into frozen/

Path:   a judged run with everything logged -> a `Task` that trains the same -> `prove` -> a line of
        build/faulty_runs/experiments.jsonl -> frozen/experiments.json.gz -> a table.

A run that is warned of already is not branched, as nobody would. Where the first advice of what was shown can be
followed by a program, that is trained too. Healthy looks that a `Task` here does not have (`SPECIAL`) are left out, and
those that are logged in another way: their branches would be the same.
"""

import argparse
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from cases import Case
from judging import RIGHT_CODES, SHOWN, WON_BACK, Mends, answer_of, false_warnings, is_right, seen_at
from mending import PLACES, advised, followed
from recording import BUILD, append, lines_of, write
from score import loaded, packed
from task_list import TASKS
from training_run import parts_of, started, train
from truth import FROZEN, SPLITS, Judged

from ratecraft.api.prove import prove
from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.training.tasks.task import Task

LINES, PACKED = BUILD / "experiments.jsonl", "experiments.json.gz"
SPECIAL = ("patience", "mixup", "accumulate", "frozen")
"""Fields of a case that a `Task` here does not have."""


# ---- the run as a task


def task_of(judged: Judged) -> Task:
    """The run as a task of ratecraft."""
    task, case = TASKS[judged.task], judged.case
    steps = round(task.steps * case.length)
    torch.manual_seed(judged.seed)
    inputs, targets, held, targets_held = parts_of(task, case, judged.seed)
    model, optimizer, clip = started(task, case, judged.seed)
    model.register_buffer("steps_begun", torch.zeros((), dtype=torch.long))
    for group in optimizer.param_groups:
        group["lr"] = task.rate * case.factor * group["share"]
    struck = round(case.at * steps) if case.strike == "bad-step" else -1

    def loss(model: torch.nn.Module, batch: Any) -> torch.Tensor:
        value = task.loss(model(batch[0]), batch[1], case.smoothing)
        if model.training and torch.is_grad_enabled():
            begun: Any = model.steps_begun
            begun += 1
            if begun == struck + 1:  # the loss of the step, and so many times its gradient
                value = value + (case.amount - 1) * (value - value.detach())
        return value

    def val_loss(model: torch.nn.Module) -> float:
        return task.loss(model(held), targets_held).item()

    return Task(
        model,
        optimizer,
        loss,
        torch.utils.data.TensorDataset(inputs, targets),
        val_loss,
        steps=steps,
        batch_size=min(max(round(case.batch * task.batch), 1) if case.batch else len(inputs), len(inputs)),
        scheduler=torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: case.shape(step / steps, steps)),
        clip_norm=clip or None,
    )


def line_of(judged: Judged) -> dict[str, Any]:
    """What is said of a run after the branches, the foremost first, and where its first advice led."""
    with tempfile.TemporaryDirectory() as folder:
        result = prove(task_of(judged), run=seen_at(judged, "everything"), study=f"{folder}/study", progress=False)
    said = [
        {
            "code": each.code,
            "severity": each.severity,
            "status": each.status,
            "advice": [[one.code, dict(one.values)] for one in each.advice[:1]],
        }
        for each in result.findings
    ]
    line = {"key": judged.name, "said": said, "runs": result.costs.runs}
    answer = answer_of(result.diagnosed.diagnosis)
    advice = followed(judged, answer[0]) if answer and judged.label == "faulty" else None
    case = None if advice is None else advised(judged, advice, TASKS[judged.task])
    if case is not None:
        line["final"] = train(TASKS[judged.task], case, judged.seed).final
    return line


def is_asked(judged: Judged) -> bool:
    """Whether a run is branched."""
    plain, case = Case(""), judged.case
    if judged.label not in ("healthy", "faulty") or judged.way:
        return False
    if any(getattr(case, name) != getattr(plain, name) for name in SPECIAL):
        return False
    return not answer_of(diagnosis_of(seen_at(judged, "everything")))


# ---- the table


def warnings_in(line: Mapping[str, Any]) -> list[Finding]:
    """The first three warnings and errors of a line."""
    return [
        Finding(each["code"], each["severity"], 1.0, (0, 0), {}, tuple(Advice(*one) for one in each["advice"]))
        for each in line["said"]
        if each["severity"] != "info"
    ][:3]


def won_back(judged: Judged, line: Mapping[str, Any]) -> float | None:
    """What following the first advice won back; None where no program can follow it."""
    found = warnings_in(line)
    advice = followed(judged, found[0]) if found else None
    if advice is not None and advice.code in PLACES:
        return 1.0
    return judged.won_back(line["final"]) if "final" in line else None


def is_named(judged: Judged, line: Mapping[str, Any]) -> bool:
    """Whether one of the first three names the fault, or the first advice wins back half of what was lost."""
    right = RIGHT_CODES[judged.case.kind] | SHOWN.get(judged.case.kind, frozenset())
    share = won_back(judged, line)
    return any(each.code in right for each in warnings_in(line)) or (share is not None and share >= WON_BACK)


def print_table(runs: Sequence[Judged], mends: Mends, lines: Mapping[str, Mapping[str, Any]]) -> None:
    """The tier over the whole half, by kind and together."""
    faulty = [each for each in runs if each.label == "faulty"]
    healthy = [each for each in runs if each.label == "healthy" and not each.way]
    said = {each.name: answer_of(diagnosis_of(seen_at(each, "everything"))) for each in (*faulty, *healthy)}
    before = {each.name: any(is_right(each, one, mends) for one in said[each.name]) for each in faulty}
    after = {each.name: before[each.name] or _is_shown(each, said, lines) for each in faulty}
    print("| kind | faulty | branched | everything | and experiments |\n|---|---|---|---|---|")
    for kind in dict.fromkeys(each.case.kind for each in faulty):
        _print_row(kind, [each for each in faulty if each.case.kind == kind], before, after, lines)
    _print_row("all", faulty, before, after, lines)
    missed = [each for each in faulty if is_asked(each) and each.name not in lines]
    tried = [each for each in healthy if each.name in lines]
    warned = {each.name: false_warnings(each, warnings_in(lines[each.name])) for each in tried}
    false = [(name, codes) for name, codes in warned.items() if codes]
    shares = [share for each in faulty if each.name in lines and not said[each.name]
              if (share := won_back(each, lines[each.name])) is not None]  # fmt: skip
    costs = [lines[each.name]["runs"] for each in (*faulty, *healthy) if each.name in lines]
    print(
        f"\nhealthy: {len(healthy)}, warned of before {sum(map(bool, (said[each.name] for each in healthy)))}, "
        f"branched {len(tried)}, of these warned of {len(false)} {false}\n"
        f"advice of what was shown: followed {len(shares)}, won back half {sum(each >= WON_BACK for each in shares)}\n"
        f"runs a proof: mean {sum(costs) / max(len(costs), 1):.2f}, most {max(costs, default=0.0):.2f}; "
        f"still to be branched: {len(missed)}"
    )
    print("not named:", *(each.name for each in faulty if not after[each.name]), sep="\n  ")


def _is_shown(judged: Judged, said: Mapping[str, Sequence[Finding]], lines: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether branches named it, of which nothing was said without them."""
    return not said[judged.name] and judged.name in lines and is_named(judged, lines[judged.name])


def _print_row(
    name: str,
    runs: Iterable[Judged],
    before: Mapping[str, bool],
    after: Mapping[str, bool],
    lines: Mapping[str, Mapping[str, Any]],
) -> None:
    names = [each.name for each in runs]
    counts = [sum(table[each] for each in names) for table in (before, after)]
    shown = [f"{count} ({count / len(names):.0%})" for count in counts]
    print(f"| {name} | {len(names)} | {sum(each in lines for each in names)} | {' | '.join(shown)} |")


def main() -> None:
    """Prove what is missing, or print what there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=SPLITS, default="design")
    parser.add_argument("--tasks", nargs="*", help="only these of the half")
    parser.add_argument("--healthy", type=int, default=1000, help="how many of the healthy runs")
    parser.add_argument("--most", type=int, default=10_000, help="runs of this call")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--freeze", action="store_true")
    parser.add_argument("--folder", type=Path, default=FROZEN)
    args = parser.parse_args()
    torch.set_num_threads(1)
    lines: dict[str, Any] = packed(args.folder / PACKED) | {line["key"]: line for line in lines_of(LINES)}
    if args.freeze:
        write(PACKED, lines, args.folder)
        return
    runs, mends = loaded(args.half, args.folder)
    runs = [each for each in runs if not args.tasks or each.task in args.tasks]
    if not args.table:
        asked = [each for each in runs if is_asked(each)]
        healthy = [each for each in asked if each.label == "healthy"]
        kept = healthy[:: max(1, len(healthy) // max(1, args.healthy))][: args.healthy]
        missing = [each for each in (*(one for one in asked if one.label == "faulty"), *kept) if each.name not in lines]
        for judged in missing[: args.most]:
            lines[judged.name] = line_of(judged)
            append(LINES, lines[judged.name])
            told = [(each["code"], each["severity"], each["status"]) for each in lines[judged.name]["said"]]
            print(judged.name, f"{lines[judged.name]['runs']:.2f} runs", told, flush=True)
    print_table(runs, mends, lines)


if __name__ == "__main__":
    main()
