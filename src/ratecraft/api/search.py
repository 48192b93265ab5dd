"""`search`: a classic search over the rate, and whatever else a run is given; for a script, and for a task.

Path:   what the user gives -> the study that is meant -> its answer.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ratecraft.api.cluster import RayCluster, cluster_of
from ratecraft.api.describing import check_flags, check_nothing_hidden, check_sizes, study_of, words_of
from ratecraft.api.program_study import described_program
from ratecraft.api.study import Study
from ratecraft.api.study_result import StudyResult
from ratecraft.api.task_study import TaskStudy, is_task_name
from ratecraft.api.tune import hints_shown, run_shown
from ratecraft.api.typed import typed_program
from ratecraft.controllers.search.reading import space_of
from ratecraft.controllers.search.settings import METHODS, Method, SearchSettings
from ratecraft.controllers.search.space import Space
from ratecraft.errors import InvalidInput
from ratecraft.records.answer import Verdict
from ratecraft.records.metrics import Metric
from ratecraft.records.store import Record
from ratecraft.records.study import StudyFolder
from ratecraft.records.trials import Tried
from ratecraft.reporting.html.evidence import evidence_of
from ratecraft.schedules.lengths import shown, whole_number
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.sizes import NO_SIZES, Sizes
from ratecraft.tuning.optuna_study import export

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.task import Task

__all__ = ["SearchResult", "checked_settings", "described_search", "search", "space_file"]


@dataclass(frozen=True, repr=False)
class SearchResult(StudyResult):
    """A search that is over. `print(result)` is the end screen; in a notebook it shows itself.

    Attributes:
        summary: All that is told of the search.
    """

    @property
    def verdict(self) -> Verdict:
        """`gain`, `no-gain`, `not-compared` without a baseline, or `no-information` where no trial came to a score."""
        return self.answer.verdict

    @property
    def trials(self) -> tuple[Tried, ...]:
        """Every trial, the best first."""
        return self.answer.search.trials if self.answer.search else ()

    @property
    def best(self) -> Tried | None:
        """The best full run; None where none came to a score."""
        return self.trials[0] if self.answer.tuned is not None else None

    @property
    def values(self) -> Mapping[str, Any]:
        """What the best trial was given, by parameter; empty where there is none."""
        return self.best.values if self.best else {}

    @property
    def rate(self) -> float | None:
        """Peak rate of the leading group in the best trial."""
        return self.answer.rate

    @property
    def schedule(self) -> Schedule | None:
        """Absolute rates of the leading group in the best trial, over the steps of its run."""
        return self.answer.schedules.get("rate")

    @property
    def code(self) -> str:
        """The best trial's schedule as PyTorch code without a ratecraft import; empty where there is none."""
        return self.summary.code

    @property
    def noise(self) -> float | None:
        """Standard deviation of the score of one run between seeds; None with one seed."""
        return self.answer.search.noise if self.answer.search else None

    def to_optuna(self, storage: Any, name: str = "") -> Any:
        """The search as a study of Optuna's, in a storage: for its dashboard and its plots.

        Args:
            storage: What Optuna takes: `sqlite:///search.db`, or one of its storages.
            name: Of the new study. Default: that of this one.

        Returns:
            The study (`optuna.Study`), as `optuna.load_study` gives it.

        Raises:
            InvalidInput: Optuna is not installed (`optuna-missing`), or there is a study of this name
                (`optuna-study-there`).
            StudyError: The study's folder is not there any more.
        """
        with Record.open(StudyFolder(self.study).record, read_only=True) as record:
            evidence = evidence_of(self.summary, record.header, record.events())
        figures = {key: made.outcome.figures for key, made in evidence.made.items()}
        return export(self.answer, figures, storage, name or self.summary.study)

    def __repr__(self) -> str:
        score = "" if self.answer.tuned is None else f", {self.answer.metric.name} {self.answer.tuned.final:.4g}"
        return f"SearchResult({self.verdict}, {len(self.trials)} trials{score}, {dict(self.values)})"


