"""Inspects each size of a script before it is trained: weights, batch, length and optimizer, to know the price.

Path:   script, words of each size -> looks, kept in the folder of the law so that the same command need not look again
        -> `SizeSeen`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from ratecraft.api.programs.typed import program_hash, typed_program
from ratecraft.api.running.looking import look_at_script
from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.batch import BatchRule
from ratecraft.recipes.lookup import looked_up
from ratecraft.recipes.observed_training import observed_training
from ratecraft.recipes.presets import builtin_presets
from ratecraft.recipes.scale_axes import AxisKind
from ratecraft.records.outcome import RunFacts


@dataclass(frozen=True, slots=True)
class SizeSeen:
    """An inspected run.

    Attributes:
        weights: Number of trained weights.
        samples: Samples per step; None if no loader showed them.
        steps: Steps of a full run; None if unknown.
        own_rate: The largest rate that its first steps set; None if none was above 0.
        optimizer: Class of the optimizer.
        rule: How its rate follows the batch.
        seeds_itself: It sets its own seed, so that our seed does not make a different run.
    """

    weights: int
    samples: float | None = None
    steps: int | None = None
    own_rate: float | None = None
    optimizer: str = ""
    rule: BatchRule = "square-root"
    seeds_itself: bool = False

    def cost(self, other: "SizeSeen", typed: Mapping[AxisKind, float]) -> float:
        """The cost of this run in runs of another one: weights × samples × steps.

        Args:
            other: The other run.
            typed: How many times as large it is along each kind of axis, as its arguments say: it counts for samples
                and steps where they were not seen in both.

        Example:
            >>> SizeSeen(100, 32, 1000).cost(SizeSeen(800, 64, 1000), {})
            0.0625
            >>> SizeSeen(100).cost(SizeSeen(100), {"steps": 0.1})
            0.1
        """
        pairs = ((self.samples, other.samples, typed.get("batch")), (self.steps, other.steps, typed.get("steps")))
        found = self.weights / other.weights
        for ours, theirs, said in pairs:
            found *= ours / theirs if ours and theirs else said or 1.0
        return found


def seen_sizes(
    script: str, typed: Iterable[Sequence[str]], file: Path, directory: Path, **how: Any
) -> dict[tuple[str, ...], SizeSeen]:
    """A look at each of some command lines of a script; those that the file knows are not looked at again.

    Args:
        script: The script as typed.
        typed: The words behind it.
        file: Where looks are kept.
        directory: The working folder.
        how: As for `look_at_script`.

    Raises:
        InvalidInput: One of them does not train (its code).
        ScriptFailed: One of them fails before its second step.
    """
    found: dict[tuple[str, ...], SizeSeen] = {}
    for words in map(tuple, typed):
        digest = program_hash(typed_program((script, *words), directory), directory)
        known = _kept(file)
        key = json.dumps([digest, *words])
        if key not in known:
            known[key] = asdict(_seen(look_at_script(script, words, **how).facts))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(known, indent=1), encoding="utf-8")
        found[words] = SizeSeen(**known[key])
    return found


def _kept(file: Path) -> dict[str, Any]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", known) if isinstance(known, dict) else {}


def _seen(facts: RunFacts) -> SizeSeen:
    optimizers = builtin_presets().optimizers
    try:
        recipe = looked_up("optimizer", observed_training(facts, optimizers).optimizer, optimizers)
        rule = recipe.rule or "square-root"
    except InvalidInput as error:
        if error.code == "no-optimizer":
            raise
        rule = "square-root"
    leading = facts.groups[facts.leading]
    weights = sum(group.parameters for group in facts.groups)
    return SizeSeen(
        weights=weights,
        samples=facts.samples_per_step,
        steps=facts.horizon,
        own_rate=facts.own_rate,
        optimizer=leading.optimizer,
        rule=rule,
        seeds_itself=facts.seeds_itself,
    )
