"""`find`: a rate with its interval, in about a minute, for a script or a task. Changes neither.

Path:   what the user gives -> the study that is meant -> its answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ratecraft.api.results.study_result import StudyResult
from ratecraft.api.studies.keywords import Running, ScriptKeywords, TaskKeywords, TrackKeywords, check_known, taking
from ratecraft.api.studies.study import Study
from ratecraft.api.studies.study_description import study_of
from ratecraft.api.tune import hints_shown, run_shown
from ratecraft.controllers.find.settings import FindKeywords, FindSettings
from ratecraft.controllers.settings.option import values_of
from ratecraft.records.answer import Probe, Verdict

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.tasks.task import Task


@dataclass(frozen=True, repr=False)
class FindResult(StudyResult):
    """The rate, or why none was found. `print(result)` prints the end screen; a notebook displays it.

    Attributes:
        summary: Everything that is reported about the search.
    """

    @property
    def verdict(self) -> Verdict:
        """`found`, `suggested` (by a ramp alone) or `no-information`."""
        return self.answer.verdict

    @property
    def rate(self) -> float | None:
        """Peak rate of the leading group; None if none was found."""
        return self.answer.rate

    @property
    def edge(self) -> float | None:
        """The lowest rate that blew up, or at which the loss of a ramp began to rise; None if none did."""
        return self.answer.edge

    @property
    def suggestions(self) -> Mapping[str, float | None]:
        """What other finders would read off the ramp, by the name of the rule; empty if no ramp was run."""
        return self.answer.ramp.suggestions if self.answer.ramp else {}

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Every probe with its score."""
        return self.answer.probes

    def __repr__(self) -> str:
        rate = "" if self.rate is None else f", rate {self.rate:.3g}"
        near = "" if self.interval is None else f", {self.interval[0]:.3g} to {self.interval[1]:.3g}"
        return f"FindResult({self.verdict}{rate}{near})"


class _Keywords(FindKeywords, ScriptKeywords, TrackKeywords, total=False):
    """What `find` takes."""


@taking(FindKeywords, ScriptKeywords, TaskKeywords, TrackKeywords, settings=FindSettings)
def find(what: "str | Path | Task", arguments: Sequence[str] = (), **options: Unpack[_Keywords]) -> FindResult:
    """Find a learning rate with its interval, by a few short annealed runs. Trains no model and changes nothing.

    A *script* runs unmodified but shortened, in a scratch mirror of the working folder. A *task* is trained in this
    process on copies: model, optimizer, scheduler, random numbers and data order are bit for bit the same afterwards,
    even after an exception or Ctrl-C.

    Args:
        what: Path of a script, relative to the current folder; a `Task`, or the name of a function that makes one
            (`package.module:make_task`).
        arguments: The script's own arguments.
        options: Those of `help`.

    Returns:
        The rate with its interval, or `no-information` and why.

    Raises:
        InvalidInput: What was given does not allow a search.
        StudyError: The study's folder or record is in the way, or the tracker rejects the finished study, which is
            complete all the same (`track-failed`).
        ScriptFailed: The user's own code fails.
        NoAnswer: The run is shorter than a probe, or the script never reports the metric to compare.
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
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
        >>> task = Task(model, optimizer, loss, data, steps=320, batch_size=32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     result = find(task, study=f"{folder}/study", progress=False)
        >>> result.verdict, 1e-2 < result.rate < 1
        ('found', True)
    """
    new, progress = options.pop("new", False), options.pop("progress", True)
    track = options.pop("track", None)
    with hints_shown():
        described = describe_find(what, arguments, **options)
        return FindResult(run_shown(described, new=new, progress=progress, track=track))


def describe_find(what: "str | Path | Task", arguments: Sequence[str] = (), **given: Any) -> Study:
    """The search that is meant in the current folder; the arguments are those of `find`.

    Raises:
        InvalidInput: One of them is of another kind, or does not fit what is searched.
        ScriptFailed: What makes a task fails, or a function of it does.
    """
    check_known("find", given, FindSettings, Running)
    return study_of(
        what,
        arguments,
        lambda branching, asked: FindSettings(branching=branching, **asked),
        values_of(FindSettings, given),
        Running.of(given),
    )
