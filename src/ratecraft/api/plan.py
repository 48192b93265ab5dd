"""`plan`: a starting rate without training, with its range, its schedule, its reasons and their sources.

Path:   what is known of a run, or a look at it, a presets file of the user's own -> recipes, laws -> `PlanResult`.
"""

import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratecraft.api.programs.typed import is_typed_program
from ratecraft.api.running.looking import Look, look_at_script, look_at_task
from ratecraft.api.studies.study_description import check_nothing_hidden, task_of
from ratecraft.api.studies.task_study import is_task_name
from ratecraft.controllers.settings.option import words_of
from ratecraft.errors import InvalidInput
from ratecraft.recipes.comparing import Change, Compared, compared
from ratecraft.recipes.lookup import looked_up
from ratecraft.recipes.observed_training import ObservedTraining, observed_training
from ratecraft.recipes.plan import Plan, PlannedGroup
from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.presets import builtin_presets, own_presets
from ratecraft.recipes.recipe import Confidence, Hyperparameter, Presets
from ratecraft.recipes.run_description import RunDescription
from ratecraft.records.outcome import Note
from ratecraft.records.program import Program
from ratecraft.reporting.plan.screen import plan_json, plan_text
from ratecraft.reporting.text.language import choose_language
from ratecraft.reporting.text.page import Page, page_of
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.lengths import positive_number, shown
from ratecraft.schedules.trees.nodes import Schedule

if TYPE_CHECKING:  # only a look loads training
    from ratecraft.training.tasks.task import Task

OWN_FILE = "ratecraft.toml"
"""File of the working folder whose recipes go before ours."""


@dataclass(frozen=True, repr=False)
class PlanResult:
    """What to set before training. `print(result)` prints the screen of `ratecraft plan`.

    Attributes:
        plan: The plan.
        compared: The plan compared with the training that was inspected; None if none was.
        notes: Remarks on that inspection.
        program: The program that was inspected, for the command to type next.
    """

    plan: Plan
    compared: Compared | None = None
    notes: tuple[Note, ...] = ()
    program: Program = Program("train.py")

    @property
    def seen(self) -> ObservedTraining | None:
        """The training that was inspected: its optimizer, its own values, batch, length and model; None if none was."""
        return self.compared.seen if self.compared else None

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the plan would change; empty if all values are in the usual ranges, or no training was inspected."""
        return self.compared.changes if self.compared else ()

    @property
    def confidence(self) -> Confidence:
        """How well the rate is known: `high`, `medium`, `low`, or `own` if you gave it."""
        return self.plan.confidence

    @property
    def rate(self) -> float:
        """Peak rate, of the first group (the body, if there is one)."""
        return self.plan.rate

    @property
    def range(self) -> tuple[float, float] | None:
        """The usual range of rates; None if it is not known."""
        return self.plan.range

    @property
    def settings(self) -> dict[str, Hyperparameter]:
        """Every value with its range, source and confidence, by name."""
        return dict(self.plan.settings)

    @property
    def groups(self) -> tuple[PlannedGroup, ...]:
        """Parameter groups with rates of their own; empty if all parameters have the same rate."""
        return self.plan.groups

    @property
    def expression(self) -> str:
        """The rate over the run, as `preview` and `tune --schedule` read it."""
        return self.plan.expression

    @property
    def schedule(self) -> Schedule:
        """The planned rates as a schedule."""
        return parse_set(self.expression).rate

    def to_json(self) -> dict[str, Any]:
        """The same as `ratecraft plan --json` prints."""
        return plan_json(self.plan, compared=self.compared, notes=self.notes)

    def __str__(self) -> str:
        return self.text(page_of(sys.stdout, os.environ, choose_language(None, os.environ)))

    def text(self, page: Page, *, full: bool = False) -> str:
        """The screen, in this page's language, width and alphabet; in full with sources, reasons and all notes."""
        return plan_text(self.plan, page, self.compared, self.notes, self.program, full=full)

    def __repr__(self) -> str:
        near = "" if self.range is None else f", {self.range[0]:.3g} to {self.range[1]:.3g}"
        return f"PlanResult({self.plan.optimizer}, rate {self.rate:.3g}{near})"