def search(
    what: "str | Path | Task | None" = None,
    arguments: Sequence[str] = (),
    *,
    program: str | Sequence[str] | None = None,
    method: Method = "random",
    space: "Mapping[str, Any] | str | Path | None" = None,
    trials: int | None = None,
    budget: float | None = None,
    seeds: int = 1,
    metric: str | Metric | None = None,
    metric_file: str | None = None,
    steps: int | None = None,
    steps_per_epoch: float | None = None,
    batch_size: float | None = None,
    tokens_per_step: float | None = None,
    baseline: bool = True,
    seed: int = 0,
    threads: int = 1,
    workers: int = 1,
    start_timeout: float = 300.0,
    hide: Sequence[str] = (),
    time_limit: float | None = None,
    executor: str | RayCluster = "local",
    time_limit_per_trial: float | None = None,
    study: str | Path | None = None,
    new: bool = False,
    progress: bool = True,
) -> SearchResult:
    """Search over the rate, and whatever else a run is given, by full runs or by rungs of shorter ones.

    A *script* runs unmodified, in a scratch mirror of the working folder. A *task* is trained in this
    process, on copies. Without a schedule in the space, every trial has the shape that `tune` uses: a warm-up, constant
    to 0.4 of the run, then linear to 0. A *program* is any command (`program="./train --lr {rate}"`): each trial is
    one process of it, in a scratch mirror, with its values in the places of their names; nothing of it needs PyTorch.

    Args:
        what: Path of a script from the current folder, a `Task`, or the name of a function that makes one
            (`package.module:make_task`); None with a program.
        arguments: A script's own arguments.
        program: A command, as text (cut into words, no shell) or as words; `{name}` is the place of a value, `{seed}`
            that of the run's seed. All of the space must have a place, and every place values.
        method: `grid`, `random` (log-uniform), `sobol`, `tpe` and `gp` (Optuna's), `asha`, `hyperband`.
        space: What is varied: a mapping (`{"rate": (1e-4, 1e-1), "momentum": [0.8, 0.9]}`, see `space_of`) or a TOML
            file of the same form. Default: the rate, about what is usual for the optimizer that is seen.
        trials: How many. Default: 16; a grid of choices has all of them, and Hyperband one of each of its brackets.
        budget: Full runs that the search may cost, the baseline not counted. Default: no limit.
        seeds: Runs of each trial, each with another seed: from 2 on the noise is measured.
        metric: Figure to compare, as `--metric`. Default: the validation loss where there is one; of a program it must
            be told, and stands in its output (the last one counts).
        metric_file: JSON file of a program's working folder that has the figure instead.
        steps: Optimizer steps of a script's full run, where it does not tell them.
        steps_per_epoch: As for `tune`, like the two that follow: for schedules in the space.
        batch_size: Samples of one optimizer step.
        tokens_per_step: Tokens of one optimizer step.
        baseline: Run it as it is first, to compare with.
        seed: Of every job, and of the draws.
        threads: Of every job.
        workers: Jobs at a time; of a task only on a cluster.
        start_timeout: Seconds that a script may take to its first optimizer step.
        hide: Files and folders of the working folder that a script does not see, such as the checkpoint that it would
            go on from. The full run writes over them as the script does at home; else they stay.
        time_limit: Seconds after which the search stops and keeps what it has.
        time_limit_per_trial: Seconds after which a program's trial is ended and lost. Default: no limit.
        executor: `local`, or `ray`: jobs run on the Ray cluster at `RAY_ADDRESS`, else on one of this machine, with the
            same outcomes; a `RayCluster` names another. A task must be given by the name of what makes it.
        study: Folder of the study. Default: `.ratecraft/<name>` of the current folder.
        new: Put an earlier search of the same aside and begin anew.
        progress: Show how far it is: in a notebook, on a terminal, else as lines on stderr.

    Returns:
        The trials, the best first; what the best gains over the training as it is, beside the noise; what it cost.

    Raises:
        InvalidInput: What was given allows no search.
        StudyError: The study's folder or record stands in the way.
        ScriptFailed: The user's own code fails.
        NoAnswer: The figure to compare never comes.
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
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
        >>> task = Task(model, optimizer, loss, data, steps=320, batch_size=32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     rates = {"rate": [1e-1, 1e-2, 1e-3]}
        ...     result = search(task, method="grid", space=rates, study=f"{folder}/study", progress=False)
        >>> result.verdict, result.values
        ('gain', {'rate': 0.1})
    """
    running: dict[str, Any] = {"threads": threads, "workers": workers, "hide": hide, "metric_file": metric_file}
    running |= {"start_timeout": start_timeout, "time_limit": time_limit, "seed": seed, "study": study}
    with hints_shown():
        described = described_search(
            what,
            arguments,
            program=program,
            method=method,
            space=space,
            trials=trials,
            budget=budget,
            seeds=seeds,
            baseline=baseline,
            metric=metric,
            steps=steps,
            sizes=Sizes(steps_per_epoch=steps_per_epoch, batch_size=batch_size, tokens_per_step=tokens_per_step),
            **running,
            cluster=cluster_of(executor),
            time_limit_per_trial=time_limit_per_trial,
        )
        return SearchResult(run_shown(described, new=new, progress=progress))


