"""`find`: only a rate, with its interval, in a minute. For a script, and for a task; neither is changed by it.

Path:   what the user gives -> the study that is meant -> its answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ratecraft.api.cluster import RayCluster, cluster_of
from ratecraft.api.describing import check_flags, study_of
from ratecraft.api.study import Study
from ratecraft.api.study_result import StudyResult
from ratecraft.api.tune import hints_shown, run_shown
from ratecraft.controllers.find_settings import FindSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.answer import Probe, Verdict
from ratecraft.records.metrics import Metric
from ratecraft.schedules.lengths import shown, whole_number

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.task import Task

__all__ = ["FindResult", "described_find", "find"]


@dataclass(frozen=True, repr=False)
class FindResult(StudyResult):
    """A rate that was found, or why none was. `print(result)` is the end screen; in a notebook it shows itself.

    Attributes:
        summary: All that is told of the search.
    """

    @property
    def verdict(self) -> Verdict:
        """`found`, `suggested` (by a ramp alone) or `no-information`."""
        return self.answer.verdict

    @property
    def rate(self) -> float | None:
        """Peak rate of the leading group; None where the runs tell none."""
        return self.answer.rate

    @property
    def edge(self) -> float | None:
        """The lowest rate that blew up, or at which a ramp began to rise; None where none did."""
        return self.answer.edge

    @property
    def suggestions(self) -> Mapping[str, float | None]:
        """What other finders read off a ramp, by the name of the rule; empty where no ramp was run."""
        return self.answer.ramp.suggestions if self.answer.ramp else {}

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Every probe with its score."""
        return self.answer.probes

    def __repr__(self) -> str:
        rate = "" if self.rate is None else f", rate {self.rate:.3g}"
        near = "" if self.interval is None else f", {self.interval[0]:.3g} to {self.interval[1]:.3g}"
        return f"FindResult({self.verdict}{rate}{near})"


def find(
    what: "str | Path | Task",
    arguments: Sequence[str] = (),
    *,
    metric: str | Metric | None = None,
    steps: int | None = None,
    rates: tuple[float, float] | None = None,
    seeds: int = 1,
    thorough: bool = False,
    ramp_only: bool = False,
    groups: str | None = None,
    head: str | None = None,
    seed: int = 0,
    threads: int = 1,
    workers: int = 1,
    start_timeout: float = 300.0,
    hide: Sequence[str] = (),
    time_limit: float | None = None,
    executor: str | RayCluster = "local",
    study: str | Path | None = None,
    new: bool = False,
    progress: bool = True,
) -> FindResult:
    """Find a learning rate, with its interval, by a few short annealed runs; nothing is trained and nothing changed.

    A *script* runs unmodified, shortened, in a scratch mirror of the working folder. A *task* is trained in this
    process, on copies: model, optimizer, scheduler, random numbers and data order are afterwards bit for bit as they
    were, also after an exception or Ctrl-C.

    Args:
        what: Path of a script from the current folder, a `Task`, or the name of a function that makes one
            (`package.module:make_task`).
        arguments: A script's own arguments.
        metric: Figure to compare, as `--metric`: `val_acc`, `score:max`. Default: the validation loss where there is
            one.
        steps: Optimizer steps of a script's full run, where it does not tell them; a task says its own. The best rate
            depends on them.
        rates: Lowest and highest rate to try. Default: around the training's own.
        seeds: How often every probe is made, each time with another seed; from 2 on the interval has a measured noise.
        thorough: Probes of 1/32 of the run however long it is, instead of 256 steps at most.
        ramp_only: No probes, but the whole curve of a range ramp: an edge and other finders' suggestions, and no rate.
        groups: `"body-head"`: after the common rate also the body's share of the head's, as in `tune`.
        head: Names of the head's parameters, as in `tune`.
        seed: Of every job.
        threads: Of every job.
        workers: Jobs at a time; of a task only on a cluster.
        start_timeout: Seconds that a script may take to its first optimizer step.
        hide: Files and folders of the working folder that a script does not see, such as the checkpoint that it would
            go on from. The full run writes over them as the script does at home; else they stay.
        time_limit: Seconds after which the search stops and keeps what it has.
        executor: `local`, or `ray`: jobs run on the Ray cluster at `RAY_ADDRESS`, else on one of this machine, with the
            same outcomes; a `RayCluster` names another. A task must be given by the name of what makes it.
        study: Folder of the study. Default: `.ratecraft/<name>` of the current folder.
        new: Put an earlier search of the same aside and begin anew.
        progress: Show how far it is: in a notebook, on a terminal, else as lines on stderr.

    Returns:
        The rate with its interval, or `no-information` and why.

    Raises:
        InvalidInput: What was given allows no search.
        StudyError: The study's folder or record stands in the way.
        ScriptFailed: The user's own code fails.
        NoAnswer: The run is shorter than a probe, or the figure to compare never comes.
        Interrupted: Ctrl-C, or the time limit; the same call goes on.

    Example:
        >>> import tempfile, torch
        >>> _ = torch.manual_seed(0)
        >>> inputs = torch.randn(256, 4)
        >>> data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
        >>> def loss(model, batch):
        ...     return torch.nn.functional.mse_loss(model(batch[0]), batch[1])
        >>> from ratecraft.training.task import Task
        >>> model = torch.nn.Linear(4, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
        >>> task = Task(model, optimizer, loss, data, steps=320, batch_size=32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     result = find(task, study=f"{folder}/study", progress=False)
        >>> result.verdict, 1e-2 < result.rate < 1
        ('found', True)
    """
    with hints_shown():
        described = described_find(
            what,
            arguments,
            metric=metric,
            steps=steps,
            rates=rates,
            seeds=seeds,
            thorough=thorough,
            ramp_only=ramp_only,
            groups=groups,
            head=head,
            seed=seed,
            threads=threads,
            workers=workers,
            start_timeout=start_timeout,
            hide=hide,
            time_limit=time_limit,
            cluster=cluster_of(executor),
            study=study,
        )
        return FindResult(run_shown(described, new=new, progress=progress))


def described_find(
    what: "str | Path | Task",
    arguments: Sequence[str] = (),
    *,
    rates: tuple[float, float] | None = None,
    seeds: int = 1,
    thorough: bool = False,
    ramp_only: bool = False,
    **common: Any,
) -> Study:
    """The search that is meant in the current folder; the arguments are those of `find`.

    Raises:
        InvalidInput: One of them is of another kind, or does not fit what is searched.
        ScriptFailed: What makes a task fails, or a function of it does.
    """
    check_flags(thorough=thorough, ramp_only=ramp_only)
    whole_number("seeds", seeds, least=1)
    _check_rates(rates)
    return study_of(
        what,
        arguments,
        lambda branching, asked: FindSettings(
            rates=None if rates is None else (float(rates[0]), float(rates[1])),
            seeds=seeds,
            thorough=thorough,
            ramp_only=ramp_only,
            branching=branching,
            **asked,
        ),
        **common,
    )


def _check_rates(given: object) -> None:
    pair = cast("Sequence[object]", given) if isinstance(given, tuple | list) else ()
    if given is not None and not (len(pair) == 2 and all(map(_is_number, pair))):
        raise InvalidInput("argument-rates", given=shown(cast("object", given)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