def plan(
    what: "str | Path | Task | None" = None,
    task: str | None = None,
    arguments: Sequence[str] = (),
    *,
    optimizer: str | None = None,
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
    steps_per_epoch: float | None = None,
    tokens_per_step: float | None = None,
    tokens: float | None = None,
    processes: int | None = None,
    presets: str | Path | None = None,
    start_timeout: float = 300.0,
    hide: Sequence[str] = (),
) -> PlanResult:
    """A good first rate with its range, schedule, warm-up and companions, from usual values and published laws.

    For a script or a task it inspects optimizer, data, model and length without training, and says what it would change
    and why. Arguments given here take precedence over what it sees. A script runs to its second step, at a rate of 0
    and in a scratch mirror; no file in its folder changes, and no record is kept.

    Args:
        what: Name of an optimizer in any spelling (`"adamw"`, `"torch.optim.AdamW"`, `"momentum"`); or what is to be
            trained: the path of a script (`"train.py"`), a `Task`, or the name of a function that makes one
            (`"package.module:make_task"`).
        task: Kind of training: `"images"`, `"fine-tuning-vision"`, `"pre-training"`, … Default: what the inspection
            shows, else no particular one.
        arguments: A script's own arguments.
        optimizer: Name of an optimizer, instead of the one that is seen.
        rate: A rate that already works, at the base values below. Default: the usual one.
        batch_size: Samples per optimizer step, over accumulation and all devices.
        base_batch_size: Batch size at which the rate works. Default: the nearest one at which it is usual.
        steps: Optimizer steps of the run.
        base_steps: Optimizer steps of the run whose rate is known.
        passes: Passes over the data.
        parameters: Parameters of the model.
        width: Width of the model to train; with `base_width`.
        base_width: Width of the model whose rate is known.
        noise_scale: Gradient noise scale in samples (`rc.noise_scale`); the rate then follows the batch by it.
        schedule: Name of a schedule, or an expression. Default: the usual one.
        steps_per_epoch: Optimizer steps of one pass over the data, for lengths in epochs. Default: what the inspection
            shows, or what follows from `steps` and `passes`.
        tokens_per_step: Tokens of one optimizer step, for lengths in tokens and the rate of a language model.
        tokens: Tokens of the whole run, for the rate of a language model from scratch.
        processes: Number of processes that train together; `batch_size` and `tokens_per_step` are then those of each.
        presets: TOML file with your own values. Default: `ratecraft.toml` in the working folder, if it exists.
        start_timeout: Seconds that a script may take to reach its second step.
        hide: Files and folders that the script does not see, as in `tune`.

    Raises:
        InvalidInput: A name that no recipe has, a number that is not allowed, an invalid presets file, or a script that
            takes no optimizer step in time.
        ScriptFailed: The script fails before its second step.

    Example:
        >>> result = plan("adamw", batch_size=1024, steps=10_000)
        >>> result
        PlanResult(adamw, rate 0.002, 0.0002 to 0.02)
        >>> result.expression
        '2e-3 * (warmup(1000) >> constant(1) >> linear(1, 0, 0.6))'
        >>> import torch
        >>> from ratecraft.training.tasks.task import Task
        >>> model = torch.nn.Linear(4, 1)
        >>> optimizer = torch.optim.AdamW(model.parameters(), lr=0.3)
        >>> data = torch.utils.data.TensorDataset(torch.zeros(64, 4))
        >>> loss = lambda model, batch: model(batch[0]).mean()
        >>> [change.code for change in plan(Task(model, optimizer, loss, data, steps=4000, batch_size=32)).changes]
        ['rate-high']
    """
    own = _presets(presets)
    told = {
        "task": task,
        "rate": rate,
        "batch_size": batch_size,
        "base_batch_size": base_batch_size,
        "steps": steps,
        "base_steps": base_steps,
        "passes": passes,
        "parameters": parameters,
        "width": width,
        "base_width": base_width,
        "noise_scale": noise_scale,
        "schedule": schedule,
        "steps_per_epoch": steps_per_epoch,
        "tokens_per_step": tokens_per_step,
        "tokens": tokens,
        "processes": processes,
    }
    look = _look(what, arguments, positive_number("start_timeout", start_timeout), words_of(hide))
    if look is None:
        return PlanResult(plan_of(RunDescription(_named(what, optimizer), **told), own))  # pyright: ignore[reportArgumentType]
    found = compared(observed_training(look.facts, own.optimizers, optimizer), told, own, look.losses)
    return PlanResult(found.plan, found, look.notes, look.program or PlanResult.program)


def _named(what: object, optimizer: str | None) -> str:
    """The optimizer, by whichever of the two names it."""
    if what is not None and optimizer is not None:
        raise InvalidInput("plan-two-optimizers", first=what, second=optimizer)
    name = optimizer if what is None else what
    if name is None:
        raise InvalidInput("plan-of-what", given=shown(what))
    return name  # pyright: ignore[reportReturnType] - `Given` checks it


def _look(what: object, arguments: Sequence[str], start_timeout: float, hide: Sequence[str]) -> Look | None:
    """The look at what is to be trained; None if the name of an optimizer is meant, or nothing."""
    if isinstance(what, str | Path) and _is_script(what):
        return look_at_script(what, words_of(arguments), start_timeout=start_timeout, hide=hide)
    check_nothing_hidden(hide)
    if arguments:
        raise InvalidInput("plan-arguments", given=shown(arguments))
    task, _ = task_of(what, seed=0)
    return None if task is None else look_at_task(task)


def _is_script(what: str | Path) -> bool:
    """Whether it is a script or a program, rather than the name of an optimizer."""
    if isinstance(what, str) and is_task_name(what):
        return False
    is_file = isinstance(what, Path) or what.endswith((".py", ".ipynb")) or os.sep in what or Path(what).is_file()
    return is_file or (not is_optimizer(str(what)) and is_typed_program(str(what)))


def is_optimizer(name: str) -> bool:
    """Whether one of our recipes is called so.

    Example:
        >>> is_optimizer("torch.optim.AdamW"), is_optimizer("python")
        (True, False)
    """
    try:
        looked_up("optimizer", name, builtin_presets().optimizers)
    except InvalidInput:
        return False
    return True


def _presets(given: object) -> Presets:
    """The built-in presets, overridden by those of a named or present file.

    Raises:
        InvalidInput: The file cannot be read or is not a presets file.
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
