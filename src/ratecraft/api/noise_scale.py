"""`noise_scale`: the batch size at which a gradient is half signal, half noise, measured while a task trains.

Path:   a task -> gradients of a few batches at the same weights, now and then -> the law -> B_noise for `plan`.
Units:  batch sizes and noise scales are samples; steps are optimizer steps.
Source: McCandlish et al. 2018, arXiv 1812.06162.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ratecraft.controllers.baseline.failures import raise_failure
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.laws.scaling.noise_scale import NoiseScale, Tradeoff, tradeoff
from ratecraft.laws.scaling.noise_scale import noise_scale as scale_of_norms
from ratecraft.records.job import Job
from ratecraft.records.outcome import Outcome
from ratecraft.records.running import Unheard
from ratecraft.schedules.lengths import shown, whole_number

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.tasks.task import Task

_EVERY = 50  # two passes in fifty steps: 3.8 to 4.1 % of the processor time (measured on a small CNN)
_BATCHES = 2
_LEAST = 2  # measurements: of fewer nothing is known of their scatter


@dataclass(frozen=True, slots=True, repr=False)
class NoiseScaleResult:
    """The gradient noise scale of a training.

    Attributes:
        scale: The scale over the whole run, with its 95 % interval.
        course: The same for each half of the run: the noise scale usually grows while the loss falls.
        batch_size: Samples per optimizer step.
        steps: Optimizer steps that were trained.
        passes: Extra forward and backward passes that the measurement took.
    """

    scale: NoiseScale
    course: tuple[NoiseScale, ...]
    batch_size: float
    steps: int
    passes: int

    @property
    def value(self) -> float | None:
        """B_noise in samples, for `plan(noise_scale=...)`; None if the gradient cannot be told from noise."""
        return self.scale.value

    @property
    def interval(self) -> tuple[float, float | None]:
        """Its 95 % interval; no upper end where the gradient may be 0."""
        return self.scale.low, self.scale.high

    @property
    def tradeoff(self) -> Tradeoff | None:
        """What the task's own batch costs, in steps and samples over the fewest; None if the scale is unknown."""
        return None if not self.value else tradeoff(self.batch_size, self.value)

    def __repr__(self) -> str:
        high = "unbounded" if self.scale.high is None else f"{self.scale.high:.3g}"
        value = "unknown" if self.value is None else f"{self.value:.3g}"
        return f"NoiseScaleResult({value} samples, {self.scale.low:.3g} to {high}, at a batch of {self.batch_size:g})"


def noise_scale(
    task: "Task", *, steps: int | None = None, every: int = _EVERY, seed: int = 0, threads: int = 1
) -> NoiseScaleResult:
    """Measure the gradient noise scale of a task while a copy of it trains at its own rates.

    Each measurement takes the gradients of two more batches (or of as many as a step accumulates, if that is more) at
    the same weights. It changes neither the task itself nor the course of the training.

    Args:
        task: The task. Its batches must be of one size, and show it.
        steps: Optimizer steps to train. Default: the whole run, since the scale changes along it.
        every: Steps from one measurement to the next. Default: 50, which costs about 4 % of the training; fewer give
            a narrower interval.
        seed: Seed of the training.
        threads: Threads of torch; decides last digits.

    Raises:
        InvalidInput: No task, data that do not tell a batch size, or fewer steps than two measurements take.
        ScriptFailed: A function of the task's raises.
        NoAnswer: The training blew up before the second measurement (`noise-blown-up`).

    Example:
        >>> import torch
        >>> from ratecraft.training.tasks.task import Task
        >>> _ = torch.manual_seed(0)
        >>> inputs = torch.randn(4096, 8)
        >>> data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True) + torch.randn(4096, 1))
        >>> def loss(model, batch):
        ...     return torch.nn.functional.mse_loss(model(batch[0]), batch[1])
        >>> model = torch.nn.Linear(8, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
        >>> result = noise_scale(Task(model, optimizer, loss, data, steps=320, batch_size=16))
        >>> 1 < result.value < 100, result.passes
        (True, 12)
    """
    from ratecraft.training.tasks.engine import Engine
    from ratecraft.training.tasks.facts import task_facts
    from ratecraft.training.tasks.noise_meter import measured_norms
    from ratecraft.training.tasks.run import begin_run
    from ratecraft.training.tasks.task import Task

    if not isinstance(task, Task):  # pyright: ignore[reportUnnecessaryIsInstance] - it comes from outside
        raise InvalidInput("noise-what", given=shown(task))
    steps = task.steps if steps is None else whole_number("steps", steps, least=1)
    whole_number("every", every, least=1)
    samples = task_facts(task).samples_per_step
    if samples is None:
        raise InvalidInput("noise-batch-size")
    if steps < _LEAST * every:
        raise InvalidInput("noise-steps", steps=steps, least=_LEAST * every)
    batch, batches = samples / task.accumulate, max(_BATCHES, task.accumulate)
    job = Job(seed=seed)
    run = begin_run(Engine(task, threads), seed, Unheard(job))
    try:
        norms = measured_norms(run, steps, every, batches)
    finally:
        run.close()
    raise_failure(Outcome(job.key, norms.ending, failure=norms.failure))
    if len(norms.steps) < _LEAST:
        raise NoAnswer("noise-blown-up", step=norms.trained)

    def scale(first: int, last: int) -> NoiseScale:
        return scale_of_norms(norms.small[first:last], norms.large[first:last], batch, batch * batches)

    count, half = len(norms.steps), len(norms.steps) // 2
    course = (scale(0, half), scale(half, count)) if half >= _LEAST else ()
    return NoiseScaleResult(scale(0, count), course, samples, norms.trained, count * batches)
