"""What someone tells of a training that is planned.

Path:   flags, arguments of `plan` -> `Given` -> a plan.
Units:  batch sizes are samples an optimizer step, accumulation and all devices together; steps are optimizer steps;
        passes are times that the data are seen; widths are units of the hidden layers.
"""

from dataclasses import dataclass, fields, replace
from typing import cast

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import positive_number, shown, whole_number
from ratecraft.schedules.sizes import Sizes

_TEXTS = ("optimizer", "task", "schedule")
_STEPS = ("steps", "base_steps", "processes")
_NEEDS = (
    ("base_batch_size", "batch_size"),
    ("noise_scale", "batch_size"),
    ("base_steps", "steps"),
    ("processes", "batch_size"),
    ("base_width", "width"),
    ("width", "base_width"),
)


@dataclass(frozen=True, slots=True)
class RunDescription:
    """The description of a run. Whatever is not known is None.

    Attributes:
        optimizer: A name, in any spelling.
        task: A name of a task.
        rate: One that works already, at the base values below.
        batch_size: Batch size of the run to plan.
        base_batch_size: At which the rate is known.
        steps: Steps of the run to plan.
        base_steps: Steps of the run whose rate is known.
        passes: Over the data.
        parameters: Parameters of the model.
        width: Width of the model to train.
        base_width: Width of the model whose rate is known.
        noise_scale: Gradient noise scale, in samples.
        schedule: A name of a schedule, or an expression.
        steps_per_epoch: Steps of an epoch of the planned run, for lengths in epochs; `steps` and `passes` give it too.
        tokens_per_step: Tokens of a step of the planned run, for lengths in tokens and for the rate of a language
            model.
        tokens: Tokens of the whole run.
        processes: Number of processes that train together; batch sizes and tokens per step are then those of each.

    Raises:
        InvalidInput: A number that is none or not above 0, a text that is none, or one that has no meaning without
            another (`plan-needs`).

    Example:
        >>> RunDescription("adam", base_width=256)
        Traceback (most recent call last):
        ratecraft.errors.InvalidInput: `base_width` has no meaning without `width`.
    """

    optimizer: str
    task: str | None = None
    rate: float | None = None
    batch_size: float | None = None
    base_batch_size: float | None = None
    steps: int | None = None
    base_steps: int | None = None
    passes: float | None = None
    parameters: float | None = None
    width: float | None = None
    base_width: float | None = None
    noise_scale: float | None = None
    schedule: str | None = None
    steps_per_epoch: float | None = None
    tokens_per_step: float | None = None
    tokens: float | None = None
    processes: int | None = None

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            value = cast("object", getattr(self, name))
            if value is None and name != "optimizer":
                continue
            if name in _TEXTS:
                if not isinstance(value, str) or not value.strip():
                    raise InvalidInput("plan-text", name=name, given=shown(value))
            elif name in _STEPS:
                whole_number(name, value, least=1)
            else:
                positive_number(name, value)
        for name, needed in _NEEDS:
            if getattr(self, name) is not None and getattr(self, needed) is None:
                raise InvalidInput("plan-needs", name=name, needed=needed)

    def with_all_processes(self) -> "RunDescription":
        """The same with the batch of all processes; a rate that is known is one at the batch of a single process.

        Example:
            >>> whole = RunDescription("adam", rate=1e-3, batch_size=32, processes=4).with_all_processes()
            >>> whole.batch_size, whole.base_batch_size
            (128, 32)
        """
        if self.processes is None or self.batch_size is None:
            return self
        per_step = None if self.tokens_per_step is None else self.tokens_per_step * self.processes
        base = self.base_batch_size or (self.batch_size if self.rate is not None else None)
        return replace(
            self, batch_size=self.batch_size * self.processes, base_batch_size=base, tokens_per_step=per_step
        )

    @property
    def sizes(self) -> Sizes:
        """How large an epoch and a step of the run are, as far as that follows.

        Example:
            >>> RunDescription("adam", steps=1000, passes=20).sizes.steps_per_epoch
            50.0
        """
        by_passes = self.steps / self.passes if self.steps and self.passes else None
        epoch = by_passes if self.steps_per_epoch is None else self.steps_per_epoch
        return Sizes(steps_per_epoch=epoch, batch_size=self.batch_size, tokens_per_step=self.tokens_per_step)
