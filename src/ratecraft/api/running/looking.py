"""Inspects a training without training it: its optimizer, data, model and length.

Path:   a script, or a task -> `RunFacts`, which recipes compare with what is usual.

A script runs in a scratch mirror to the end of its second optimizer step, both at a rate of 0, so that nothing is
learned: it takes two steps to see how many batches make one, and where the training comes around again. Nothing of it
is kept. Of a task nothing is run.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ratecraft.api.programs.typed import program_hash, typed_program
from ratecraft.api.running.baseline import baseline_of
from ratecraft.api.studies.script_study import hidden_paths, with_output
from ratecraft.controllers.baseline.failures import raise_failure
from ratecraft.errors import ScriptFailed, StudyError
from ratecraft.records.job import Job
from ratecraft.records.outcome import Note, Outcome, RunFacts
from ratecraft.records.program import Program
from ratecraft.records.running import Unheard
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, find_studies
from ratecraft.schedules.builders.constructors import constant

if TYPE_CHECKING:  # only a look loads training
    from ratecraft.training.tasks.task import Task

_STEPS = 2


@dataclass(frozen=True, slots=True)
class Look:
    """The result of an inspection.

    Attributes:
        facts: Facts of the training.
        notes: What the user must know about how it was inspected.
        losses: Losses of each step of a complete run that an earlier study recorded; empty if there is none.
        program: The program that was run; None for a task.
    """

    facts: RunFacts
    notes: tuple[Note, ...] = ()
    losses: tuple[float, ...] = ()
    program: Program | None = None


def look_at_script(
    script: str | Path,
    arguments: Sequence[str] = (),
    *,
    seed: int = 0,
    threads: int = 1,
    start_timeout: float = 300.0,
    hide: Sequence[str] = (),
) -> Look:
    """Run a script of the current folder to its second optimizer step at a rate of 0, in a scratch mirror.

    Args:
        script: Path of the script, or the first word of a program.
        arguments: The words behind it.
        seed: The seed that is set before the script starts.
        threads: Threads of torch.
        start_timeout: Seconds that it may take.
        hide: Paths that it does not see.

    Raises:
        InvalidInput: There is no such script, it takes no optimizer step, or not in time.
        ScriptFailed: It fails before its second step.
    """
    from ratecraft.training.launching.starting import ScriptStarter
    from ratecraft.training.sandbox.choosing import chosen_sandbox

    directory = Path.cwd()
    program = typed_program((str(script), *arguments), directory)
    digest = program_hash(program, directory)
    paths = [directory / path for path in hidden_paths(directory, program.script, hide)]
    job = Job(schedules={"rate": constant(0.0)}, stop=_STEPS, seed=seed)
    with TemporaryDirectory(prefix="ratecraft-", ignore_cleanup_errors=True) as name:
        folder = StudyFolder(Path(name).resolve())
        with chosen_sandbox(directory, folder, os.environ, hidden=paths) as sandbox:
            how: dict[str, Any] = {"threads": threads, "start_timeout": start_timeout, "sandbox": sandbox}
            start = ScriptStarter(program.script, program.arguments, directory, folder, entry=program.entry, **how)
            run = start(job, 1, Unheard(job))
            try:
                passage = run.advance(job.schedules, job.stop, job.stop_rule)
                facts, notes = run.facts()
                raise_failure(Outcome(job.key, passage.ending, failure=passage.failure))
            except ScriptFailed as error:
                raise with_output(error, folder) from error
            finally:
                run.close()
    return Look(facts, notes, recorded_losses(directory, program, digest), program)


def look_at_task(task: "Task") -> Look:
    """The parts of a task. Nothing is run, and the task is not changed."""
    from ratecraft.training.tasks.facts import task_facts

    return Look(task_facts(task))


def recorded_losses(directory: Path, program: Program, script_hash: str) -> tuple[float, ...]:
    """The training losses of the baseline of an earlier study of the same script; empty if there is none.

    Args:
        directory: The working folder.
        program: What is run.
        script_hash: Hash of its code.
    """
    same = (program.words, program.arguments, script_hash)
    for study in reversed(find_studies(directory)):
        header = study.header
        if header is None or (header.words, header.arguments, header.script_hash) != same:
            continue
        with suppress(StudyError), Record.open(study.folder.record, read_only=True) as record:
            found = baseline_of(record.events())
            if found is not None and found.losses:
                return found.losses
    return ()
