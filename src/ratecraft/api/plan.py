"""`plan`: a starting rate without running anything, with its range, its schedule, its reasons and their sources.

Path:   what is known of a run, a presets file of the user's own -> recipes and laws -> `PlanResult`.
"""

import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ratecraft.errors import InvalidInput
from ratecraft.recipes.given import Given
from ratecraft.recipes.plan import Plan, PlannedGroup
from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.presets import builtin_presets, own_presets
from ratecraft.recipes.recipe import Knob, Presets
from ratecraft.reporting.language import choose_language
from ratecraft.reporting.page import page_of
from ratecraft.reporting.plan import plan_json, plan_text
from ratecraft.schedules.lengths import shown
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.text import parse_set

__all__ = ["OWN_FILE", "PlanResult", "plan"]

OWN_FILE = "ratecraft.toml"
"""File of the working folder whose recipes go before ours."""


@dataclass(frozen=True, repr=False)
class PlanResult:
    """What to set before training. `print(result)` is the screen of `ratecraft plan`.

    Attributes:
        plan: All that is told.
    """

    plan: Plan

    @property
    def rate(self) -> float:
        """Peak rate; of the first group, the body where there is one."""
        return self.plan.rate

    @property
    def range(self) -> tuple[float, float] | None:
        """Rates that are usual; None where no range is known."""
        return self.plan.range

    @property
    def settings(self) -> dict[str, Knob]:
        """Every value with its range, source and confidence, by name."""
        return dict(self.plan.settings)

    @property
    def groups(self) -> tuple[PlannedGroup, ...]:
        """Parameters with rates of their own; empty where all are alike."""
        return self.plan.groups

    @property
    def expression(self) -> str:
        """The rate over the run, as `preview` and `tune --schedule` read it."""
        return self.plan.expression

    @property
    def schedule(self) -> Schedule:
        """The same as a schedule."""
        return parse_set(self.expression).rate

    def to_json(self) -> dict[str, Any]:
        """The same as `ratecraft plan --json` prints."""
        return plan_json(self.plan)

    def __str__(self) -> str:
        return plan_text(self.plan, page_of(sys.stdout, os.environ, choose_language(None, os.environ)))

    def __repr__(self) -> str:
        near = "" if self.range is None else f", {self.range[0]:.3g} to {self.range[1]:.3g}"
        return f"PlanResult({self.plan.optimizer}, rate {self.rate:.3g}{near})"


def plan(
    optimizer: str,
    task: str | None = None,
    *,
    rate: float | None = None,
    batch_size: float | None = None,
    base_batch_size: float | None = None,
    steps: int | None = None,
    base_steps: int | None = None,
    passes: float | None = None,
    parameters: float | None = None,
    width: float | None = None,
    base_width: float | None = None,
    noise_scale: float | None = None,
    schedule: str | None = None,
    presets: str | Path | None = None,
) -> PlanResult:
    """A good first rate with its range, schedule, warm-up and companions, from usual values and published laws.

    Args:
        optimizer: Its name in any spelling: `"adamw"`, `"torch.optim.AdamW"`, `"momentum"`.
        task: Kind of training: `"images"`, `"fine-tuning-vision"`, `"pre-training"`, … Default: none in particular.
        rate: One that works already, at the base values below. Default: the usual one.
        batch_size: Samples an optimizer step, accumulation and all devices together.
        base_batch_size: At which the rate works. Default: the nearest at which it is usual.
        steps: Optimizer steps of the run.
        base_steps: Optimizer steps of the run whose rate is known.
        passes: Times that the data are seen.
        parameters: Of the model.
        width: Of the model to train; with `base_width`.
        base_width: Of the model whose rate is known.
        noise_scale: Gradient noise scale in samples (`laws.noise_scale`); the rate then follows the batch by it.
        schedule: Name of a schedule, or an expression. Default: the usual one.
        presets: TOML file of your own values. Default: `ratecraft.toml` of the working folder, where there is one.

    Raises:
        InvalidInput: A name that no recipe has, a number that is not allowed, or a presets file that is none.

    Example:
        >>> result = plan("adamw", batch_size=1024, steps=10_000)
        >>> result
        PlanResult(adamw, rate 0.002, 0.0002 to 0.02)
        >>> result.expression
        '2e-3 * (warmup(1000) >> constant(1) >> linear(1, 0, 0.6))'
    """
    given = Given(
        optimizer=optimizer,
        task=task,
        rate=rate,
        batch_size=batch_size,
        base_batch_size=base_batch_size,
        steps=steps,
        base_steps=base_steps,
        passes=passes,
        parameters=parameters,
        width=width,
        base_width=base_width,
        noise_scale=noise_scale,
        schedule=schedule,
    )
    return PlanResult(plan_of(given, _presets(presets)))


def _presets(given: object) -> Presets:
    """Ours, behind those of a file that was named, or that is there.

    Raises:
        InvalidInput: The file cannot be read or is no presets file.
    """
    if given is not None and not (isinstance(given, str | Path) and str(given)):
        raise InvalidInput("argument-presets", given=shown(given))
    file = Path(OWN_FILE if given is None else str(given))
    if given is None and not file.is_file():
        return builtin_presets()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOML and UTF-8 errors are both of the latter
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput("presets-file", file=file, reason=reason) from None
    return own_presets(content, str(file))
