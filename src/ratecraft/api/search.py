"""`search`: a classic search over the rate and any other arguments, for a script or a task.

Path:   what the user gives -> the study that is meant -> its answer.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ratecraft.api.programs.typed import typed_program
from ratecraft.api.results.study_result import StudyResult
from ratecraft.api.studies.keywords import Running, ScriptKeywords, TaskKeywords, TrackKeywords, check_known, taking
from ratecraft.api.studies.program_study import describe_program
from ratecraft.api.studies.study import Study
from ratecraft.api.studies.study_description import check_sizes, study_of
from ratecraft.api.studies.task_study import TaskStudy, is_task_name
from ratecraft.api.tune import hints_shown, run_shown
from ratecraft.controllers.search.reading import space_of
from ratecraft.controllers.search.settings import SearchKeywords, SearchSettings
from ratecraft.controllers.search.space import Space
from ratecraft.controllers.settings.option import values_of, words_of
from ratecraft.controllers.settings.tune import SizeKeywords
from ratecraft.errors import InvalidInput
from ratecraft.records.answer import Verdict
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder
from ratecraft.records.trials import Tried
from ratecraft.reporting.report.evidence import evidence_of
from ratecraft.schedules.lengths import shown
from ratecraft.schedules.sizes import NO_SIZES
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.tuning.optuna_study import export

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.tasks.task import Task


@dataclass(frozen=True, repr=False)
class SearchResult(StudyResult):
    """A finished search. `print(result)` prints the end screen; a notebook displays it.

    Attributes:
        summary: Everything that is reported about the search.
    """

    @property
    def verdict(self) -> Verdict:
        """`gain`, `no-gain`, `not-compared` (no baseline), or `no-information` (no trial has a score)."""
        return self.answer.verdict

    @property
    def trials(self) -> tuple[Tried, ...]:
        """Every trial, the best first."""
        return self.answer.search.trials if self.answer.search else ()

    @property
    def best(self) -> Tried | None:
        """The best full run; None if no full run has a score."""
        return self.trials[0] if self.answer.tuned is not None else None

    @property
    def values(self) -> Mapping[str, Any]:
        """Parameter values of the best trial; empty if there is none."""
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
        """The best trial's schedule as PyTorch code without a ratecraft import; empty if there is none."""
        return self.summary.code

    @property
    def noise(self) -> float | None:
        """Standard deviation of the score of one run between seeds; None with one seed."""
        return self.answer.search.noise if self.answer.search else None

    def to_optuna(self, storage: Any, name: str = "") -> Any:
        """Save the search as an Optuna study in a storage, for Optuna's dashboard and plots.

        Args:
            storage: What Optuna takes: `sqlite:///search.db`, or one of its storages.
            name: Name of the new study. Default: that of this one.

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


class _Keywords(SearchKeywords, ScriptKeywords, TrackKeywords, total=False):
    """What `search` takes."""


@taking(SearchKeywords, SizeKeywords, ScriptKeywords, TaskKeywords, TrackKeywords, settings=SearchSettings)
def search(
    what: "str | Path | Task | None" = None,
    arguments: Sequence[str] = (),
    *,
    program: str | Sequence[str] | None = None,
    **options: Unpack[_Keywords],
) -> SearchResult:
    """Search over the rate and any other arguments of a run, by full runs or by rungs of shorter ones.

    A *script* runs unmodified, in a scratch mirror of the working folder. A *task* is trained in this
    process, on copies. Without a schedule in the space, every trial has the shape that `tune` uses: a warm-up, constant
    to 0.4 of the run, then linear to 0. A *program* is any command (`program="./train --lr {rate}"`): each trial is one
    process in a scratch mirror, with the trial's values filled in for the names in braces. It does not need PyTorch.

    Args:
        what: Path of a script, relative to the current folder; a `Task`, or the name of a function that makes one
            (`package.module:make_task`); None with a program.
        arguments: The script's own arguments.
        program: A command, as one text (split into words, without a shell) or as a list of words. `{name}` is replaced
            by a parameter's value, `{seed}` by the run's seed. Every parameter must appear, and every name have values.
        options: Those of `help`.

    Returns:
        The trials, best first; the gain of the best one over the unmodified training, beside the noise; and the cost.

    Raises:
        InvalidInput: What was given does not allow a search.
        StudyError: The study's folder or record is in the way, or the tracker rejects the finished study, which is
            complete all the same (`track-failed`).
        ScriptFailed: The user's own code fails.
        NoAnswer: The script never reports the metric to compare.
        Interrupted: Ctrl-C, or the time limit; the same call continues.

    Example:
        >>> import tempfile, torch
        >>> _ = torch.manual_seed(0)
        >>> inputs = torch.randn(256, 4)
        >>> data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
        >>> def loss(model, batch):
        ...     return torch.nn.functional.mse_loss(model(batch[0]), batch[1])
        >>> from ratecraft.training.tasks.task import Task
        >>> model = torch.nn.Linear(4, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
        >>> task = Task(model, optimizer, loss, data, steps=320, batch_size=32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     rates = {"rate": [1e-1, 1e-2, 1e-3]}
        ...     result = search(task, method="grid", space=rates, study=f"{folder}/study", progress=False)
        >>> result.verdict, result.values
        ('gain', {'rate': 0.1})
    """
    new, progress = options.pop("new", False), options.pop("progress", True)
    track = options.pop("track", None)
    with hints_shown():
        described = describe_search(what, arguments, program=program, **options)
        return SearchResult(run_shown(described, new=new, progress=progress, track=track))


def describe_search(
    what: "str | Path | Task | None" = None,
    arguments: Sequence[str] = (),
    *,
    program: str | Sequence[str] | None = None,
    **given: Any,
) -> Study:
    """The search that is meant in the current folder; the arguments are those of `search`.

    Raises:
        InvalidInput: One of them is of another kind, or does not fit what is searched.
        ScriptFailed: What makes a task fails, or a function of it does.
    """
    check_known("search", given, SearchSettings, Running)
    decided = values_of(SearchSettings, given)
    varied = decided["space"] = space_said(decided.pop("space", None), in_command=program is not None)
    counted = program is None and any(parameter.is_shape for parameter in varied.parameters)
    check_sizes(
        decided.pop("sizes", NO_SIZES) if program is not None else decided.get("sizes", NO_SIZES), counted=counted
    )
    if program is not None:
        if what is not None or arguments:
            raise InvalidInput("program-and-script", given=shown(what if what is not None else arguments))
        return describe_program(program, decided, Running.of(given))
    if what is None:
        raise InvalidInput("search-what")
    for option in ("metric_file", "time_limit_per_trial"):
        if given.get(option) is not None:
            raise InvalidInput("only-of-a-program", name=option)
    decided["arguments"] = _own_arguments(what, arguments)
    described = study_of(
        what,
        arguments,
        lambda branching, asked: SearchSettings(branching=branching, **asked),
        decided,
        Running.of(given),
    )
    for parameter in varied.parameters if isinstance(described, TaskStudy) else ():
        if parameter.argument:
            raise InvalidInput("space-task", name=parameter.name)
    return described


def space_said(content: Any, *, in_command: bool) -> Space:
    """The space that is meant by a mapping, by the path of a file, or by nothing.

    Raises:
        InvalidInput: It is none, or the file is none.
    """
    if content is None:
        return Space()
    return space_of(space_file(Path(content)) if isinstance(content, str | Path) else content, in_command=in_command)


def _own_arguments(what: object, arguments: Sequence[str]) -> tuple[str, ...]:
    """A script's own, among the words behind its first one; a task has none."""
    words = words_of(arguments)
    if not isinstance(what, str | Path) or is_task_name(what):
        return words
    return typed_program((str(what), *words), Path.cwd()).arguments


def space_file(path: Path) -> Mapping[str, Any]:
    """The content of a TOML file with a space.

    Raises:
        InvalidInput: It cannot be read, or is not TOML (`space-file`).
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput("space-file", path=path, reason=reason) from error
