"""`prove`: shows what is wrong with a training by branching short runs from it. For scripts and tasks.

Path:   what the user gives -> the run as it is -> its findings -> branches that can show them -> judged findings.
"""

import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratecraft.api.programs.typed import program_hash, typed_program
from ratecraft.api.results.proof import judged
from ratecraft.api.results.study_result import StudyResult
from ratecraft.api.running.baseline import baseline_of
from ratecraft.api.running.run_study import run_study
from ratecraft.api.running.screens import screen_opener
from ratecraft.api.studies.keywords import Running, check_known
from ratecraft.api.studies.study import Study
from ratecraft.api.studies.study_description import check_flags, study_of
from ratecraft.api.tune import hints_shown
from ratecraft.controllers.prove.settings import BUDGET, ProveSettings
from ratecraft.controllers.settings.option import values_of
from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.diagnosis.finding import Finding, Severity
from ratecraft.diagnosis.proof.proving import experiments
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.importers.studies import observed_run
from ratecraft.records.events import Proposed
from ratecraft.records.metrics import Metric, choose_metric, direction_of
from ratecraft.records.numbers import is_number
from ratecraft.records.own_rate import OwnRate, own_rate_of
from ratecraft.records.program import Program
from ratecraft.records.proof import TriedArm
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, study_folder
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.findings.screen import Diagnosed
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.language import choose_language
from ratecraft.schedules.lengths import shown

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.tasks.task import Task


