"""An outcome: what came of a job.

Path:   runs -> executors -> the record -> controllers, reports.
Units:  steps are optimizer steps; `evaluation_steps` are forward passes without update, a third of a step each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FROZEN_STEP = 1 / 3
"""What a frozen step costs, in steps: a forward pass, of the three passes' worth that a step is."""


class Ending(StrEnum):
    """How a job ended."""

    DONE = "done"
    BLOWN_UP = "blown up"
    ENDED_EARLY = "ended early"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that a run told of itself: at which step, its name (`val_loss`) and its value.

    `source` is `printed`, `evaluated` (printed after an evaluation, under a name that does not say so), `bar` (a
    progress bar), `logged` (`ratecraft.log`), the name of a framework or tracker (`lightning`, `tensorboard`) or `raw`
    (seen only in the bytes that the process wrote). `epoch_end` says whether the training loader had come to its end
    since the step, so that ending it early leads to the figure; None if nobody saw a loader.
    """

    step: int
    name: str
    value: float
    source: str = "printed"
    epoch_end: bool | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed.

    Attributes:
        kind: `exception`, `out-of-memory`, `disk-full`, `killed` (a signal), `exit` (a non-zero exit code), `no-step`
            (no optimizer step in time), `no-optimizer` (the script ended and made none), `no-steps` (it ended before
            one stepped), `nothing-left` (the same after resuming from a checkpoint; `-epoch` and `-step` say what
            that counts), `by-hand` (it changes its weights itself), `too-short` (its run surely has fewer steps than
            can be tuned), `opponents` (its optimizers learn from different losses, and nobody said which figure is
            compared), `several-processes` (it trains in more than one), `spawns-processes` (it starts so many itself),
            `other-processes` (it waits for another number of them), `not-joined` (they do not train together),
            `other-framework` (it trains with no torch optimizer), `deepspeed` (its engine makes the steps),
            `attach-name` (its optimizers lack what a schedule is for), `defect` (an exception of ratecraft's own), or
            an exception of which more is known: `missing-package`, `missing-file`, `unseen-file` (it is there, but not
            where the job looked), `write-denied`, `no-input` (nobody types into a job).
        name: Type of the exception, name of the signal or of the schedule, or the exit code.
        message: The exception's own text.
        file: File of the innermost frame that is the user's.
        line: Its line; 0 where unknown.
        traceback: The traceback trimmed to the user's frames.
        detail: The Python that lacks a package, the path that is missing, was denied or should be hidden.
    """

    kind: str
    name: str = ""
    message: str = ""
    file: str = ""
    line: int = 0
    traceback: str = ""
    detail: str = ""

    @property
    def place(self) -> tuple[str, str, int]:
        """Two failures at one place with one exception are the same failure."""
        return (self.name, self.file, self.line)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the user must be told once: a code of `translations` (`note.<code>`) and its values."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


RANKS_DIFFER = "ranks-differ"
"""Code of the note whose values are facts, as of a watched run: their findings are told in its place."""


