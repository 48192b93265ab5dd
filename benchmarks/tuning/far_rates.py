"""Tier A: what it gains to build the ladder on the plan's rate where a script's own rate is far from usual.

    python benchmarks/tuning/far_rates.py            # minutes: the design half, own rates 0 to 8 octaves off

Path:   frozen/TASK.json.gz, what `ratecraft plan` sees of its script -> studies by replay from either rate -> a table.
Units:  octaves are log2(rate / the script's own rate).

The scripts are taken as if their rate stood some octaves from where it does. `own` studies are told that rate, and so
build on it; `plan` studies see it, and leave it where the plan does.
"""

import argparse
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from frozen import Frozen, load
from replay import Followed, World, follow
from scoring import Regret, failed, reference_of, regret_of
from suite import TASKS

from ratecraft.controllers.settings import TunerSettings
from ratecraft.records.job import Job
from ratecraft.records.outcome import Group, ModelFacts, Outcome, RunFacts

__all__ = ["SEEN", "FarWorld", "Row", "row"]

_ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0}
_MOMENTUM = {"momentum": 0.9, "weight_decay": 0.0}
SEEN: Mapping[str, tuple[str, Mapping[str, float], Mapping[str, int], float | None]] = {
    "digits_mlp": ("SGD", _MOMENTUM, {"linear": 16522}, 32),
    "mnist_cnn": ("AdamW", {**_ADAM, "weight_decay": 0.01}, {"convolution": 1248, "norm": 48, "linear": 1450}, 32),
    "source_gru": ("RMSprop", {"rho": 0.99}, {"embedding": 2048, "recurrent": 9504, "linear": 6272}, 16),
    "diabetes_mlp": ("Adam", _ADAM, {"linear": 4929}, None),
    "topics_mlp": ("SGD", _MOMENTUM, {"linear": 1}, None),
    "diamonds_tiny": ("Adam", _ADAM, {"linear": 1}, None),
}
"""Class, settings, kinds of layers and batch size of the design half, as `ratecraft plan SCRIPT --json` tells them."""


@dataclass(frozen=True)
class FarWorld(World):
    """A frozen task whose script writes a rate that is some octaves from its true one."""

    off: float = 0.0

    @property
    def own(self) -> float:
        """The rate that the script writes."""
        return self.task.rate * 2.0**self.off

    def outcome(self, job: Job) -> Outcome:
        """What came of a job."""
        if job.schedules or job.evaluate is None:
            return super().outcome(job)
        values: dict[str, Any] = {"job": job.key, "steps": self.task.steps, "first_loss": 1.0, "facts": self.facts()}
        return self.complete(job, values, "constant", self.off)

    def facts(self) -> RunFacts:
        """What the script tells of itself."""
        name, settings, kinds, batch = SEEN[self.task.name]
        size = sum(kinds.values())
        facts = super().facts()
        scale = batch or 1.0
        return replace(
            facts,
            optimizers=(name,),
            groups=(Group(size, self.own, 1.0, name, settings),),
            own_rate=self.own,
            samples_per_step=batch,
            dataset_length=None if facts.dataset_length is None else round(facts.dataset_length * scale),
            model=ModelFacts("", size, 0, kinds),
        )


@dataclass(frozen=True)
class Row:
    """One study by replay."""

    runs: float
    regret: Regret
    moved: bool


def row(task: Frozen, seed: int, off: float, settings: TunerSettings, world: FarWorld) -> Row:
    """A study of one seed."""
    followed: Followed = follow(world, settings)
    tuned = followed.answer.tuned
    loss = float("inf") if tuned is None or tuned.final is None else tuned.final
    moved = any(each.code == "usual-rate" for each in followed.answer.decisions)
    return Row(followed.runs, regret_of(loss, seed, reference_of(task)), moved)


def main() -> None:
    """Play the design half from every distance, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--octaves", nargs="+", type=float, default=(-8, -6, -4, -2, 0, 2, 4, 6, 8))
    arguments = parser.parse_args()
    print("| task | octaves off | moved | runs, own | plan | regret %, own | plan | failures, own | plan |")
    print("|---|---|---|---|---|---|---|---|---|")
    every: dict[str, list[Row]] = {"own": [], "plan": []}
    for task in (each for each in TASKS if each.half == "design"):
        frozen = load(task.name)
        for off in arguments.octaves:
            found: dict[str, list[Row]] = {"own": [], "plan": []}
            for seed in frozen.seeds:
                world = FarWorld(frozen, seed, loader=task.loader, single_pass=task.single_pass, off=off)
                for name, own_rate in (("own", world.own), ("plan", None)):
                    settings = TunerSettings.usual("fork", own_rate=own_rate)
                    found[name].append(row(frozen, seed, off, settings, world))
            moved = sum(each.moved for each in found["plan"])
            if moved:
                for name, rows in found.items():
                    every[name] += rows
            print(f"| {task.name} | {off:+g} | {moved} / {len(found['plan'])} | {_cells(found)} |", flush=True)
    print(f"| **all that moved** |  |  | {_cells(every)} |")


def _cells(found: Mapping[str, list[Row]]) -> str:
    runs = [f"{statistics.mean(each.runs for each in found[name]):.2f}" for name in ("own", "plan")]
    regrets = [f"{statistics.median(100 * each.regret.share for each in found[name]):+.1f}" for name in ("own", "plan")]
    failures = [str(sum(failed(each.regret) for each in found[name])) for name in ("own", "plan")]
    return " | ".join((*runs, *regrets, *failures))


if __name__ == "__main__":
    main()
