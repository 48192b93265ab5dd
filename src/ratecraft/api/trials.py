"""`trials`: a classic search whose trials are run by the user's own loop, around any code that returns a loss.

Path:   `for trial in trials(…)` -> the study that is meant -> one trial after the other -> its result.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ratecraft.api.results.summaries import summarise_study
from ratecraft.api.search import SearchResult, space_said
from ratecraft.api.studies.keywords import Running
from ratecraft.api.studies.study import asked_for, header_of
from ratecraft.api.studies.study_description import check_flags
from ratecraft.controllers.search.controller import Search
from ratecraft.controllers.search.methods import Method
from ratecraft.controllers.search.placeholders import named_words
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.option import values_of
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.metrics import Metric
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, folder_name, open_study, script_hash, set_aside, study_folder
from ratecraft.tuning.optuna_study import suggest
from ratecraft.tuning.user_loop import Turn, turns


@dataclass(frozen=True, slots=True)
class LoopTrial:
    """One run of a trial, for the body of the loop.

    Attributes:
        number: Number of the trial, from 0.
        values: Parameter to value.
        seed: Seed of this run: with several seeds, a trial comes up once for each.
    """

    number: int
    values: Mapping[str, Any]
    seed: int
    _turn: Turn

    @property
    def rate(self) -> float:
        """The value of `rate`.

        Raises:
            KeyError: The space has none.
        """
        return self.values["rate"]

    def report(self, step: int, loss: float) -> None:
        """Report the loss, or any other metric, at a step. The last report is the trial's score.

        Args:
            step: From 1 on; it never decreases.
            loss: A number; NaN or an infinite value ends the trial as blown up.

        Raises:
            InvalidInput: The step or the loss is not a number (`loop-report`).
        """
        self._turn.report(step, loss)

    def should_stop(self) -> bool:
        """Whether to stop: the last report is NaN or infinite, or with `asha` others were better at this step."""
        return self._turn.should_stop()


class Trials:
    """The trials of a search, to loop over; see `trials`.

    Args:
        settings: What decides.
        folder: Where the study lives.
        directory: The working folder.
        program: File of the program that has the loop; None if there is none.
        new: Put an earlier study aside first.
    """

    def __init__(
        self, settings: SearchSettings, folder: StudyFolder, directory: Path, program: Path | None, *, new: bool
    ) -> None:
        self.settings, self.folder, self.directory = settings, folder, directory
        self._program, self._new = program, new

    def __iter__(self) -> Iterator[LoopTrial]:
        """One trial after the other, those that are over left out.

        Raises:
            StudyError: The study's folder or record stands in the way.
        """
        if self._new:
            set_aside(self.folder)
            self._new = False
        with open_study(self.folder, self.header()) as record:
            if record.answer() is None:
                for turn in turns(Search(self.settings, suggest), record, self.settings):
                    values = MappingProxyType(dict(turn.trial.values))
                    yield LoopTrial(turn.trial.number, values, turn.job.seed, turn)

    def header(self) -> StudyHeader:
        """The identity of the study."""
        digest = script_hash(self._program) if self._program else ""
        name = self._program.name if self._program else "loop"
        return header_of(self.settings, self.directory, self.folder, name, script_hash=digest, needs_torch=False)

    @property
    def result(self) -> SearchResult:
        """The trials, the best first; what it cost.

        Raises:
            StudyError: The loop has not come to its end (`loop-under-way`), or the record cannot be read.
        """
        if not self.folder.record.is_file():
            raise StudyError("loop-under-way")
        with Record.open(self.folder.record, read_only=True) as record:
            if record.answer() is None:
                raise StudyError("loop-under-way")
            return SearchResult(summarise_study(self.folder, record, self.directory))


def trials(
    space: "Mapping[str, Any] | str | Path",
    *,
    method: Method = "random",
    trials: int | None = None,
    metric: str | Metric = "loss",
    steps: int | None = None,
    seeds: int = 1,
    seed: int = 0,
    study: str | Path | None = None,
    new: bool = False,
) -> Trials:
    """Trials to loop over: the body of the loop trains, with any library, and reports.

    Every trial is recorded. If the program is killed and run again, it continues: finished trials are not repeated, and
    the interrupted one is started again. When the loop has ended, no trials are left and `result` is available. A trial
    that reports nothing counts as failed; an exception in the body ends the loop as usual.

    Args:
        space: What is varied, by any names: see `search`. Ranges of `rate` and `weight_decay`, and those whose ends are
            100 × apart, are spread over their logarithm.
        method: `grid`, `random`, `sobol`, `tpe`, `gp`, or `asha`: random trials, where `should_stop` is true for a
            trial that is not among the best quarter at 1/16 or 1/4 of `steps`.
        trials: Number of trials. Default: 16; a grid of choices has all of them.
        metric: The metric that is reported, as for `--metric`: `val_acc`, or with its direction, `score:max`.
        steps: The last step that a complete trial reports. `asha` needs it; costs are then counted in complete trials.
        seeds: Runs of each trial, each with a different `trial.seed`.
        seed: Seed of the first run of each trial, and of the draws.
        study: Folder of the study. Default: `.ratecraft/<name>`, named by the program's file and what is given here. So
            two loops of one program over the same space need one each.
        new: Set an earlier study with the same settings aside and start again.

    Raises:
        InvalidInput: What was given allows no search.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     search = trials({"rate": [0.1, 0.01]}, method="grid", study=f"{folder}/study")
        ...     for trial in search:
        ...         trial.report(1, abs(trial.rate - 0.02))
        ...     best = search.result
        >>> best.values, [round(each.score, 3) for each in best.trials]
        ({'rate': 0.01}, [0.01, 0.08])
    """
    check_flags(new=new)
    given = {"method": method, "trials": trials, "seeds": seeds, "metric": metric, "steps": steps, "seed": seed}
    decided = values_of(SearchSettings, given)
    Running.of({"study": study})
    varied = space_said(space, in_command=True)
    settings = SearchSettings(
        **decided,
        space=varied,
        baseline=False,
        arguments=named_words(varied.names),
        what="loop",
    )
    if settings.rule.stops_loops and steps is None:
        raise InvalidInput("loop-steps", method=method)
    directory, program = Path.cwd(), _program()
    stem = program.stem if program else "loop"
    name = folder_name("trials", stem, [str(program or ""), *asked_for(settings)])
    folder = StudyFolder(directory / study) if study else study_folder(directory, name)
    return Trials(settings, folder, directory, program, new=new)


def _program() -> Path | None:
    """The file that Python runs; None in a notebook, at a prompt, from a pipe and under `python -m`."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    is_file = file and getattr(main, "__spec__", None) is None and Path(file).is_file()
    return Path(file).resolve() if file and is_file else None