@dataclass(frozen=True, slots=True)
class Group:
    """One parameter group as first seen.

    Attributes:
        parameters: Trainable values.
        base_rate: Rate that it was made with.
        ratio: Ratio of its rate to that of the leading group.
        optimizer: Class name of its optimizer.
        settings: What else it was made with: `momentum`, `nesterov` (1 if it is), `beta1`, `beta2`, `rho`,
            `epsilon`, `weight_decay`, `peak` (the largest rate of a cycle).
        number: Number of its optimizer, from 0, in the order in which the script makes them.
    """

    parameters: int
    base_rate: float
    ratio: float
    optimizer: str = ""
    settings: Mapping[str, float] = field(default_factory=dict[str, float])
    number: int = 0


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is trained, as it was when an optimizer first stepped. All counts are of values in parameters.

    Attributes:
        name: Class names of its outermost modules, joined by `+`; empty if no module holds what is trained.
        parameters: All of them, those that are not trained included.
        loaded: How many of them were loaded from somewhere; None if that can't be seen.
        kinds: Counts by what they are part of: `convolution` (of two or three dimensions), `convolution-1d`,
            `attention`, `recurrent`, `embedding`, `sparse-embedding`, `norm`, `adapter` (low rank), `linear`, `other`.
    """

    name: str = ""
    parameters: int = 0
    loaded: int | None = None
    kinds: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Parts:
    """A model as body and head, where a study asked for it.

    Attributes:
        head: Names of the head's parameters, in the model's order; empty if no head was found.
        found_by: How: `told` by the user, `loaded` (it was not, the rest was), `name`, `frozen` or `last`: see
            `recipes.layers`.
        head_values: Trained values of the head.
        body_values: Number of values of the rest.
    """

    head: tuple[str, ...] = ()
    found_by: str = ""
    head_values: int = 0
    body_values: int = 0


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run told about its script.

    Attributes:
        optimizers: Class names, in order of their first step.
        groups: All groups of all optimizers, as at the end of the run; `leading` is the index of the leading one.
        own_rate: The largest rate that the script wrote for the leading group; None if it never wrote one > 0.
        samples_per_step: Mean samples that a step consumed; None if no loader showed them.
        dataset_length: Samples of the training data set; None where unknown.
        steps_per_epoch: Optimizer steps of one pass of the training loader; None if that is unknown.
        loader: A training `DataLoader` fed the steps (an epoch loop), so that its end leads to the evaluation.
        horizon: Optimizer steps of a full run as far as this run could tell; None if it could not.
        horizon_source: `run`, `framework`, `loops`, `scheduler`, `census` or empty.
        seeds_itself: The script calls a seed function itself, so that the job's seed changes nothing.
        frameworks: Training frameworks that were seen at work: `lightning`, `transformers`, `accelerate`, `fastai`.
        trackers: Experiment trackers that the script uses; they are off in all but a run that is the user's.
        model: What it trains.
        hyperparameters: What a schedule can lead in its optimizers, by name, `rate` first; empty where unknown.
        parts: The model as body and head; None if that was not asked for.
        inputs: Mean and standard deviation of the inputs of its weight layers; None if these were not read.
        peak_memory: The most host memory that the run held, in bytes, its loader workers included; 0 where unknown.
            Like `device_memory` it says how many jobs fit side by side, and decides nothing else.
        device_memory: The most memory of a CUDA device that it held, in bytes; 0 if it used none.
        opponents: Optimizers that learn from losses of their own, each with where these reach `backward`: the sum
            of such losses says nothing. Empty if there are none.
        processes: Number of processes that train together; `samples_per_step` and the memory are totals over all.
        sources: The user's files that the script is made of, by path from the working folder, each with its hash: the
            modules that it has imported, and what its arguments name. Empty for what is not a script.
        seen: What a watch told of the run, by the names that `observed.ObservedRun.facts` has; empty if none was.
    """

    optimizers: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    leading: int = 0
    own_rate: float | None = None
    samples_per_step: float | None = None
    dataset_length: int | None = None
    steps_per_epoch: float | None = None
    loader: bool = False
    horizon: int | None = None
    horizon_source: str = ""
    seeds_itself: bool = False
    frameworks: tuple[str, ...] = ()
    trackers: tuple[str, ...] = ()
    model: ModelFacts = ModelFacts()
    hyperparameters: tuple[str, ...] = ()
    parts: Parts | None = None
    inputs: tuple[float, float] | None = None
    peak_memory: int = field(default=0, compare=False)
    device_memory: int = field(default=0, compare=False)
    opponents: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    seen: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False)
    processes: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one job.

    Attributes:
        job: Key of the job.
        ending: How it ended.
        steps: Steps of the job itself that were done (from its `start`); after a rollback, those that count.
        executed: Optimizer steps that were run for it, a replayed prefix included.
        recomputed: Optimizer steps of its ancestors that were run once more for it, since the paused run that had done
            them was there no longer; no part of `executed`.
        frozen: Frozen steps (forward passes without update).
        evaluation_steps: What scoring cost, in steps: a third of a step for each frozen one.
        score: The figure or mean frozen loss that it was asked for; None if none came.
        first_loss: The training loss of the run's step 0, the same for every job of a repeatable script.
        losses: Training loss of each of its own steps; empty entries do not occur, a missing loss is NaN.
        frozen_losses: Losses of the frozen steps that scored it.
        own_rates: What the script itself wrote for the leading group at each of its own steps.
        figures: Every figure that the run told, in order.
        halvings: Steps at which the rate was halved.
        failure: Why it failed; None otherwise.
        facts: What the run told of its script.
        notes: What the user must be told, once.
        seconds: Wall time of the process, for the estimate only: it decides nothing.
        model: File of the saved state within the study's folder; empty if none was left.
        best_score: The best value of the metric in this run, with `best_step` where it was.
        best_step: Step of `best_score`.
        norms: The norm of the gradient at each of its own steps, where the job had it measured; NaN for none.
    """

    job: str
    ending: Ending
    steps: int = 0
    executed: int = 0
    frozen: int = 0
    evaluation_steps: float = 0.0
    score: float | None = None
    first_loss: float | None = None
    losses: tuple[float, ...] = ()
    frozen_losses: tuple[float, ...] = ()
    own_rates: tuple[float, ...] = ()
    figures: tuple[Figure, ...] = ()
    halvings: tuple[int, ...] = ()
    failure: Failure | None = None
    facts: RunFacts = RunFacts()
    notes: tuple[Note, ...] = ()
    seconds: float = 0.0
    model: str = ""
    best_score: float | None = None
    best_step: int | None = None
    recomputed: int = 0
    norms: tuple[float, ...] = ()