@dataclass(frozen=True, repr=False)
class ProveResult(StudyResult):
    """What is wrong with a training, and what was shown of it. `print(result)` is the screen of `diagnose --prove`.

    Attributes:
        summary: Everything that is reported about the study.
    """

    @property
    def diagnosed(self) -> Diagnosed:
        """The run with all that is said of it.

        Raises:
            RuntimeError: The summary is of another kind of study.
        """
        if self.summary.diagnosed is None:
            raise RuntimeError("the study is no proof")
        return self.summary.diagnosed

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Proven ones first; each has its `status`, and in `shown` the branch that decided it."""
        return self.diagnosed.diagnosis.findings

    @property
    def proven(self) -> tuple[Finding, ...]:
        """The findings confirmed by branches of a quarter of the run, judged by its validation."""
        return tuple(finding for finding in self.findings if finding.status == "proven")

    @property
    def seen(self) -> tuple[Finding, ...]:
        """The findings confirmed only by shorter branches, or by training losses alone."""
        return tuple(finding for finding in self.findings if finding.status == "seen")

    @property
    def severity(self) -> Severity | None:
        """The severity of the worst finding that was not refuted; None if there is none."""
        return self.diagnosed.diagnosis.severity

    @property
    def tried(self) -> tuple[TriedArm, ...]:
        """Every arm with its losses."""
        return self.answer.tried

    def __repr__(self) -> str:
        said = ", ".join(f"{finding.code} {finding.status}" for finding in self.findings)
        return f"ProveResult({said or 'nothing'})"


def prove(
    what: "str | Path | Task",
    arguments: Sequence[str] = (),
    *,
    run: ObservedRun | None = None,
    steps: int | None = None,
    budget: float = BUDGET,
    seed: int = 0,
    threads: int = 1,
    workers: int = 1,
    start_timeout: float = 300.0,
    time_limit: float | None = None,
    study: str | Path | None = None,
    new: bool = False,
    progress: bool = True,
) -> ProveResult:
    """Run a training as it is, say what is wrong with it, and test that with short branches of its own run.

    Branches start where a fault was found and continue for 50 steps (fewer in a short run) on the same batches:
    unchanged, at other rates, with clipping, with a warm-up, with standardised inputs, without weight decay. Each is
    annealed at its end and scored by its training loss, from three different states. If another rate is better, one
    further out is tried too. A finding is *seen* if a branch is better by more than 2 %, with a 95 % interval that
    excludes 0, and *proven* if it is better by validation loss over a quarter of the run.

    If no fault was found, branches start at the beginning and a third into the run. The best of them is repeated for a
    quarter of the run, and scored by validation loss if there is one; what that shows is a warning. A lower rate counts
    only from the beginning. None of the user's files are changed.

    Args:
        what: Path of a script, relative to the current folder; a `Task`, or the name of a function that makes one.
        arguments: The script's own arguments.
        run: The same training as seen by an earlier watch (`rc.watch(…).run`); it is then not run again in full.
        steps: Optimizer steps of a script's full run, if the script does not reveal them.
        budget: Full runs that all branches together may cost, on top of the unmodified run.
        seed: Seed of every job.
        threads: Threads of every job.
        workers: Jobs of a script at a time.
        start_timeout: Seconds that a script may take to its first optimizer step.
        time_limit: Seconds after which the study stops and keeps what it has.
        study: Folder of the study. Default: `.ratecraft/<name>` in the current folder.
        new: Set aside an earlier proof of the same training and start again.
        progress: Show the progress.

    Raises:
        InvalidInput: What was given cannot be trained.
        StudyError: The study's folder or record is in the way.
        ScriptFailed: The user's own code fails, and not because of a rate.
        NoAnswer: The run is shorter than a branch.
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
        >>> task = Task(model, torch.optim.SGD(model.parameters(), lr=3.0), loss, data, steps=320, batch_size=32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     result = prove(task, study=f"{folder}/study", progress=False)
        >>> [(each.code, each.status, each.shown.arm) for each in result.seen]
        [('diverged', 'seen', 'lowest')]
    """
    with hints_shown():
        described = describe_prove(
            what,
            arguments,
            run=run,
            steps=steps,
            budget=budget,
            seed=seed,
            threads=threads,
            workers=workers,
            start_timeout=start_timeout,
            time_limit=time_limit,
            study=study,
        )
        check_flags(new=new, progress=progress)
        language = choose_language(None, os.environ)
        opener = screen_opener(language, sys.stderr, silent=not progress, in_notebooks=True)
        summary = run_study(described, new=new, open_screen=opener)
        return ProveResult(summary if run is None else with_run(summary, run))


def describe_prove(
    what: "str | Path | Task",
    arguments: Sequence[str] = (),
    *,
    run: ObservedRun | None = None,
    budget: float = BUDGET,
    **given: Any,
) -> Study:
    """The proof that is meant in the current folder; the arguments are those of `prove`.

    Raises:
        InvalidInput: One of them is of another kind, or does not fit what is trained.
        ScriptFailed: What makes a task fails, or a function of it does.
    """
    check_known("prove", given, ProveSettings, Running)
    _check(budget, run)

    def decide(branching: Any, asked: Any) -> ProveSettings:
        decided: dict[str, Any] = {"budget": float(budget), "branching": branching, **asked}
        if run is None:
            return ProveSettings(**decided)
        decided["steps"] = asked.get("steps") or _steps_of(run)
        tries = experiments(run, diagnosis_of(run), decided["steps"])
        return ProveSettings(experiments=tries, metric=_validation_of(what, run), **decided)

    return study_of(what, arguments, decide, values_of(ProveSettings, given), Running.of(given))


def _validation_of(what: object, run: ObservedRun) -> Metric | None:
    """The loss by which a task validates itself; of a script it is not known where it could be led to that."""
    if getattr(what, "validation", None) is None:
        return None
    return choose_metric(name for name in run.series if direction_of(name) == "min")


def _check(budget: object, run: object) -> None:
    """Refuse what is of another kind."""
    if not is_number(budget) or not 0 < budget < math.inf:
        raise InvalidInput("argument-number", name="budget", given=shown(budget))
    if run is not None and not isinstance(run, ObservedRun):
        raise InvalidInput("prove-run", given=shown(run))


def _steps_of(run: ObservedRun) -> int:
    seen = max((int(series.steps[-1]) + 1 for series in run.series.values() if len(series)), default=1)
    told = run.facts.get("total_steps")
    return max(seen, int(told)) if isinstance(told, int | float) else seen


def own_rate_in(program: Program) -> OwnRate | None:
    """The argument that sets a program's rate; None if it has none, or its source cannot be read."""
    script = Path(program.script)
    source = script.read_text(encoding="utf-8", errors="replace") if script.suffix == ".py" and script.is_file() else ""
    return own_rate_of(source, program.arguments)


def with_run(summary: Summary, run: ObservedRun) -> Summary:
    """The summary of a proof of a run that was seen before, with what is said of that run."""
    return replace(summary, diagnosed=judged(run, summary.answer))


def baseline_in(path: Path) -> tuple[str, tuple[str, ...], ObservedRun] | None:
    """The command and the baseline of a script's study, given by name or folder: first word, other words, outcome.

    Returns:
        None if the study does not exist, did not run a script, or has no baseline.

    Raises:
        StudyError: The script has changed since (`prove-changed-script`), or the record cannot be read.
        InvalidInput: The script is not there any more (`no-such-script`).
    """
    for folder in (StudyFolder(path), study_folder(Path.cwd(), path.name)):
        if not folder.record.is_file():
            continue
        with Record.open(folder.record, read_only=True) as record:
            header, events = record.header, tuple(record.events())
        asked = next((event for event in events if isinstance(event, Proposed) and event.phase == "baseline"), None)
        outcome = None if asked is None else baseline_of(events)
        if asked is None or outcome is None or header.task or not header.script_hash:
            return None
        program = typed_program(header.words, Path.cwd())
        if program_hash(program, Path.cwd()) != header.script_hash:  # what was seen then says nothing of it now
            raise StudyError("prove-changed-script", script=header.script, study=header.name)
        first, *rest = header.words
        return first, (*rest, *header.arguments), observed_run(asked, outcome)
    return None
