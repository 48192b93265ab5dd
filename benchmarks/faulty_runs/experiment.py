"""The tier with experiments: short branches of `ratecraft.prove` on runs whose truth is known.

    OMP_NUM_THREADS=1 python benchmarks/faulty_runs/experiment.py --half design    # resumable; seconds a run

Path:   a judged run with everything logged -> a `Task` that trains the same -> `prove` -> frozen/proofs.json.gz.

Kinds that are settled by a fact, or that strike once, have nothing to branch for, and are left out.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch
from cases import Case
from judging import seen_at
from record import BUILD, append, lines_of, write
from score import loaded
from task_list import TASKS
from training_run import parts_of, started
from truth import FROZEN, Judged

from ratecraft.api.prove import prove
from ratecraft.training.task import Task

KINDS = (
    *("healthy", "too-large", "held", "too-small", "no-warm-up", "unscaled", "large-weights", "small-weights"),
    *("tight-clip", "weight-decay", "few-rows", "hot-fine-tuning"),
)
SPECIAL = ("patience", "mixup", "accumulate", "batch", "length")
"""Fields of a case that a `Task` here does not have: healthy looks with one of them are left out."""


def task_of(judged: Judged) -> Task:
    """The run as a task of ratecraft."""
    task, case = TASKS[judged.task], judged.case
    torch.manual_seed(judged.seed)
    inputs, targets, held, targets_held = parts_of(task, case, judged.seed)
    model, optimizer, clip = started(task, case, judged.seed)
    for group in optimizer.param_groups:
        group["lr"] = task.rate * case.factor * group["share"]
    steps = task.steps
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: case.shape(step / steps, steps))

    def loss(model: torch.nn.Module, batch: Any) -> torch.Tensor:
        return task.loss(model(batch[0]), batch[1], case.smoothing)

    def val_loss(model: torch.nn.Module) -> float:
        return task.loss(model(held), targets_held).item()

    data = torch.utils.data.TensorDataset(inputs, targets)
    size = min(task.batch, len(inputs))
    return Task(
        model,
        optimizer,
        loss,
        data,
        val_loss,
        steps=steps,
        batch_size=size,
        scheduler=scheduler,
        clip_norm=clip or None,
    )


def proofs_of(judged: Judged) -> list[dict[str, Any]]:
    """What is said of a run after the branches, the foremost first."""
    with tempfile.TemporaryDirectory() as folder:
        result = prove(task_of(judged), run=seen_at(judged, "everything"), study=f"{folder}/study", progress=False)
    return [
        {
            "code": each.code,
            "severity": each.severity,
            "status": each.status,
            "advice": [[one.code, dict(one.values)] for one in each.advice[:1]],
            "runs": result.costs.runs,
        }
        for each in result.findings
    ]


def is_asked(judged: Judged, seeds: int) -> bool:
    """Whether a run is branched: one way of logging, middle severity."""
    plain = Case("")
    case = judged.case
    special = any(getattr(case, name) != getattr(plain, name) for name in SPECIAL)
    middle = case.severity in (0, 2) and judged.label in ("healthy", "faulty")
    return middle and case.kind in KINDS and not special and not judged.way and judged.seed < seeds


def main() -> None:
    """Prove what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("design", "held-out"), default="design")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--most", type=int, default=1000, help="runs of this call")
    parser.add_argument("--folder", type=Path, default=FROZEN)
    args = parser.parse_args()
    torch.set_num_threads(1)
    path = BUILD / "proofs.jsonl"
    done = {line["key"]: line["proofs"] for line in lines_of(path)}
    asked = [each for each in loaded(args.half, args.folder)[0] if is_asked(each, args.seeds)]
    missing = [each for each in asked if each.name not in done]
    missing.sort(key=lambda each: each.label)  # faulty ones first
    for judged in missing[: args.most]:
        done[judged.name] = proofs_of(judged)
        append(path, {"key": judged.name, "proofs": done[judged.name]})
        print(judged.name, json.dumps([(each["code"], each["status"]) for each in done[judged.name]]), flush=True)
    write("proofs.json.gz", done, args.folder)


if __name__ == "__main__":
    main()