def described_search(
    what: "str | Path | Task | None" = None,
    arguments: Sequence[str] = (),
    *,
    program: str | Sequence[str] | None = None,
    method: Method = "random",
    space: "Mapping[str, Any] | str | Path | None" = None,
    trials: int | None = None,
    budget: float | None = None,
    seeds: int = 1,
    baseline: bool = True,
    metric_file: str | None = None,
    time_limit_per_trial: float | None = None,
    sizes: Sizes = NO_SIZES,
    **common: Any,
) -> Study:
    """The search that is meant in the current folder; the arguments are those of `search`.

    Raises:
        InvalidInput: One of them is of another kind, or does not fit what is searched.
        ScriptFailed: What makes a task fails, or a function of it does.
    """
    decided = checked_settings(method, trials, budget, seeds, baseline=baseline)
    content = space_file(Path(space)) if isinstance(space, str | Path) else space
    varied = Space() if content is None else space_of(content, in_command=program is not None)
    check_sizes(sizes, counted=program is None and any(each.is_shape for each in varied.parameters))
    if program is not None:
        if what is not None or arguments:
            raise InvalidInput("program-and-script", given=shown(what if what is not None else arguments))
        check_nothing_hidden(common.pop("hide", ()))
        of_program = {"metric_file": metric_file, "time_limit_per_trial": time_limit_per_trial}
        return described_program(program, decided, space=varied, **of_program, **common)
    if what is None:
        raise InvalidInput("search-what")
    for option, value in (("metric_file", metric_file), ("time_limit_per_trial", time_limit_per_trial)):
        if value is not None:
            raise InvalidInput("only-of-a-program", name=option)
    described = study_of(
        what,
        arguments,
        lambda branching, asked: SearchSettings(
            **decided,
            space=varied,
            baseline=baseline,
            sizes=sizes,
            arguments=_own_arguments(what, arguments),
            branching=branching,
            **asked,
        ),
        **common,
    )
    for each in varied.parameters if isinstance(described, TaskStudy) else ():
        if each.argument:
            raise InvalidInput("space-task", name=each.name)
    return described


def _own_arguments(what: object, arguments: Sequence[str]) -> tuple[str, ...]:
    """A script's own, among the words behind its first one; a task has none."""
    words = words_of(arguments)
    if not isinstance(what, str | Path) or is_task_name(what):
        return words
    return typed_program((str(what), *words), Path.cwd()).arguments


def checked_settings(
    method: Method, trials: int | None, budget: float | None, seeds: int, *, baseline: bool = True
) -> dict[str, Any]:
    """What every search is told, whatever it is of, as settings.

    Raises:
        InvalidInput: One of them is of another kind, or there is no such method.
    """
    check_flags(baseline=baseline)
    for name, count in (("trials", trials), ("seeds", seeds)):
        if count is not None:
            whole_number(name, count, least=1)
    if method not in METHODS:
        raise InvalidInput("search-method", given=method, allowed=", ".join(METHODS))
    if budget is not None and (isinstance(budget, bool) or not isinstance(cast("object", budget), int | float)):
        raise InvalidInput("argument-number", name="budget", given=shown(budget))
    whole = None if budget is None else float(budget)
    return {"method": method, "trials": trials, "budget": whole, "seeds": seeds}


def space_file(path: Path) -> Mapping[str, Any]:
    """The content of a TOML file with a space.

    Raises:
        InvalidInput: It cannot be read, or is no TOML (`space-file`).
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput("space-file", path=path, reason=reason) from error
